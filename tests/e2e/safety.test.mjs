// Safe in someone else's page: no token where it does not belong, no answer to a sign-in that was not begun here, no name
// that runs, no policy that is broken.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { scenes } from "./harness.mjs";
import { allow } from "./person.mjs";
import { assertEqualTrees, dropboxTree, folderOf } from "./trees.mjs";
import { until } from "./until.mjs";

const scene = scenes();
const RECORD = ["company", "Lumen Lighting"];
const CHANNEL = "teamleader-dropbox/sign-in";

/** Every token that Dropbox or the CRM gave out in this world, by what it is. */
class Tokens {
  access = new Set();
  refresh = new Set();

  constructor(context) {
    this.answers = [];
    context.on("response", (response) => {
      if (/\/(oauth2|app)\/token$/.test(response.url())) this.answers.push(response.json().then((body) => this.#take(body), () => {}));
    });
  }

  #take({ access_token, refresh_token }) {
    if (access_token) this.access.add(access_token);
    if (refresh_token) this.refresh.add(refresh_token);
  }

  async all() {
    await Promise.all(this.answers);
    return [...this.access, ...this.refresh];
  }
}

/** All that a browser profile keeps, as text; and whether any key in it can be taken out. */
const keptText = (page) =>
  page.evaluate(async () => {
    const done = (request) => new Promise((resolve, reject) => ((request.onsuccess = () => resolve(request.result)), (request.onerror = () => reject(request.error))));
    const texts = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie, location.href, document.title, JSON.stringify(history.state)];
    const keys = [];
    for (const { name } of await indexedDB.databases()) {
      const database = await done(indexedDB.open(name));
      for (const store of database.objectStoreNames) {
        for (const value of await done(database.transaction(store).objectStore(store).getAll())) {
          if (value instanceof CryptoKey) keys.push({ extractable: value.extractable, exported: await crypto.subtle.exportKey("raw", value).then(() => true, () => false) });
          else texts.push(value instanceof Uint8Array ? new TextDecoder().decode(value) : JSON.stringify(value));
        }
      }
      database.close();
    }
    for (const holder of document.querySelectorAll("*")) if (holder.shadowRoot) texts.push(holder.shadowRoot.innerHTML);
    return { text: texts.join("\n"), keys };
  });

scene("tokens stand nowhere but where they belong: not stored, not shown, not said, not sent elsewhere", { refused: ["500 /2/files/list_folder/continue"] }, async (s) => {
  const { sandbox, person, profile } = s;
  const tokens = new Tokens(profile.context);
  const requests = [];
  const printed = [];
  profile.context.on("request", (request) => requests.push({ url: request.url(), headers: request.headers(), body: request.postDataBuffer()?.toString("latin1") ?? "" }));
  profile.context.on("console", (message) => printed.push(message.text()));
  // What is said between pages is kept, too.
  await profile.context.addInitScript(() => {
    window.said = [];
    for (const kind of [BroadcastChannel, MessagePort, Window]) {
      const post = kind.prototype.postMessage ?? window.postMessage;
      const target = kind === Window ? window : kind.prototype;
      target.postMessage = function (message, ...rest) {
        window.said.push(JSON.stringify(message));
        return post.call(this, message, ...rest);
      };
    }
  });
  await profile.context.clock.install();
  await person.arrive(...RECORD);
  await person.sync();
  const other = await s.newTab();
  await other.page.goto(person.page.url());
  await other.untilScreen("up-to-date");

  // A renewal, a refusal and an outage: what is said of an error must not quote the request.
  await s.advance(4 * 3600 - 240);
  await until("the token was renewed", async () => (await tokens.all()) && tokens.access.size >= 3);
  await sandbox.fault({ origin: "dropbox_api", path: "/2/files/list_folder/continue", times: 1, effect: { status: { status: 500 } } });
  await person.addDocuments([["Later.txt", "later"]]);
  await s.untilEqual((await sandbox.record(RECORD[1])).id);

  const log = await savedLog(person);
  const secrets = await tokens.all();
  assert.ok(tokens.refresh.size >= 1 && tokens.access.size >= 3, `${tokens.refresh.size} refresh and ${tokens.access.size} access tokens were given out`);
  const hidden = (text, where) => {
    for (const secret of secrets) assert.ok(!text.includes(secret), `a token in ${where}`);
  };
  const { text, keys } = await keptText(person.page);
  assert.ok(text.includes('"links"'), "the rows are read as they were written");
  hidden(text, "what the browser keeps or shows");
  assert.ok(keys.length >= 1, "tokens are sealed under a key");
  for (const key of keys) assert.deepEqual(key, { extractable: false, exported: false });
  hidden(log, "the log for support");
  hidden(printed.join("\n"), "the console");
  for (const { page } of [person, other]) hidden((await page.evaluate(() => window.said)).join("\n"), "messages between pages");

  const origin = (url) => new URL(url).origin;
  for (const { url, headers, body } of requests) {
    hidden(url, `the address ${url.split("?")[0]}`);
    for (const refresh of tokens.refresh) {
      const there = body.includes(refresh) || JSON.stringify(headers).includes(refresh);
      assert.ok(!there || url === `${sandbox.api}/oauth2/token`, `the refresh token goes to ${url}`);
    }
    const { authorization, ...others } = headers;
    hidden(JSON.stringify(others), `a header of ${url}`);
    const bearer = authorization?.replace("Bearer ", "");
    if (bearer?.startsWith("sl.")) assert.ok([sandbox.api, sandbox.content].includes(origin(url)), `Dropbox's token goes to ${url}`);
    else if (bearer) assert.equal(origin(url), sandbox.crmApi, "where the CRM's token goes");
  }
});

