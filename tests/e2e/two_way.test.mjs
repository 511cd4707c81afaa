// Both ways: what people do on one side comes to the other, by the longpoll, by the timer, or because the page says so.

import assert from "node:assert/strict";
import { scenes } from "./harness.mjs";
import { dropboxTree, folderOf } from "./trees.mjs";
import { until } from "./until.mjs";

const scene = scenes();
const RECORD = { kind: "company", id: "c-1", name: "Pied Piper" };
const DOCUMENTS = [
  { name: "Offer.txt", text: "an offer" },
  { name: "Notes.txt", text: "some notes" },
  { name: "Plan.txt", folder: "Plans/2026", text: "a plan" },
];
/** The CRM's token lives an hour: all that is asked at once later is refused, and then there is a fresh one. */
const HOURS_LATER = ["401 /files.list", "401 /companies.list"];
/** Without it, every change in Dropbox would be there before the timer is. */
const NO_LONGPOLL = { world: { variants: { longpoll: "false" } }, refused: ["404 /longpoll", ...HOURS_LATER] };
const OBSERVED = "/2/files/list_folder/continue";

/** A linked record at rest; the page's clock can be moved. */
async function linked(s) {
  await s.profile.context.clock.install();
  await s.sandbox.seed([{ ...RECORD, documents: DOCUMENTS }]);
  await s.person.arrive(RECORD.kind, RECORD.name);
  assert.equal(await s.person.sync(), "up-to-date");
  const record = await s.sandbox.record(RECORD.name);
  return { folder: folderOf(record), id: (name) => record.documents.find((document) => document.name === name).id };
}

const documents = (state) => state.crm.records.find((record) => record.id === RECORD.id).documents;
const named = (state, name) => documents(state).filter((document) => document.name === name);
const files = (state) => [...dropboxTree(state).keys()];

scene("[M3, P3] a file put into the folder is in the CRM within seconds", {}, async (s) => {
  const { folder } = await linked(s);
  const begun = Date.now();
  await s.sandbox.putFile(`${folder}/From Dropbox.txt`, "hello");
  await s.untilEqual(RECORD.id);
  assert.ok(Date.now() - begun < 10_000, `${Date.now() - begun} ms`);
  // The CRM's own list is told.
  await s.person.document("From Dropbox.txt").waitFor();
  await s.person.untilScreen("up-to-date");
});

scene("[M3] without longpoll the timer brings it, and not before its time", NO_LONGPOLL, async (s) => {
  const { folder } = await linked(s);
  await s.sandbox.putFile(`${folder}/From Dropbox.txt`, "hello");
  await s.sandbox.forgetRequests();
  // Looked at, minute by minute, half an hour long.
  for (let minute = 0; minute < 30; minute++) await s.advance(60);
  assert.deepEqual((await s.calls()).filter((call) => call.target === OBSERVED), [], "nobody asked before it was time");
  // The hour, and the jitter that spreads it.
  await s.advance(40 * 60);
  await s.untilEqual(RECORD.id);
  await s.person.document("From Dropbox.txt").waitFor();
});

scene("the timer is overdue when a page is opened", NO_LONGPOLL, async (s) => {
  const { folder } = await linked(s);
  const address = s.person.page.url();
  await s.person.page.close();
  await s.sandbox.putFile(`${folder}/Overnight.txt`, "hello");
  await s.advance(14 * 3600);
  const morning = await s.newTab();
  await morning.page.goto(address);
  await s.untilEqual(RECORD.id);
  await morning.document("Overnight.txt").waitFor();
});

scene("[F7] subfolders, three levels deep", {}, async (s) => {
  const { folder } = await linked(s);
  await s.sandbox.putFile(`${folder}/One/Two/Three/Deep.txt`, "deep");
  const state = await s.untilEqual(RECORD.id);
  assert.equal(named(state, "Deep.txt")[0].folder, "One/Two/Three");
});

scene("[M2] documents added on the page are in Dropbox within seconds", {}, async (s) => {
  const { folder } = await linked(s);
  await s.person.addDocuments([["Added.txt", "added"], ["Beside.txt", "beside"]], "Inbox/New");
  const state = await s.untilEqual(RECORD.id);
  assert.ok(files(state).includes(`${folder}/Inbox/New/Added.txt`));
});

scene("[M8] edited in Dropbox: one document with the new content", {}, async (s) => {
  const { folder, id } = await linked(s);
  await s.sandbox.putFile(`${folder}/Offer.txt`, "a better offer");
  const state = await s.untilEqual(RECORD.id);
  assert.equal(named(state, "Offer.txt").length, 1);
  assert.notEqual(named(state, "Offer.txt")[0].id, id("Offer.txt"));
});

