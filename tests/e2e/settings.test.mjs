// The settings as a person uses them: who is connected, when it syncs, what is linked, linking many, and leaving.

import assert from "node:assert/strict";
import { scenes } from "./harness.mjs";
import { RECORD, documentsOf, linked, numbered } from "./states.mjs";
import { dropboxTree } from "./trees.mjs";
import { until, untilIs } from "./until.mjs";

const scene = scenes();
const TO_DROPBOX = "**/2/files/upload_session/start";
const OBSERVED = "/2/files/list_folder/continue";

/** The settings, by way of the Marketplace. */
async function openSettings({ page }) {
  await page.getByRole("button", { name: "Anna Peeters" }).click();
  await page.getByRole("menuitem", { name: "Marketplace" }).click();
  await page.getByRole("link", { name: "Settings" }).click();
  const settings = page.locator('[data-plugin-slot="settings"] [data-screen="settings"]');
  await settings.waitFor();
  return settings;
}

const press = (settings, name) => settings.getByRole("button", { name, exact: true }).click();

scene("who is connected, and how full that Dropbox is", { world: { quota_bytes: 2_000_000_000 } }, async (s) => {
  await linked(s, [{ name: "Large.bin", size: 3_400_000 }]);
  const settings = await openSettings(s.person);
  const account = settings.locator(".account");
  await account.getByText("Anna Peeters", { exact: true }).waitFor();
  const { dropbox } = await s.sandbox.state();
  await account.getByText(dropbox.accounts[0].email, { exact: true }).waitFor();
  await s.person.page.reload();
  await account.getByText("3.4 MB of 2 GB used").waitFor();
});

scene("the interval is kept, pausing stops the timer, and syncing now does not wait for it", { world: { variants: { longpoll: "false" } }, refused: ["404 /longpoll", "401 /files.list", "401 /companies.list"] }, async (s) => {
  const { person, profile, sandbox } = s;
  await profile.context.clock.install();
  const folder = await linked(s, numbered(2));
  let settings = await openSettings(person);
  await settings.getByLabel("Look for changes").selectOption({ label: "Every 2 hours" });
  await settings.getByText(/^Next sync: in (1 hour|2 hours)$/).waitFor();
  await person.page.reload();
  settings = person.page.locator('[data-plugin-slot="settings"] [data-screen="settings"]');
  assert.equal(await settings.getByLabel("Look for changes").inputValue(), "120");

  await press(settings, "Pause: Automatic sync");
  await settings.getByText("Automatic sync is paused").waitFor();
  await sandbox.putFile(`${folder}/New.txt`, "new");
  await sandbox.forgetRequests();
  for (let hour = 0; hour < 3; hour++) await s.advance(3600);
  assert.deepEqual((await s.calls()).filter((call) => call.target === OBSERVED), [], "nothing is asked while it is paused");

  await press(settings, "Sync now");
  await s.untilEqual(RECORD.id);
  await press(settings, "Resume: Automatic sync");
  await settings.getByText(/^Next sync: /).waitFor();
});

scene("all linked records with their state; one is unlinked, and its files stay", {}, async (s) => {
  const { person, sandbox } = s;
  await sandbox.seed([
    { ...RECORD, documents: numbered(2) },
    { kind: "contact", id: "p-1", name: "Erla Jónsdóttir", documents: [{ name: "Too large.bin", size: 52_428_801 }] },
    { kind: "product", id: "a-1", name: "Lamp", documents: [] },
  ]);
  await person.arrive(RECORD.kind, RECORD.name);
  await person.sync();
  await person.openRecord("contact", "Erla Jónsdóttir");
  await person.sync();
  await person.openRecord("product", "Lamp");
  await person.sync();
  const settings = await openSettings(person);
  await settings.getByText("3 linked records").waitFor();
  await untilIs(["Erla Jónsdóttir Contacts · 1 document was not copied", "Lamp Products · No documents yet", "Pied Piper Companies · 2 documents in Dropbox"], async () => {
    const rows = await settings.locator(".linked .about").allInnerTexts();
    return rows.map((text) => text.replace(/\s+/g, " ")).sort();
  });

  await press(settings, "Unlink Pied Piper");
  await settings.getByText("All documents stay, in the CRM and in Dropbox. They are no longer kept in sync.").waitFor();
  await press(settings, "Unlink");
  await settings.getByText("2 linked records").waitFor();
  const state = await sandbox.state();
  assert.equal(documentsOf(state).length, 2);
  assert.equal(dropboxTree(state).size, 2);
  await person.openRecord(RECORD.kind, RECORD.name);
  await person.untilScreen("not-linked");
});

