// The signed-in user and their token, as app/session.js has them for the hosted page; here the browser's identity
// interface asks Teamleader, without a window where Teamleader knows the person, and with one on a click.
//
// All frames of the extension share the token in the browser's memory (`storage.session`, never on disk), and one
// of them renews it at a time.

import { browser } from "./browser.js";

const TOKEN = "token";
/** When Teamleader last wanted to see the person; until they sign in nobody asks it again for a while. */
const REFUSED = "refusedAt";
const LOCK = "teamleader-dropbox/token";
/** Where a frame says that there is a new token. */
const CHANNEL = "teamleader-dropbox/token";
const MARGIN_MS = 20_000;
const ASK_AGAIN_MS = 5 * 60_000;

export class IdentitySession {
  #config;
  #channel = new BroadcastChannel(CHANNEL);
  #listeners = new Set();
  #waiting = new Set();
  error = null;
  state = "signed-out";
  speaksForUs = async () => true;

  constructor(config) {
    this.#config = config;
    this.#channel.onmessage = ({ data }) => this.#arrived(data);
  }

  onChange = (listener) => this.#listeners.add(listener);

  /** Whether there is a token, or one to be had without the person. */
  async open() {
    return (await this.#renew()) !== null;
  }

  /** A token; waits for one while there is none. `refused`: the API just answered 401 to this one. */
  async token(refused) {
    const renewed = await this.#renew(refused);
    if (renewed !== null) return renewed;
    this.#become("paused");
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  /** The person signs in, by a click. Whether they did. */
  async signIn() {
    const answer = await this.#ask(true);
    this.error = answer.error ?? null;
    if (answer.token) {
      await this.#keep(answer);
      await this.#arrived(answer);
    } else for (const listener of this.#listeners) listener(this.state);
    return answer.token !== undefined;
  }

  renewInWindow = () => this.signIn();

  #renew(refused) {
    return navigator.locks.request(LOCK, async () => {
      const { [TOKEN]: kept, [REFUSED]: refusedAt = 0 } = await browser.recall([TOKEN, REFUSED]);
      if (kept && kept.token !== refused && kept.expiresAt - MARGIN_MS > Date.now()) return kept.token;
      if (Date.now() - refusedAt < ASK_AGAIN_MS) return null;
      const answer = await this.#ask(false);
      if (!answer.token) {
        await browser.remember({ [REFUSED]: Date.now() });
        return null;
      }
      if (!(await this.speaksForUs(answer.token))) {
        await this.#keep(answer);
        location.reload();
        return null;
      }
      await this.#keep(answer);
      return answer.token;
    });
  }

  /** One question to Teamleader: `{ token, expiresAt }` or `{ error }`. */
  async #ask(interactive) {
    const state = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const address = new URL("/oauth2/authorize", this.#config.teamleader.www);
    address.search = new URLSearchParams({ client_id: this.#config.teamleaderClientId, redirect_uri: this.#config.redirectUris.teamleader, response_type: "token", state });
    let back;
    try {
      back = await browser.signIn({ url: address.href, interactive });
    } catch (error) {
      return { error: error.message };
    }
    const fields = new URLSearchParams(new URL(back).hash.slice(1));
    if (fields.get("state") !== state) return { error: "unknown_state" };
    const token = fields.get("access_token");
    if (!token) return { error: fields.get("error") ?? "malformed" };
    return { token, expiresAt: Date.now() + (Number(fields.get("expires_in")) || 900) * 1000 };
  }

  async #keep(answer) {
    await browser.remember({ [TOKEN]: answer, [REFUSED]: 0 });
    this.#channel.postMessage(answer);
  }

  async #arrived({ token }) {
    if (!(await this.speaksForUs(token).catch(() => true))) return location.reload();
    this.error = null;
    this.#become("well");
    for (const go of [...this.#waiting]) go(token);
    this.#waiting.clear();
  }

  #become(state) {
    if (this.state === state) return;
    this.state = state;
    for (const listener of this.#listeners) listener(state);
  }
}