scene("[M7] edited in the CRM behind the page's back: the timer brings it", NO_LONGPOLL, async (s) => {
  const { id } = await linked(s);
  await s.sandbox.inCrm("document/edit", { document: id("Offer.txt"), text: "an offer, edited in the CRM" });
  await s.advance(75 * 60);
  await s.untilEqual(RECORD.id);
  assert.equal(documents(await s.sandbox.state()).length, 3);
});

scene("[M11] deleted in the CRM: deleted in Dropbox", { refused: ["404 /files.info"] }, async (s) => {
  const { folder } = await linked(s);
  await s.person.deleteDocument("Offer.txt");
  const state = await s.untilEqual(RECORD.id);
  assert.equal(files(state).length, 2);
  assert.ok(!files(state).includes(`${folder}/Offer.txt`));
});

scene("[M13] deleted in Dropbox: kept in the CRM, not copied back until the button is pressed", { refused: HOURS_LATER }, async (s) => {
  const { folder } = await linked(s);
  await s.sandbox.forgetRequests();
  await s.sandbox.deleteFile(`${folder}/Offer.txt`);
  await until("the deletion was seen", async () => (await s.calls()).some((call) => call.target === "/files.list"));
  // Two timed cycles later it still rests.
  for (const seconds of [75 * 60, 60, 75 * 60, 60]) await s.advance(seconds);
  await s.person.untilScreen("up-to-date");
  const state = await s.sandbox.state();
  assert.equal(named(state, "Offer.txt").length, 1);
  assert.ok(!files(state).includes(`${folder}/Offer.txt`));
  await s.person.sync();
  await s.untilEqual(RECORD.id);
});

scene("[M10] edited on both sides: both versions stand on both sides", {}, async (s) => {
  const { folder, id } = await linked(s);
  // First where nobody listens, then where the longpoll does: one cycle sees both.
  await s.sandbox.inCrm("document/edit", { document: id("Offer.txt"), text: "edited in the CRM" });
  await s.sandbox.putFile(`${folder}/Offer.txt`, "edited in Dropbox");
  await s.person.untilScreen("conflict");
  const state = await s.untilEqual(RECORD.id);
  assert.equal(documents(state).length, 4);
  const copy = files(state).filter((path) => / \(conflicted copy \d{4}-\d\d-\d\d\)\.txt$/.test(path));
  assert.equal(copy.length, 1, files(state).join("\n"));
  assert.match(await s.person.text(), /conflicted copy/);
});

scene("[R10] a record renamed on its page: its folder follows, no content moves", {}, async (s) => {
  await linked(s);
  await s.sandbox.forgetRequests();
  await s.person.renameRecord("Hooli");
  const state = await s.untilEqual(RECORD.id);
  assert.ok(files(state).every((path) => path.startsWith("/Companies/Hooli/c-1/")));
  const moved = (await s.calls()).filter((call) => ["dropbox_content", "crm_files"].includes(call.origin));
  assert.deepEqual(moved, []);
});

scene("[R9] renamed and moved in the CRM: moved in Dropbox, without an upload", {}, async (s) => {
  const { folder } = await linked(s);
  await s.sandbox.forgetRequests();
  await s.person.changeDocument("Offer.txt", { name: "Signed offer.txt", folder: "Contracts" });
  const state = await s.untilEqual(RECORD.id);
  assert.ok(files(state).includes(`${folder}/Contracts/Signed offer.txt`));
  assert.deepEqual((await s.calls()).filter((call) => call.origin === "dropbox_content"), []);
});

scene("[R1, R2] renamed and moved in Dropbox: one document at its new place", {}, async (s) => {
  const { folder } = await linked(s);
  await s.sandbox.moveFile(`${folder}/Offer.txt`, `${folder}/Contracts/Signed offer.txt`);
  const state = await s.untilEqual(RECORD.id);
  assert.equal(documents(state).length, 3);
  assert.equal(named(state, "Signed offer.txt")[0].folder, "Contracts");
});

scene("[R3] a folder renamed in Dropbox: each document once at its new place", {}, async (s) => {
  const { folder } = await linked(s);
  await s.sandbox.moveFile(`${folder}/Plans`, `${folder}/Old plans`);
  const state = await s.untilEqual(RECORD.id);
  assert.deepEqual(named(state, "Plan.txt").map((document) => document.folder), ["Old plans/2026"]);
});

scene("[F4] the folder removed in Dropbox: the CRM keeps all, the button makes it again", {}, async (s) => {
  const { folder } = await linked(s);
  await s.sandbox.deleteFile(folder);
  await s.person.untilScreen("folder-removed");
  assert.equal(documents(await s.sandbox.state()).length, 3);
  await s.person.sync();
  await s.untilEqual(RECORD.id);
});
