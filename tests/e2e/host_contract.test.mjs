// The host of docs/host-contract.md, as it stands there: its page, its code and its policy, around the real package; and
// plugin.d.ts, against the compiler and against that host.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Profile, launch } from "./browser.mjs";
import { allow } from "./person.mjs";
import { Sandbox } from "./sandbox.mjs";
import { assertEqualTrees, crmTree, difference, dropboxTree, folderOf } from "./trees.mjs";
import { until } from "./until.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const DOCUMENT = await readFile(join(HERE, "../../docs/host-contract.md"), "utf8");
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".wasm": "application/wasm" };
/** Free among the sandbox's ports. */
const OFFSET = 4;
const RECORD = "Lumen Lighting";
const LINES_MOST = 60;

/** The block of the document in this language that contains this. */
function block(language, part) {
  const blocks = [...DOCUMENT.matchAll(new RegExp("```" + language + "\\n(.*?)```", "gs"))].map((match) => match[1]).filter((text) => text.includes(part));
  assert.equal(blocks.length, 1, `blocks of ${language} with ${part}`);
  return blocks[0];
}

const HOST = block("js", "// host.js");
const PAGE = block("html", "<!doctype html>");
const POLICY = block("text", "default-src");

test("the host of the document is short", () => {
  assert.ok(HOST.trim().split("\n").length <= LINES_MOST, `${HOST.trim().split("\n").length} lines`);
});

test("the host of the document connects, copies, brings back, and uninstalls, under the policy of the document", { timeout: 90_000 }, async () => {
  const sandbox = await Sandbox.start((base) => ["--redirect-uri", `http://127.0.0.1:${base + OFFSET}/plugin/oauth.html`]);
  const crm = await serve(sandbox);
  const browser = await launch();
  const profile = await Profile.open(browser);
  try {
    const page = await profile.context.newPage();
    await page.goto(crm.address);
    const panel = page.locator("#dropbox-panel [data-screen]");
    const untilScreen = (word) => until(`the panel shows ${word}`, async () => (await panel.evaluateAll((all) => all[0]?.dataset.screen)) === word);
    await untilScreen("not-connected");
    const [popup] = await Promise.all([page.waitForEvent("popup"), panel.getByRole("button", { name: "Connect Dropbox", exact: true }).click()]);
    const closed = popup.waitForEvent("close");
    await allow(popup);
    await closed;
    await untilScreen("not-linked");
    await panel.getByRole("button", { name: "Sync to Dropbox" }).click();
    await untilScreen("up-to-date");
    const record = await sandbox.record(RECORD);
    assertEqualTrees(await sandbox.state(), [record.id]);

    // Told of a document that a person added.
    await sandbox.inCrm("document/add", { kind: record.kind, id: record.id, folder: "", name: "Added.txt", text: "added" });
    await page.evaluate(() => window.crm.documentsChanged());
    await until("it is in Dropbox", async () => {
      const state = await sandbox.state();
      return difference(crmTree(state, [record.id]), dropboxTree(state)) === "";
    });
    // Tells the page of one that came from Dropbox.
    await sandbox.putFile(`${folderOf(record)}/From Dropbox.txt`, "from Dropbox");
    await page.locator("#documents").getByText("From Dropbox.txt").waitFor();

    const left = await page.evaluate((record) => {
      const slot = document.createElement("div");
      try {
        plugin.mountDocumentsPanel(slot, { ...record, kind: "deal" });
        return "it was mounted";
      } catch {
        return slot.childElementCount;
      }
    }, { id: record.id, name: record.name });
    assert.equal(left, 0, "a record of no kind is refused, and nothing of its panel stays");

    await page.evaluate(() => window.crm.uninstall());
    const log = await sandbox.requests();
    assert.deepEqual(log.filter(({ target }) => target === "/2/auth/token/revoke").map(({ status }) => status), [200], "the grant is taken back");
    assert.equal(dropboxTree(await sandbox.state()).size, 9);
    assert.deepEqual(await page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name)), []);
    assert.deepEqual(profile.errors, [], "errors in the console, violations of the policy");
    assert.deepEqual(profile.leaks(), []);
  } finally {
    await browser.close();
    await crm.close();
    await sandbox.stop();
  }
});

