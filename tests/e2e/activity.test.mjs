// A document's life, told in the activity list of its record: newest first, in words. And the log for support, which tells
// the same without a name.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { scenes } from "./harness.mjs";
import { RECORD, linked } from "./states.mjs";
import { dropboxTree } from "./trees.mjs";

const scene = scenes();

/** The activity list as it is read, newest first. */
async function activity(person) {
  const list = person.panel.locator("details.activity");
  if (!(await list.evaluate((fold) => fold.open))) await list.locator("summary").click();
  return list.locator(".happened .what").allInnerTexts();
}

/** Waits until the newest line says this. */
async function untilNewest(person, line) {
  await activity(person);
  await person.panel.locator("details.activity .happened").first().getByText(line, { exact: true }).waitFor();
}

scene("added, edited, renamed, conflicted, deleted: each can be followed", { refused: ["404 /files.info"] }, async (s) => {
  const { person, sandbox } = s;
  const folder = await linked(s, [{ name: "Price list.txt", text: "prices" }]);

  await person.addDocuments([["Offer.txt", "an offer"]]);
  await untilNewest(person, "Offer.txt was copied to Dropbox");

  await sandbox.putFile(`${folder}/Offer.txt`, "a better offer");
  await untilNewest(person, "Offer.txt was updated in the CRM");

  await sandbox.moveFile(`${folder}/Offer.txt`, `${folder}/Offer 2.txt`);
  await untilNewest(person, "Offer.txt is now Offer 2.txt in the CRM, as in Dropbox");

  await person.document("Offer 2.txt").waitFor();
  await person.changeDocument("Offer 2.txt", { name: "Final offer.txt", folder: "Signed" });
  await untilNewest(person, "Offer 2.txt is now Final offer.txt in Dropbox, as in the CRM");

  // Edited on both sides at once: first where nobody listens, then where the longpoll does.
  const final = await sandbox.documentId(RECORD.name, "Final offer.txt");
  await sandbox.inCrm("document/edit", { document: final, text: "edited in the CRM" });
  await sandbox.putFile(`${folder}/Signed/Final offer.txt`, "edited in Dropbox");
  await person.untilScreen("conflict");
  const copy = [...dropboxTree(await sandbox.state()).keys()].find((path) => path.includes("(conflicted copy")).split("/").at(-1);
  const kept = `Final offer.txt was edited on both sides; Dropbox's version is kept as ${copy}`;
  await person.panel.locator("details.activity").getByText(kept).waitFor();

  await person.document(copy).waitFor();
  await person.deleteDocument(copy);
  await untilNewest(person, `${copy} was deleted in Dropbox, as in the CRM`);

  await sandbox.deleteFile(`${folder}/Signed/Final offer.txt`);
  await untilNewest(person, "Final offer.txt was deleted in Dropbox and stays in the CRM");

  const told = await activity(person);
  const ofCopy = told.filter((line) => line !== kept && line.startsWith(copy));
  assert.equal(ofCopy[0], `${copy} was deleted in Dropbox, as in the CRM`);
  assert.deepEqual(told.filter((line) => !ofCopy.includes(line)), [
    "Final offer.txt was deleted in Dropbox and stays in the CRM",
    "Final offer.txt was updated in Dropbox",
    kept,
    "Offer 2.txt is now Final offer.txt in Dropbox, as in the CRM",
    "Offer.txt is now Offer 2.txt in the CRM, as in Dropbox",
    "Offer.txt was updated in the CRM",
    "Offer.txt was copied to Dropbox",
    "Price list.txt was copied to Dropbox",
    "Linked to Dropbox",
  ]);
  // It outlives the page.
  await person.page.reload();
  await person.untilScreen("up-to-date");
  assert.deepEqual(await activity(person), told);
});

scene("a folder that Dropbox does not move keeps its name, and the list says so", { refused: ["409 /move_v2"] }, async (s) => {
  const { person, sandbox } = s;
  const folder = await linked(s, [{ name: "Price list.txt", text: "prices" }]);
  await sandbox.fault({ origin: "dropbox_api", path: "move_v2", effect: { dropbox_error: { ".tag": "too_many_files" } } });
  await person.renameRecord("Hooli");
  await untilNewest(person, "The record has a new name; its folder in Dropbox keeps the old one");
  assert.deepEqual([...dropboxTree(await sandbox.state()).keys()], [`${folder}/Price list.txt`]);
});

scene("the log for support tells it without names, addresses and tokens", {}, async (s) => {
  const { person, profile, sandbox } = s;
  const folder = await linked(s, [{ name: "Secret plan.txt", folder: "Hidden", text: "secret" }]);
  await sandbox.putFile(`${folder}/From a friend.txt`, "hello");
  await untilNewest(person, "From a friend.txt came from Dropbox");
  const saving = person.page.waitForEvent("download");
  await person.button("Save log for support").click();
  const download = await saving;
  assert.equal(download.suggestedFilename(), "teamleader-dropbox-log.txt");
  const log = await readFile(await download.path(), "utf8");
  for (const word of ["CopiedToDropbox", "CopiedToCrm", "Linked", "company", "Settled"]) assert.ok(log.includes(word), `${word} in\n${log}`);
  const record = await sandbox.record(RECORD.name);
  const known = [RECORD.name, RECORD.id, "Secret plan", "Hidden", "friend", "Anna", "Peeters", "@", "http", "Companies", ...record.documents.map(({ id }) => id), ...profile.secrets];
  for (const word of known) assert.ok(!log.includes(word), `${word} in\n${log}`);
});
