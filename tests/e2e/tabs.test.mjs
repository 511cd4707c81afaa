// Tabs that die, networks that go, grants that are taken back, and the guards' questions.

import assert from "node:assert/strict";
import { scenes } from "./harness.mjs";
import { assertEqualTrees, dropboxTree, folderOf } from "./trees.mjs";
import { until } from "./until.mjs";

const scene = scenes();
const RECORD = { kind: "company", id: "c-1", name: "Pied Piper" };
const UPLOADS_TO_DROPBOX = "**/2/files/upload_session/start";
const UPLOADS_TO_CRM = (sandbox) => `${sandbox.crmFiles}/**`;

const numbered = (count) => Array.from({ length: count }, (_, at) => ({ name: `Document ${at + 1}.txt`, text: `number ${at + 1}` }));
const documents = (state) => state.crm.records.find((record) => record.id === RECORD.id).documents;

/** A linked record at rest, with so many documents. */
async function linked(s, count) {
  await s.sandbox.seed([{ ...RECORD, documents: numbered(count) }]);
  await s.person.arrive(RECORD.kind, RECORD.name);
  assert.equal(await s.person.sync(), "up-to-date");
  return folderOf(await s.sandbox.record(RECORD.name));
}

/** Another tab at the same record. */
async function secondTab(s) {
  const tab = await s.newTab();
  await tab.page.goto(s.person.page.url());
  await tab.panel.waitFor();
  return tab;
}

scene("[P4] two tabs show the same, and one works", {}, async (s) => {
  const folder = await linked(s, 3);
  const other = await secondTab(s);
  await other.untilScreen("up-to-date");
  await s.sandbox.forgetRequests();
  await s.sandbox.putFile(`${folder}/New.txt`, "new");
  await s.untilEqual(RECORD.id);
  await Promise.all([s.person, other].map((tab) => tab.panel.getByText("4 documents in Dropbox").waitFor()));
  const uploads = (await s.calls()).filter((call) => call.origin === "crm_files" && call.method !== "GET");
  assert.equal(uploads.length, 1, JSON.stringify(uploads));
});

scene("[P4, C1] the working tab is killed: the other takes over and finishes, without a twin", { refused: ["409 /create_folder_v2"] }, async (s) => {
  await s.sandbox.seed([{ ...RECORD, documents: numbered(20) }]);
  await s.person.arrive(RECORD.kind, RECORD.name);
  const other = await secondTab(s);
  await other.untilScreen("not-linked");
  const gate = await s.hold(UPLOADS_TO_DROPBOX, 7);
  await s.person.button("Sync to Dropbox").click();
  await gate.reached();
  await other.untilScreen("first-copy");
  await s.person.page.close();
  gate.open();
  await other.untilScreen("up-to-date");
  assertEqualTrees(await s.sandbox.state(), [RECORD.id]);
  // It leads now: what happens in Dropbox comes by its own longpoll.
  await s.sandbox.putFile(`${folderOf(await s.sandbox.record(RECORD.name))}/Later.txt`, "later");
  await s.untilEqual(RECORD.id);
});

scene("a tab that does not lead presses the button", {}, async (s) => {
  await s.sandbox.seed([{ ...RECORD, documents: numbered(5) }]);
  await s.person.arrive(RECORD.kind, RECORD.name);
  const other = await secondTab(s);
  await other.untilScreen("not-linked");
  await other.sync();
  await s.person.untilScreen("up-to-date");
  assertEqualTrees(await s.sandbox.state(), [RECORD.id]);
});

scene("[C1, K3] reloaded while files come to the CRM: each arrives once", {}, async (s) => {
  const folder = await linked(s, 2);
  const gate = await s.hold(UPLOADS_TO_CRM(s.sandbox), 3);
  for (let at = 1; at <= 8; at++) await s.sandbox.putFile(`${folder}/Inbox/File ${at}.txt`, `file ${at}`);
  await gate.reached();
  await s.person.page.reload();
  gate.open();
  const state = await s.untilEqual(RECORD.id);
  assert.equal(documents(state).length, 10);
  await s.person.untilScreen("up-to-date");
});

scene("[C4] without a network the panel says so, and catches up afterwards", { torn: true }, async (s) => {
  const folder = await linked(s, 3);
  const { context } = s.profile;
  await context.setOffline(true);
  await s.person.untilScreen("offline");
  await s.sandbox.putFile(`${folder}/Meanwhile.txt`, "in Dropbox");
  await s.sandbox.inCrm("document/add", { ...RECORD, name: "Meanwhile too.txt", folder: "", text: "in the CRM" });
  await context.setOffline(false);
  await s.untilEqual(RECORD.id);
  await s.person.untilScreen("up-to-date");
  assert.equal(documents(await s.sandbox.state()).length, 5);
});

