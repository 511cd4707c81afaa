// The button: what it copies, what it leaves, and what is true when it is interrupted.

import assert from "node:assert/strict";
import { scenes } from "./harness.mjs";
import { assertEqualTrees, crmTree, dropboxFolders, dropboxTree, folderOf, isSeen } from "./trees.mjs";
import { until } from "./until.mjs";

const scene = scenes();
const MOST_BYTES = 52_428_800;
const UPLOADS = "**/2/files/upload_session/start";
/** A folder that was made by a tab which did not live to remember it. */
const MADE_BEFORE = ["409 /create_folder_v2"];

/** A company with so many small documents. */
const company = (count) => [{ kind: "company", id: "c-1", name: "Pied Piper", documents: numbered(count) }];
const numbered = (count) => Array.from({ length: count }, (_, at) => ({ name: `Document ${at + 1}.txt`, text: `number ${at + 1}` }));

/** Bytes of documents that these calls moved, in either direction. */
const moved = (calls) => calls.filter((call) => ["dropbox_content", "crm_files"].includes(call.origin) || call.target === "/files.download");

scene("a record without documents gets its folder", {}, async ({ sandbox, person }) => {
  const record = await sandbox.record("Pied Piper");
  await person.arrive("company", "Pied Piper");
  assert.equal(await person.sync(), "up-to-date");
  const state = await sandbox.state();
  assert.ok(dropboxFolders(state).includes(folderOf(record)), dropboxFolders(state).join("\n"));
  assert.equal(dropboxTree(state).size, 0);
});

scene("a document over 50 MB is listed with its reason, the others arrive", {}, async ({ sandbox, person }) => {
  const documents = [{ name: "Film.mov", size: MOST_BYTES + 1 }, { name: "Large.bin", size: 5_000_000 }, ...numbered(2)];
  await sandbox.seed([{ kind: "company", id: "c-1", name: "Pied Piper", documents }]);
  await person.arrive("company", "Pied Piper");
  assert.equal(await person.sync(), "part-failed");
  const state = await sandbox.state();
  const wanted = crmTree(state, ["c-1"]);
  assert.ok(wanted.delete(`${folderOf(await sandbox.record("Pied Piper"))}/Film.mov`));
  assert.deepEqual(dropboxTree(state), new Map([...wanted].sort()));
  assert.match(await person.text(), /Film\.mov/);
  await person.button("Try again").waitFor();
});

scene("the browser asks for permission once for an address, not before each request", {}, async ({ sandbox, person }) => {
  await sandbox.seed(company(40));
  await person.arrive("company", "Pied Piper");
  assert.equal(await person.sync(), "up-to-date");
  const asked = await sandbox.ask("GET", "/preflights");
  for (const target of ["/files.download", "/2/files/upload_session/start"]) {
    const count = asked.filter((other) => other === target).length;
    // Those that leave together before the first answer each ask.
    assert.ok(count > 0 && count <= 6, `${count} times for 40 requests to ${target}`);
  }
});

scene("a second press moves no byte", {}, async (s) => {
  const { sandbox, person } = s;
  const record = await sandbox.record("Lumen Lighting");
  await person.arrive("company", "Lumen Lighting");
  await person.sync();
  const before = await sandbox.state();
  await sandbox.forgetRequests();
  await person.button("Sync to Dropbox").click();
  await until("the CRM was asked again", async () => (await s.calls()).some((call) => call.target === "/files.list"));
  await person.untilScreen("up-to-date");
  assert.deepEqual(moved(await s.calls()), []);
  const after = await sandbox.state();
  assertEqualTrees(after, [record.id]);
  // The same files, and the same revisions of them.
  const seen = (state) => state.dropbox.accounts[0].entries.filter(isSeen);
  assert.deepEqual(seen(after), seen(before));
});

scene("cancelled in the middle, then pressed again: all there, once", {}, async (s) => {
  const { sandbox, person } = s;
  await sandbox.seed(company(20));
  await person.arrive("company", "Pied Piper");
  const gate = await s.hold(UPLOADS, 5);
  await person.button("Sync to Dropbox").click();
  await gate.reached();
  await person.untilScreen("first-copy");
  const progress = person.panel.getByRole("progressbar");
  assert.match((await progress.getAttribute("aria-valuetext")) ?? (await person.text()), /\d+ of 20 documents/);
  await person.button("Cancel").click();
  gate.open();
  await person.untilScreen("interrupted", "not-linked");
  const there = dropboxTree(await sandbox.state()).size;
  assert.ok(there < 20, `${there} of 20 were copied although it was cancelled`);

  await person.tryAgain();
  await person.untilScreen("up-to-date");
  assertEqualTrees(await sandbox.state(), ["c-1"]);
});

scene("reloaded in the middle: it goes on by itself, and leaves no twin", { refused: MADE_BEFORE }, async (s) => {
  const { sandbox, person } = s;
  await sandbox.seed(company(20));
  await person.arrive("company", "Pied Piper");
  const gate = await s.hold(UPLOADS, 8);
  await person.button("Sync to Dropbox").click();
  await gate.reached();
  await person.page.reload();
  gate.open();
  await person.untilScreen("up-to-date");
  assertEqualTrees(await sandbox.state(), ["c-1"]);
});

scene("a full Dropbox says so, and the others that fit arrive", { world: { quota_bytes: 60_000 }, refused: ["409 /files/upload", "409 /upload_session/start", "409 /upload_session/finish_batch_v2"] }, async (s) => {
  const { sandbox, person } = s;
  await sandbox.seed([{ kind: "company", id: "c-1", name: "Pied Piper", documents: [{ name: "Big.bin", size: 100_000 }, ...numbered(2)] }]);
  await person.arrive("company", "Pied Piper");
  await person.button("Sync to Dropbox").click();
  await until("the panel says that it is full", async () => /full|space/i.test(await person.text()));
  await person.untilScreen("interrupted", "part-failed");
});

scene("names that Dropbox refuses, twins and emoji arrive, and the CRM keeps its names", {}, async (s) => {
  const { sandbox, person } = s;
  const names = ["a/b?.txt", "Offer.pdf", "offer.PDF", "trailing. ", "🏗️.zip", ".DS_Store", "<b>bold</b>.txt", "Müller.txt", "Mu\u0308ller.txt"];
  const documents = names.map((name, at) => ({ name, text: `content ${at}` }));
  await sandbox.seed([{ kind: "company", id: "c-1", name: "a/b: <i>", documents: [...documents, { name: "Offer.pdf", text: "twin" }] }]);
  await person.arrive("company", "a/b: <i>");
  assert.equal(await person.sync(), "up-to-date");
  const state = await sandbox.state();
  const hashes = (tree) => [...tree.values()].sort();
  assert.deepEqual(hashes(dropboxTree(state)), hashes(crmTree(state, ["c-1"])));
  assert.deepEqual(state.crm.records[0].documents.map((document) => document.name).sort(), [...names, "Offer.pdf"].sort());
});