/** The CRM's own server: the document's page and code, the package, and the three calls. */
async function serve(sandbox) {
  const state = await sandbox.state();
  const record = await sandbox.record(RECORD);
  const address = `http://127.0.0.1:${sandbox.base + OFFSET}`;
  const { origins } = JSON.parse(await readFile(join(process.env.PLUGIN_DIR, "manifest.json"), "utf8"));
  const emulated = {
    "https://api.focus.teamleader.eu": sandbox.crmApi, "https://files.teamleader.eu": sandbox.crmFiles, "https://cdn.teamleader.eu": sandbox.crmFiles,
    "https://api.dropboxapi.com": sandbox.api, "https://content.dropboxapi.com": sandbox.content, "https://notify.dropboxapi.com": sandbox.notify,
  };
  let policy = POLICY.replace(/\s+/g, " ").trim();
  for (const { origin } of origins.filter(({ use }) => use === "connect")) {
    assert.ok(policy.includes(origin), `the document's policy names ${origin}`);
    policy = policy.replace(origin, emulated[origin]);
  }
  assert.ok(!policy.includes("https://"), `the document's policy names what the manifest does not: ${policy}`);
  const answers = {
    "GET /session": async () => ({
      apiBase: sandbox.crmApi, accountId: state.crm.account_id, userId: state.crm.users[0].id, locale: "en",
      settings: { dropboxAppKey: "sandbox-app-key", dropboxEndpoints: { www: sandbox.dropbox, api: sandbox.api, content: sandbox.content, notify: sandbox.notify } },
    }),
    "POST /session/token": async () => ({ token: (await sandbox.ask("POST", "/tokens", { user: "anna" })).crm.access_token }),
    "GET /record": async () => {
      const { documents } = await sandbox.record(RECORD);
      return { kind: record.kind, id: record.id, name: record.name, documents: documents.map(({ name }) => name) };
    },
  };
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, address).pathname);
    const send = (type, body) => response.writeHead(200, { "content-type": type, "content-security-policy": policy }).end(body);
    try {
      const answer = answers[`${request.method} ${path}`];
      if (answer) send("application/json", JSON.stringify(await answer()));
      else if (path === "/") send("text/html", PAGE);
      // Within the test's reach.
      else if (path === "/host.js") send("text/javascript", `${HOST}\nwindow.plugin = plugin;`);
      else if (path === "/favicon.ico") response.writeHead(204).end();
      else if (path.startsWith("/plugin/")) send(TYPES[extname(path)], await readFile(join(process.env.PLUGIN_DIR, path.slice("/plugin".length))));
      else response.writeHead(404).end();
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  await new Promise((resolve, reject) => server.once("error", reject).listen(sandbox.base + OFFSET, "127.0.0.1", resolve));
  return {
    address: `${address}/`,
    close: () => new Promise((resolve) => (server.close(resolve), server.closeAllConnections())),
  };
}

/** What a wrong host looks like to the compiler: each line but the last is an error. */
const WRONG = `
import { start } from "./plugin.js";
// @ts-expect-error nothing is given
start({});
// @ts-expect-error a number is no token
const host: Parameters<typeof start>[0] = { apiBase: "", getAccessToken: async () => 5, account: { id: "" }, user: { id: "" }, locale: "", settings: { dropboxAppKey: "" }, on: () => () => {}, notifyDocumentsChanged() {} };
const plugin = await start(host);
// @ts-expect-error no such kind
plugin.mountDocumentsPanel(document.body, { kind: "deal", id: "", name: "" });
// @ts-expect-error misspelt
plugin.unmount();
const { toDropbox }: { toDropbox: number } = await plugin.sync();
await plugin.remove();
`;

test("plugin.d.ts compiles, accepts the host of the document, and refuses wrong ones", { timeout: 150_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "contract-"));
  try {
    await copyFile(join(process.env.PLUGIN_DIR, "plugin.d.ts"), join(folder, "plugin.d.ts"));
    await writeFile(join(folder, "wrong.ts"), WRONG);
    const options = ["--noEmit", "--skipDefaultLibCheck", "--strict", "--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler", "--lib", "es2022,dom,dom.iterable"];
    const tsc = (...files) =>
      promisify(execFile)(process.execPath, [join(HERE, "node_modules/typescript/bin/tsc"), ...options, ...files], { cwd: folder }).catch(({ stdout }) => assert.fail(stdout));
    await tsc("plugin.d.ts", "wrong.ts");
    await writeFile(join(folder, "host.js"), HOST.replace("/plugin/plugin.js", "./plugin.js").replaceAll("window.crm", "globalThis.crm"));
    await tsc("--allowJs", "--checkJs", "--noImplicitAny", "false", "--strictNullChecks", "false", "host.js");
  } finally {
    await rm(folder, { recursive: true });
  }
});