/** The file for support, as a person saves it below the record's activity. */
async function savedLog(person) {
  await person.panel.getByText("Activity", { exact: true }).click();
  const [download] = await Promise.all([person.page.waitForEvent("download"), person.button("Save log for support").click()]);
  return readFile(await download.path(), "utf8");
}

scene("a code that was used is not redeemed again, by reload or by anybody who repeats the answer", {}, async (s) => {
  const { sandbox, person, profile } = s;
  const answers = [];
  profile.context.on("request", (request) => request.url().includes("/plugin/oauth.html?") && answers.push(request.url()));
  await person.arrive(...RECORD);
  assert.equal(answers.length, 1);
  await sandbox.forgetRequests();
  const again = await profile.context.newPage();
  await again.goto(answers[0]);
  await again.getByText("Connect Dropbox").waitFor();
  const { search } = new URL(again.url());
  assert.equal(search, "", "the code does not stay in the address");
  await again.evaluate(([channel, address]) => {
    const query = new URL(address).searchParams;
    new BroadcastChannel(channel).postMessage(JSON.stringify({ state: query.get("state"), code: query.get("code"), error: null }));
    sessionStorage.setItem("teamleader-dropbox/answer", JSON.stringify({ state: query.get("state"), code: query.get("code"), error: null }));
  }, [CHANNEL, answers[0]]);
  // The same answer through the storage of a tab, where it is looked for at the start.
  await again.goto(person.page.url());
  await again.locator('[data-plugin-slot="documents"] [data-screen]').first().waitFor();
  const log = await sandbox.requests();
  assert.deepEqual(log.filter((entry) => entry.target === "/oauth2/token"), []);
  assert.equal((await sandbox.state()).dropbox.accounts[0].linked, 1);
});

scene("an answer to a sign-in that nobody began here connects nothing (an attacker's own code)", {}, async ({ sandbox, person }) => {
  await person.signIn();
  await person.openRecord(...RECORD);
  const address = person.page.url();
  for (const query of ["state=attackers-state-0123456789&code=attackers-code", "code=attackers-code", "state=&code=", "state=__proto__&code=x"]) {
    await person.page.goto(`${sandbox.crm}/plugin/oauth.html?${query}`);
    await person.page.getByText("Connect Dropbox").waitFor();
  }
  await person.page.goto(address);
  await person.untilScreen("not-connected");
  const log = await sandbox.requests();
  assert.deepEqual(log.filter((entry) => entry.target === "/oauth2/token"), []);
});

