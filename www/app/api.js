// Teamleader's public API as this page needs it. What the plugin asks is its own business; both share the token.

const VERSION = "2023-09-26";
const TRIES = 4;
const PAGE_ROWS_MOST = 100;

/** What the API refused; `title` is its own words, where it has some. */
export class Refusal extends Error {
  constructor(status, title) {
    super(title || `Teamleader answered ${status}`);
    this.status = status;
    this.title = title;
  }
}

export class Api {
  #session;

  constructor(base, session) {
    this.base = base;
    this.#session = session;
  }

  /** One endpoint; answers the whole body, or undefined for 204. */
  async call(endpoint, body = {}, token = undefined) {
    let refused;
    for (let attempt = 1; ; attempt++) {
      const bearer = token ?? (await this.#session.token(refused));
      const response = await fetch(`${this.base}/${endpoint}`, {
        method: "POST",
        credentials: "omit",
        headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json", "x-api-version": VERSION },
        body: JSON.stringify(body),
      });
      if (response.ok) return response.status === 204 ? undefined : response.json();
      if (response.status === 401 && token === undefined && refused === undefined) refused = bearer;
      else if (attempt < TRIES && (response.status === 429 || response.status >= 500)) await wait(response.status === 429 ? 2000 * attempt : 500 * attempt);
      else throw new Refusal(response.status, await firstTitle(response));
    }
  }

  data = async (endpoint, body, token) => (await this.call(endpoint, body, token)).data;

  /** Who a token speaks for: `{ id, account, name, language }`. */
  async me(token) {
    const user = await this.data("users.me", {}, token);
    return { id: user.id, account: user.account.id, name: `${user.first_name ?? ""} ${user.last_name ?? ""}`.trim(), email: user.email, language: user.language };
  }

  /** All documents of a subject; pages may shift meanwhile, so each is taken once. */
  async documents(subject) {
    const found = new Map();
    for (let number = 1; ; number++) {
      const rows = await this.data("files.list", { filter: { subject }, page: { size: PAGE_ROWS_MOST, number } });
      for (const row of rows) found.set(row.id, row);
      if (rows.length < PAGE_ROWS_MOST) return [...found.values()];
    }
  }

  /** A document's bytes. The location is asked without the token: it is another host. */
  async download(id) {
    const { location } = await this.data("files.download", { id });
    const response = await fetch(location, { credentials: "omit" });
    if (!response.ok) throw new Refusal(response.status);
    return response.blob();
  }

  /** Makes a document; the second step takes the bare bytes. */
  async upload(subject, folder, file) {
    const { location } = await this.data("files.upload", { name: file.name, subject, ...(folder ? { folder } : {}) });
    const response = await fetch(location, { method: "POST", credentials: "omit", headers: { "content-type": "application/octet-stream" }, body: file });
    if (!response.ok) throw new Refusal(response.status, await firstTitle(response));
  }

  remove = (id) => this.call("files.delete", { id });
}

async function firstTitle(response) {
  const body = await response.json().catch(() => undefined);
  return body?.errors?.[0]?.title;
}

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
