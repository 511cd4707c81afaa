// The Marketplace: found, read, installed, set up, updated and removed, from the package alone.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { scenes } from "./harness.mjs";
import { assertEqualTrees, dropboxTree } from "./trees.mjs";

const scene = scenes();
const RECORD = ["company", "Lumen Lighting"];
const NEXT = process.env.PLUGIN_NEXT_ZIP;

/** Everything that is kept in the browser, but for what the CRM's own pages keep under names of theirs. */
const kept = (page) =>
  page.evaluate(async () => ({
    databases: (await indexedDB.databases()).map((database) => database.name),
    storage: [...Object.keys(localStorage), ...Object.keys(sessionStorage)].filter((key) => !key.startsWith("crm-")),
  }));

scene("not installed: the tile says what the plugin may do and why; installed, it does it", {}, async ({ sandbox, person }) => {
  await sandbox.inCrm("plugin", { installed: false });
  await person.signIn();
  await person.openPlugin();
  const manifest = JSON.parse(await readFile(`${process.env.PLUGIN_DIR}/manifest.json`, "utf8"));
  const text = await person.page.locator("main").innerText();
  for (const { reason } of [...manifest.permissions, ...manifest.origins]) assert.ok(text.includes(reason), reason);
  for (const { origin } of manifest.origins) assert.ok(text.includes(new URL(origin).host), origin);
  assert.ok(text.includes(manifest.author.supportEmail));
  const before = await sandbox.requests();
  assert.deepEqual(before.filter((entry) => entry.target.startsWith("/plugin/")), [], "nothing of a plugin that is not installed is served");

  await person.page.getByRole("button", { name: "Install", exact: true }).click();
  await person.page.locator(`[data-plugin-slot="settings"] [data-screen="settings"]`).waitFor();
  const record = await sandbox.record(RECORD[1]);
  await person.page.getByRole("navigation", { name: "Modules" }).getByRole("link", { name: "Companies" }).click();
  await person.openRecord(...RECORD);
  await person.connectDropbox();
  assert.equal(await person.sync(), "up-to-date");
  assertEqualTrees(await sandbox.state(), [record.id]);
});

scene("removed: the grant is taken back, the browser forgets, the documents stay", {}, async (s) => {
  const { sandbox, person } = s;
  await person.arrive(...RECORD);
  await person.sync();
  const other = await s.newTab();
  await other.page.goto(person.page.url());
  await other.untilScreen("up-to-date");
  const before = await sandbox.state();
  assert.equal(before.dropbox.accounts[0].linked, 1);
  await person.openPlugin();
  await person.page.getByRole("button", { name: "Remove plugin" }).click();
  await Promise.all([person.page.waitForURL("**/marketplace"), person.page.getByRole("dialog").getByRole("button", { name: "Remove" }).click()]);
  await person.page.getByRole("link", { name: "View" }).waitFor();
  const after = await sandbox.state();
  assert.equal(after.dropbox.accounts[0].linked, 0, "grants at Dropbox");
  assert.deepEqual(dropboxTree(after), dropboxTree(before));
  assert.deepEqual(after.crm.records, before.crm.records);
  await other.page.close();
  assert.deepEqual(await kept(person.page), { databases: [], storage: [] });
});

scene("an update keeps connection and state: nothing is copied again", {}, async (s) => {
  const { sandbox, person } = s;
  const record = await sandbox.record(RECORD[1]);
  await person.arrive(...RECORD);
  await person.sync();
  await sandbox.inCrm("plugin", { offer: NEXT });
  await person.page.reload();
  await person.untilScreen("up-to-date");
  await person.openPlugin();
  const version = await person.page.getByText(/^Version .+ is available\.$/).innerText();
  await sandbox.forgetRequests();
  await Promise.all([person.page.waitForEvent("load"), person.page.getByRole("button", { name: "Update" }).click()]);
  const number = version.split(" ")[1];
  await person.page.getByText(`Version ${number} ·`).waitFor();
  await person.page.getByRole("navigation", { name: "Modules" }).getByRole("link", { name: "Companies" }).click();
  await person.openRecord(...RECORD);
  await person.untilScreen("up-to-date");
  await person.addDocuments([["After the update.txt", "new"]]);
  const state = await s.untilEqual(record.id);
  assert.equal(dropboxTree(state).size, 8);
  const log = await sandbox.requests();
  const uploads = log.filter((entry) => entry.target === "/2/files/upload_session/start");
  assert.equal(uploads.length, 1, "the one new document went over the wire");
});

const REFUSED = [/integrity/i, /plugin did not start/];

scene("a script that is not the one of the package does not run", { said: REFUSED }, async ({ profile, person }) => {
  await profile.context.route("**/plugin/pkg/*.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `globalThis.foreign = true;\n${await response.text()}` });
  });
  await person.page.goto(`${person.sandbox.crm}/`);
  await person.page.getByRole("button", { name: "Sign in as Anna Peeters" }).click();
  await person.page.getByRole("navigation", { name: "Modules" }).getByRole("link", { name: "Companies" }).click();
  await person.page.locator("a.row-link").filter({ hasText: RECORD[1] }).click();
  await person.page.getByText("could not be started").waitFor();
  assert.equal(await person.page.evaluate(() => globalThis.foreign), undefined);
});