scene("messages from Dropbox's window or from another origin are not listened to", {}, async ({ sandbox, person, profile }) => {
  await person.signIn();
  await person.openRecord(...RECORD);
  const popup = await person.openSignIn();
  await popup.getByRole("button", { name: "Sign in as Anna Peeters" }).click();
  await popup.getByRole("button", { name: "Allow" }).waitFor();
  const state = new URL(popup.url()).searchParams.get("state");
  const stranger = await profile.context.newPage();
  await stranger.goto(`${sandbox.dropbox}/login`);
  for (const page of [popup, stranger]) {
    await page.evaluate(([channel, state]) => {
      const forged = { state, code: "forged-code", error: null };
      for (const message of [forged, JSON.stringify(forged)]) {
        new BroadcastChannel(channel).postMessage(message);
        window.opener?.postMessage(message, "*");
      }
    }, [CHANNEL, state]);
  }
  await person.untilScreen("connecting");
  // The real answer is still good, and the only one that was redeemed.
  const closed = popup.waitForEvent("close");
  await popup.getByRole("button", { name: "Allow" }).click();
  await Promise.all([closed, person.untilScreen("not-linked")]);
  const log = await sandbox.requests();
  assert.deepEqual(log.filter((entry) => entry.target === "/oauth2/token").map((entry) => entry.status), [200]);
});

scene("another user signs in to the CRM between request and answer: nobody is connected", {}, async ({ sandbox, person, profile }) => {
  await person.page.addInitScript(() => (window.open = () => null));
  await person.signIn();
  await person.openRecord(...RECORD);
  await person.button("Connect Dropbox").click();
  await person.page.getByRole("button", { name: "Sign in as Anna Peeters" }).click();
  await person.page.getByRole("button", { name: "Allow" }).waitFor();
  const users = (await sandbox.state()).crm.users;
  const other = await profile.context.newPage();
  await other.goto(`${sandbox.crm}/`);
  await other.evaluate((user) => fetch("/app/session", { method: "POST", body: JSON.stringify({ user }) }), users[1].id);
  await person.page.getByRole("button", { name: "Allow" }).click();
  await person.untilScreen("connect-failed", "not-connected");
  const log = await sandbox.requests();
  assert.deepEqual(log.filter((entry) => entry.target === "/oauth2/token"), [], "the code of one user was redeemed for another");
  assert.deepEqual((await sandbox.state()).dropbox.accounts.map((account) => account.linked), [0, 0]);
});

const MARKUP = ['<img src=x onerror="window.hit=1">.txt', "<script>window.hit=1<:script>.txt", "javascript:window.hit=1", '"><svg onload=window.hit=1>.pdf', "&lt;b&gt;.txt", "{{7*7}}${7*7}.txt"];
const ODD = ["\u202Egnp.exe", "a\u2066b\u2069.txt", "\u200B.txt", "zero\u0000.txt", "line\nbreak.txt", "..", "...", "../../../escaped.txt", "..%2F..%2Fescaped.txt", "..\\..\\escaped.txt", "/etc/passwd", "CON", "~", `${"long ".repeat(2000)}.txt`];

scene("names that want to be markup, paths or something else than they are", {}, async (s) => {
  const { sandbox, person } = s;
  const documents = [...MARKUP, ...ODD].map((name, at) => ({ name, folder: at % 3 ? "" : `<i>${"../".repeat(at)}`, text: `content ${at}` }));
  await sandbox.seed([{ kind: "company", id: "c-1", name: '../<img src=x onerror="window.hit=2">\u202E', documents }, { kind: "company", id: "c-2", name: "Neighbour", documents: [{ name: "Mine.txt", text: "mine" }] }]);
  await person.signIn();
  await person.page.goto(`${sandbox.crm}/companies/c-1`);
  await person.connectDropbox();
  const screen = await person.sync();
  const state = await sandbox.state();
  const record = state.crm.records.find((one) => one.id === "c-1");
  assert.deepEqual(record.documents.map((one) => one.name).sort(), [...MARKUP, ...ODD].sort(), "the CRM keeps its names");
  const paths = [...dropboxTree(state).keys()];
  for (const path of paths) assert.match(path, /^\/Companies\/[^/]+\/c-1\/[^/]/, "below the record's folder");
  for (const path of paths) assert.ok(!path.split("/").some((part) => part === ".." || part === "."), path);
  // What could not be done is listed with its reason; all else arrived.
  if (screen === "up-to-date") assert.equal(paths.length, documents.length);
  else assert.ok(paths.length >= documents.length - 2, `${paths.length} of ${documents.length} arrived`);
  assert.equal(await person.page.evaluate(() => window.hit), undefined, "something ran");
  const shadows = await person.page.evaluate(() => [...document.querySelectorAll("*")].filter((one) => one.shadowRoot).map((one) => one.shadowRoot.querySelectorAll("img, script, iframe, i, object, embed, [onload], [onerror]").length));
  assert.deepEqual(shadows.filter(Boolean), [], "markup in the panel");
});

