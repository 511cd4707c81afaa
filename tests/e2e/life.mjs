// The whole life of a document, told once, wherever the plugin runs: linked, added on both sides, edited, renamed,
// deleted, disconnected.

import assert from "node:assert/strict";
import { dropboxTree, folderOf } from "./trees.mjs";

const RECORD = { kind: "company", id: "7f3c7a38-57a5-4a51-9d4e-5c2f5cf0c001", name: "Pied Piper" };
const DOCUMENTS = [
  { name: "Offer.txt", text: "an offer" },
  { name: "Notes.txt", folder: "Talks/2026", text: "some notes" },
];
/** What the browser reports of this story: a deleted document is looked for before its file goes. */
export const REFUSED = ["404 /files.info"];

/** Lives it through; `s` as a scene has it. Ends disconnected, with everything kept. */
export async function liveThrough(s) {
  const { sandbox, person } = s;
  await sandbox.seed([{ ...RECORD, documents: DOCUMENTS }]);
  const documents = (state) => state.crm.records.find((record) => record.id === RECORD.id).documents;
  const names = (state) => documents(state).map((document) => document.name).sort();
  const folder = folderOf(await sandbox.record(RECORD.name));

  await person.arrive(RECORD.kind, RECORD.name);
  assert.equal(await person.sync(), "up-to-date");
  await s.untilEqual(RECORD.id);

  await person.addDocuments([["From the CRM.txt", "written in the CRM"]], "Talks/2026");
  await s.untilEqual(RECORD.id);
  await sandbox.putFile(`${folder}/Plans/From Dropbox.txt`, "drawn in Dropbox");
  await s.untilEqual(RECORD.id);
  await person.sees("From Dropbox.txt");

  await sandbox.putFile(`${folder}/Offer.txt`, "a better offer");
  let state = await s.untilEqual(RECORD.id);
  assert.deepEqual(names(state), ["From Dropbox.txt", "From the CRM.txt", "Notes.txt", "Offer.txt"]);

  await sandbox.moveFile(`${folder}/Offer.txt`, `${folder}/Signed offer.txt`);
  state = await s.untilEqual(RECORD.id);
  assert.deepEqual(names(state), ["From Dropbox.txt", "From the CRM.txt", "Notes.txt", "Signed offer.txt"]);
  await person.sees("Signed offer.txt");

  await person.deleteDocument("Signed offer.txt");
  state = await s.untilEqual(RECORD.id);
  assert.equal(dropboxTree(state).size, 3);

  // Disconnecting keeps everything, and nothing is asked of Dropbox afterwards.
  await person.disconnect();
  await sandbox.forgetRequests();
  await person.addDocuments([["Afterwards.txt", "alone"]]);
  const after = await sandbox.state();
  assert.deepEqual([names(after).length, dropboxTree(after).size], [4, 3]);
  assert.deepEqual((await s.calls()).filter((call) => call.origin.startsWith("dropbox")), []);
}