scene("a whole module is linked, paused on the way and resumed", {}, async (s) => {
  const { person, sandbox } = s;
  const records = Array.from({ length: 24 }, (_, at) => ({ kind: "contact", id: `p-${at}`, name: `Person ${String(at).padStart(2, "0")}`, documents: numbered(1) }));
  await sandbox.seed([{ ...RECORD, documents: [] }, ...records]);
  await person.arrive(RECORD.kind, RECORD.name);
  const settings = await openSettings(person);
  await settings.getByLabel("Module").selectOption({ label: "Contacts" });
  await press(settings, "Show records");
  await press(settings, "Link all 24 records");
  await settings.getByText("Contacts: the documents of 24 records will be copied to Dropbox and kept in sync from then on.").waitFor();
  const gate = await s.hold(TO_DROPBOX, 5);
  await press(settings, "Link 24 records");
  await gate.reached();
  const bulk = settings.locator(".bulk");
  await press(bulk, "Pause: Link many records");
  await bulk.getByText("Contacts: paused.").waitFor();
  gate.open();
  // What was begun ends; nothing new begins.
  const done = async () => Number((await settings.getByText(/^\d+ of 24 records$/).innerText()).split(" ")[0]);
  await until("what was begun is done", async () => (await done()) >= 8 && dropboxTree(await sandbox.state()).size === (await done()));
  assert.ok((await done()) < 24, "it is paused");

  await press(bulk, "Resume: Link many records");
  await bulk.getByText("Contacts: 24 records linked.").waitFor();
  await s.untilEqual(...records.map(({ id }) => id));
});

scene("a selection is linked, and no other", {}, async (s) => {
  const { person, sandbox } = s;
  const records = ["Ada", "Ben", "Cleo"].map((name, at) => ({ kind: "contact", id: `p-${at}`, name, documents: numbered(1) }));
  await sandbox.seed([{ ...RECORD, documents: [] }, ...records]);
  await person.arrive(RECORD.kind, RECORD.name);
  const settings = await openSettings(person);
  await settings.getByLabel("Module").selectOption({ label: "Contacts" });
  await press(settings, "Show records");
  await settings.getByLabel("Ben").check();
  await press(settings, "Link 1 record");
  await press(settings, "Link 1 record");
  await settings.getByText("Contacts: 1 record linked.").waitFor();
  await s.untilEqual("p-1");
});

scene("disconnecting says first that all files stay, and they do", {}, async (s) => {
  const { person, sandbox } = s;
  await linked(s, numbered(3));
  const before = await sandbox.state();
  const settings = await openSettings(person);
  await press(settings, "Disconnect Dropbox");
  await settings.getByText("All documents stay, in the CRM and in Dropbox.").waitFor();
  assert.equal((await sandbox.state()).dropbox.accounts[0].linked, 1, "not before it is confirmed");
  await press(settings, "Disconnect Dropbox");
  await person.page.locator('[data-plugin-slot="settings"] [data-screen="not-connected"]').waitFor();
  const after = await s.untilState("the grant is revoked", (state) => state.dropbox.accounts[0].linked === 0);
  assert.equal(documentsOf(after).length, 3);
  assert.deepEqual(dropboxTree(after), dropboxTree(before));
  await person.openRecord(RECORD.kind, RECORD.name);
  await person.untilScreen("not-connected");
});