scene("error texts with markup are not shown as such", { refused: ["409 /create_folder_v2", "422 /files.list", "400 /files.list"] }, async ({ sandbox, person, profile }) => {
  const text = '<img src=x onerror="window.hit=3">';
  await profile.context.route("**/files.list", (route) => route.fulfill({ status: 422, headers: { "access-control-allow-origin": "*" }, json: { errors: [{ title: text, status: 422, meta: { field: text } }] } }));
  await person.arrive(...RECORD);
  await person.button("Sync to Dropbox").click();
  await person.untilScreen("interrupted", "part-failed", "frozen");
  assert.equal(await person.page.evaluate(() => window.hit), undefined);
  assert.equal(await person.panel.first().evaluate((panel) => panel.getRootNode().querySelectorAll("img").length), 0);
  assert.equal(dropboxTree(await sandbox.state()).size, 0);
});

scene("a hundred megabytes of JSON stop the record, not the page", {}, async ({ sandbox, person }) => {
  await person.arrive(...RECORD);
  // Made in the page: a driver cannot carry so much.
  await person.page.evaluate(() => {
    const real = window.fetch;
    const huge = ['{"data":[', "1,".repeat(50_000_000), "1]}"];
    window.fetch = (request, ...rest) => ((request.url ?? request).endsWith("/files.list") ? Promise.resolve(new Response(new Blob(huge), { headers: { "content-type": "application/json" } })) : real.call(window, request, ...rest));
    window.honest = () => (window.fetch = real);
  });
  await person.button("Sync to Dropbox").click();
  await person.untilScreen("interrupted", "part-failed", "frozen");
  await person.page.evaluate(() => void window.honest());
  await person.tryAgain();
  await person.untilScreen("up-to-date");
  assertEqualTrees(await sandbox.state(), [(await sandbox.record(RECORD[1])).id]);
});

scene("the policy is enforced, and a violation is noticed", { said: [/evil\.example/, /inline/i, /trusted/i, /policy/i] }, async ({ sandbox, person, profile }) => {
  const response = await fetch(`${sandbox.crm}/companies`);
  const policy = response.headers.get("content-security-policy");
  const manifest = JSON.parse(await readFile(`${process.env.PLUGIN_DIR}/manifest.json`, "utf8"));
  for (const part of ["default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "style-src 'self'", "img-src 'self'", "require-trusted-types-for 'script'"]) assert.ok(policy.split("; ").includes(part), `${part}: ${policy}`);
  const connect = policy.match(/connect-src ([^;]*)/)[1].split(" ");
  assert.equal(new Set(connect).size, 1 + new Set(manifest.origins.filter(({ use }) => use === "connect").map(({ origin }) => (origin.startsWith("https://cdn.") ? "https://files.teamleader.eu" : origin))).size, policy);
  await person.arrive(...RECORD);
  await person.sync();
  assert.deepEqual(profile.errors, [], "the plugin keeps to the policy");
  const broken = await person.page.evaluate(async () => {
    const violated = [];
    document.addEventListener("securitypolicyviolation", (event) => violated.push(event.effectiveDirective));
    await fetch("https://evil.example/").catch(() => {});
    const style = document.createElement("style");
    style.textContent = "body { color: red }";
    document.head.append(style);
    try {
      document.createElement("div").innerHTML = "<b>x</b>";
    } catch {}
    await new Promise((resolve) => setTimeout(resolve));
    return violated;
  });
  assert.deepEqual(broken.sort(), ["connect-src", "require-trusted-types-for", "style-src-elem"]);
  assert.ok(profile.errors.length >= 3, "every violation is an error of the test");
});
