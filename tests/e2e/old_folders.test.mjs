// Moving over from the earlier integration, which kept one folder for each customer, named with the name and a number.

import assert from "node:assert/strict";
import { scenes } from "./harness.mjs";
import { dropboxFolders, dropboxTree, folderOf, isSeen } from "./trees.mjs";

const scene = scenes();
const RECORDS = ["Pied Piper", "Hooli"].map((name, at) => ({
  kind: "company", id: `c-${at + 1}`, name,
  documents: [{ name: "Offer.txt", text: `an offer to ${name}` }, { name: "Plan.txt", folder: "Plans", text: `a plan for ${name}` }],
}));

/** Two records, and their folders as the earlier integration left them. Answers where those stand. */
async function arranged(s) {
  await s.sandbox.seed(RECORDS);
  const folders = [];
  for (const { name, documents } of RECORDS) {
    const { number } = await s.sandbox.record(name);
    const folder = `/Bedrijven/${name} ${number}`;
    for (const document of documents) await s.sandbox.putFile(`${folder}/${document.folder ? `${document.folder}/` : ""}${document.name}`, document.text);
    folders.push(folder);
  }
  return folders;
}

/** Both records chosen in the settings, and asked about their old folders. Requests from the last press on are kept. */
async function choosesBoth(s) {
  await s.person.arrive("company", "Pied Piper");
  await s.person.page.goto(`${s.sandbox.crm}/marketplace/dropbox`);
  const settings = s.person.page.locator('[data-plugin-slot="settings"]');
  await settings.getByRole("combobox", { name: "Module" }).selectOption("company");
  await settings.getByRole("button", { name: "Show records" }).click();
  await settings.getByRole("button", { name: "Link all 2 records" }).click();
  await s.sandbox.forgetRequests();
  await settings.getByRole("button", { name: "Link 2 records" }).click();
  await settings.getByRole("paragraph").filter({ hasText: "2 of these records have a folder from the earlier integration" }).waitFor();
  return settings;
}

/** The record's folder is made, and found to be there. */
const FOUND = ["409 /create_folder_v2"];
const ids = (state) => new Map(state.dropbox.accounts[0].entries.filter((entry) => entry.type === "file" && isSeen(entry)).map((entry) => [entry.content_hash, entry.id]));
const contents = async (s) => (await s.calls()).filter((call) => call.origin === "dropbox_content" || (call.origin === "crm_files" && call.method !== "GET"));

scene("asked once, and moved without a byte: the files are the same ones at their new place", { refused: FOUND }, async (s) => {
  const [, other] = await arranged(s);
  const before = ids(await s.sandbox.state());
  await s.person.arrive("company", "Pied Piper");
  await s.sandbox.forgetRequests();
  await s.person.button("Sync to Dropbox").click();
  await s.person.untilScreen("old-folder");
  assert.match(await s.person.text(), /Bedrijven\/Pied Piper \d+/);
  await s.person.button("Move to the new place").click();
  await s.person.untilScreen("up-to-date");
  const state = await s.sandbox.state();
  assert.deepEqual(await contents(s), []);
  assert.deepEqual(ids(state), before);
  const place = folderOf(await s.sandbox.record("Pied Piper"));
  assert.deepEqual([...dropboxTree(state).keys()].sort(), [`${other}/Offer.txt`, `${other}/Plans/Plan.txt`, `${place}/Offer.txt`, `${place}/Plans/Plan.txt`]);
  assert.equal(state.crm.records.find(({ id }) => id === "c-1").documents.length, 2);
  // Linked now: nobody asks again.
  assert.equal(await s.person.sync(), "up-to-date");
});

scene("left where it is: linked as ever, and nothing there is touched", {}, async (s) => {
  const [folder] = await arranged(s);
  await s.person.arrive("company", "Pied Piper");
  await s.person.button("Sync to Dropbox").click();
  await s.person.untilScreen("old-folder");
  await s.person.button("Leave it there").click();
  await s.person.untilScreen("up-to-date");
  const tree = dropboxTree(await s.sandbox.state());
  const place = folderOf(await s.sandbox.record("Pied Piper"));
  for (const path of ["Offer.txt", "Plans/Plan.txt"]) assert.equal(tree.get(`${place}/${path}`), tree.get(`${folder}/${path}`), path);
  assert.equal(tree.size, 6);
});

scene("a folder with another record's number is no reason to ask", { refused: ["404 /migrate.id"] }, async (s) => {
  await s.sandbox.seed(RECORDS);
  await s.sandbox.putFile("/Bedrijven/Pied Piper 999999/Other.txt", "of nobody");
  await s.person.arrive("company", "Pied Piper");
  assert.equal(await s.person.sync(), "up-to-date");
});

scene("many at once: asked once for all", { refused: FOUND }, async (s) => {
  await arranged(s);
  const before = ids(await s.sandbox.state());
  const settings = await choosesBoth(s);
  await settings.getByRole("button", { name: "Move to the new place" }).click();
  const state = await s.untilEqual("c-1", "c-2");
  assert.deepEqual(await contents(s), []);
  assert.deepEqual(ids(state), before);
  assert.ok(!dropboxFolders(state).some((path) => /\d+$/.test(path) && path.startsWith("/Bedrijven/")));
});

scene("many at once, stopped while the first folder moves: that one is linked, and no other", { refused: FOUND }, async (s) => {
  const folders = await arranged(s);
  const settings = await choosesBoth(s);
  const gate = await s.hold("**/2/files/move_v2");
  await settings.getByRole("button", { name: "Move to the new place" }).click();
  await gate.reached();
  await settings.locator(".bulk").getByRole("button", { name: /^Stop/ }).click();
  await settings.getByRole("button", { name: "Show records" }).waitFor();
  gate.open();
  const at = (state, folder) => [...dropboxTree(state).keys()].filter((path) => path.startsWith(`${folder}/`)).length;
  await settings.getByText("2 documents in Dropbox").waitFor();
  const state = await s.sandbox.state();
  assert.deepEqual(folders.map((folder) => at(state, folder)).sort(), [0, 2]);
  assert.equal((await s.calls()).filter((call) => call.target === "/2/files/move_v2").length, 1);
  await settings.getByRole("button", { name: "Show records" }).waitFor();
});