const TAKEN_BACK = ["401 /list_folder/continue", "400 /oauth2/token", "401 /get_space_usage", "401 /create_folder_v2", "401 /list_folder"];

for (const [finder, { longpoll, refused, find, added }] of Object.entries({
  "a press": { longpoll: "false", refused: "404 /longpoll", find: (s) => s.person.button("Sync to Dropbox").click(), added: 0 },
  "the longpoll": { longpoll: "true", refused: "401 /longpoll", find: (s, folder) => s.sandbox.putFile(`${folder}/New.txt`, "new"), added: 1 },
})) {
  scene(`[C7] ${finder} finds out that a grant was taken back: asks to connect again, and copies nothing twice`, { world: { variants: { longpoll } }, refused: [refused, ...TAKEN_BACK] }, async (s) => {
    const folder = await linked(s, 3);
    const apps = await s.newTab();
    await apps.page.goto(`${s.sandbox.dropbox}/account/connected_apps`);
    await apps.page.getByRole("button", { name: "Disconnect Teamleader CRM" }).click();
    await apps.page.getByText("No app is connected").waitFor();
    await apps.page.close();
    await find(s, folder);
    await s.person.untilScreen("revoked");
    await s.sandbox.forgetRequests();
    await s.person.connectDropbox();
    await s.person.untilScreen("up-to-date");
    await s.person.sync();
    const state = await s.untilEqual(RECORD.id);
    assert.equal(documents(state).length, 3 + added);
    const uploads = (await s.calls()).filter((call) => call.method === "POST" && ["dropbox_content", "crm_files"].includes(call.origin) && !call.target.endsWith("/files/download"));
    assert.equal(uploads.length, added);
  });
}

/** Twelve of thirteen documents are gone from the CRM, and the page is told. */
async function manyDeleted(s) {
  const folder = await linked(s, 13);
  const state = await s.sandbox.state();
  // At once: a cycle that lists the record in between would rightly see a few deletions, and carry them out.
  await s.sandbox.inCrm("documents/delete", { documents: documents(state).slice(0, 12).map((document) => document.id) });
  // A change in Dropbox makes the record due.
  await s.sandbox.putFile(`${folder}/Touch.txt`, "touch");
  await s.person.untilScreen("guard");
  assert.equal(dropboxTree(await s.sandbox.state()).size, 14, "nothing is deleted before somebody decides");
  return folder;
}

scene("[G3, G11] a guard: many deletions wait, and pass once they are confirmed", { refused: ["404 /files.info"] }, async (s) => {
  await manyDeleted(s);
  await s.person.button("Delete 12 files").click();
  await s.person.panel.getByText("This cannot be taken back here. Go on?").waitFor();
  await s.person.button("Delete 12 files").click();
  const state = await s.untilEqual(RECORD.id);
  assert.equal(dropboxTree(state).size, 2);
  await s.person.untilScreen("up-to-date");
});

scene("[G3, G11] a guard: many deletions are dismissed, and every file stays", { refused: ["404 /files.info"] }, async (s) => {
  await manyDeleted(s);
  await s.person.panel.getByRole("button", { name: /keep/i }).click();
  await s.person.untilScreen("up-to-date");
  const state = await s.untilState("what is new in Dropbox comes to the CRM", (state) => documents(state).length === 2);
  assert.equal(dropboxTree(state).size, 14);
});

scene("[P5] two people with two Dropboxes on one record: all three ends equal, no twin", {}, async (s) => {
  await s.sandbox.seed([{ ...RECORD, documents: numbered(3) }]);
  await s.person.arrive(RECORD.kind, RECORD.name);
  await s.person.sync();
  const bram = await s.newBrowser();
  await bram.signIn("Bram de Vries");
  await bram.openRecord(RECORD.kind, RECORD.name);
  // He has the CRM in Dutch.
  await bram.connectDropbox({ as: "Bram de Vries", button: "Dropbox verbinden" });
  await bram.sync("Synchroniseren met Dropbox");
  const folder = folderOf(await s.sandbox.record(RECORD.name));
  await s.sandbox.putFile(`${folder}/From Anna.txt`, "anna", 0);
  await s.untilState("Anna's file is in the CRM", (state) => documents(state).length === 4);
  await bram.sync("Synchroniseren met Dropbox");
  await until("Bram has it too", async () => dropboxTree(await s.sandbox.state(), 1).size === 4);
  const state = await s.sandbox.state();
  assertEqualTrees(state, [RECORD.id], 0);
  assertEqualTrees(state, [RECORD.id], 1);
});
