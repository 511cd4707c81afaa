// Each state of the panel, come about as it would for a person: a window closed, a folder deleted, a service that does
// not answer. What is checked is what the person reads then, and what they can do about it.

import assert from "node:assert/strict";
import { scenes } from "./harness.mjs";
import { allow } from "./person.mjs";
import { RECORD, documentsOf, linked, numbered, shows } from "./states.mjs";
import { dropboxTree, folderOf } from "./trees.mjs";
import { untilIs } from "./until.mjs";

const scene = scenes();
const TO_DROPBOX = "**/2/files/upload_session/start";
const OPEN = "Open in Dropbox";

scene("from nothing to the first copy", {}, async (s) => {
  const { person, sandbox } = s;
  await s.profile.context.clock.install();
  await sandbox.seed([{ ...RECORD, documents: Array.from({ length: 12 }, (_, at) => ({ name: `Plan ${at + 1}.dwg`, size: 90_000 + at })) }]);
  await person.signIn();
  await person.openRecord(RECORD.kind, RECORD.name);
  await shows(person, "not-connected", {
    title: "Your documents, in Dropbox too",
    detail: "Connect your Dropbox, and the documents of each record get a folder of their own there, always the same on both sides.",
    buttons: ["Connect Dropbox"],
    links: ["Open a free account"],
  });

  const popup = await person.openSignIn();
  await shows(person, "connecting", {
    title: "Waiting for Dropbox",
    detail: "Sign in to Dropbox in the window that has opened, and allow access to the app's own folder.",
    buttons: ["Cancel"],
    links: [],
  });
  await allow(popup);
  await shows(person, "not-linked", {
    title: "Not in Dropbox yet",
    detail: "Copies all documents of this record to Dropbox and keeps both sides in sync from then on.",
    buttons: ["Sync to Dropbox"],
    links: [],
  });

  const gate = await s.hold(TO_DROPBOX, 6);
  await person.button("Sync to Dropbox").click();
  await gate.reached();
  // While nothing moves, the panel is drawn anew now and then.
  await s.advance(31);
  await shows(person, "first-copy", { title: "Copying to Dropbox", buttons: ["Cancel"], links: [OPEN] });
  const bar = person.panel.getByRole("progressbar", { name: "Copying to Dropbox" });
  await bar.getByText(/^\d+ of 12 documents$/).waitFor();
  await bar.getByText(/ kB\/s · (about \d+ minutes? left|almost done)$/).waitFor();
  assert.match(await bar.getAttribute("aria-valuetext"), /^\d+ of 12 documents, Plan \d+\.dwg$/);
  gate.open();
  await shows(person, "up-to-date", {
    title: "12 documents in Dropbox · just now",
    detail: undefined,
    buttons: ["Sync to Dropbox"],
    links: [OPEN],
  });
});

scene("a window that was closed, and a refusal", {}, async (s) => {
  const { person } = s;
  await person.signIn();
  await person.openRecord("company", "Pied Piper");
  const popup = await person.openSignIn();
  await popup.getByRole("button", { name: "Sign in as Anna Peeters" }).waitFor();
  await popup.close();
  await shows(person, "connect-failed", {
    title: "The Dropbox window was closed",
    detail: "Please connect once more, and sign in there. If no window appeared, allow pop-ups for this page.",
    buttons: ["Try again"],
    links: ["Open a free account"],
  });
  const again = await person.openSignIn("Try again");
  await again.getByRole("button", { name: "Sign in as Anna Peeters" }).click();
  await again.getByRole("button", { name: "Cancel" }).click();
  await person.panel.getByText("Dropbox was not connected").waitFor();
  await shows(person, "connect-failed", {
    title: "Dropbox was not connected",
    detail: "Access was not allowed. The plugin can only see its own folder, Apps/Teamleader CRM, and nothing else in your Dropbox.",
    buttons: ["Try again"],
    links: ["Open a free account"],
  });
});

scene("a record waits while another is copied", {}, async (s) => {
  const { person, sandbox } = s;
  // Eight that somebody asked for are copied at a time.
  const names = ["Aviato", "Bachmanity", "Coleman", "Dinesh", "Erlich", "Fiona", "Gilfoyle", "Hooli", "Intersite"];
  await sandbox.seed(names.map((name) => ({ kind: "company", id: name, name, documents: numbered(1) })));
  await person.arrive("company", names[0]);
  const gate = await s.hold(TO_DROPBOX);
  await person.button("Sync to Dropbox").click();
  await gate.reached();
  for (const name of names.slice(1)) {
    await person.openRecord("company", name);
    await person.button("Sync to Dropbox").click();
    await person.untilScreen("first-copy", "waiting");
  }
  await shows(person, "waiting", {
    title: "Waiting its turn",
    detail: "Other records are being synced. This one is next.",
    buttons: [],
    links: [],
  });
  gate.open();
  await person.untilScreen("up-to-date");
  await s.untilEqual(...names);
});

scene("a change on its way; then without a network; then all is well", { torn: true }, async (s) => {
  const { person } = s;
  await linked(s, numbered(3));
  const gate = await s.hold(TO_DROPBOX);
  await person.addDocuments([["Signed.txt", "signed"]]);
  await gate.reached();
  await shows(person, "syncing", { title: "Syncing …", buttons: ["Cancel"], links: [OPEN] });
  await person.untilMark("Signed.txt", "on-its-way: On its way to Dropbox");

  await s.profile.context.setOffline(true);
  await shows(person, "offline", { title: "You are offline", detail: "Changes wait, and go out when the network is back." });
  gate.open();
  await person.untilMark("Signed.txt", "on-its-way: Waits for the next sync");
  await s.profile.context.setOffline(false);
  await person.untilScreen("up-to-date");
  await person.untilMark("Signed.txt", "both: In the CRM and in Dropbox");
});

scene("some documents cannot be copied: each with its reason and what to do", { refused: ["409 /upload_session/start"] }, async (s) => {
  const { person, sandbox } = s;
  const failure = { ".tag": "path", path: { ".tag": "restricted_content" } };
  await sandbox.fault({ path: "finish_batch", times: 50, effect: { dropbox_entry_error: { failure, says: "Film.mov" } } });
  const documents = [...numbered(2), { name: "Archive.zip", size: 52_428_801 }, { name: "Film.mov", text: "film" }];
  await linked(s, documents, "part-failed");
  await shows(person, "part-failed", {
    title: "2 documents were not copied",
    detail: "Everything else is up to date.",
    buttons: ["Try again"],
    links: [OPEN],
  });
  const problems = person.panel.getByRole("list", { name: "Documents that were not copied" }).getByRole("listitem");
  const told = [
    ["Archive.zip", "Larger than 50 MB, which is the limit. Make it smaller or share it by a link."],
    ["Film.mov", "Dropbox has blocked this file because of its content."],
  ];
  await untilIs(told, async () => (await problems.allInnerTexts()).map((text) => text.split("\n").filter(Boolean)));
  await person.untilMark("Archive.zip", /^refused: Larger than 50 MB/);
  await person.untilMark("Film.mov", /^refused: Dropbox has blocked/);
});

scene("edited on both sides: both versions are named, and both links lead to them", {}, async (s) => {
  const { person, sandbox } = s;
  const folder = await linked(s, numbered(3));
  await sandbox.inCrm("document/edit", { document: await sandbox.documentId(RECORD.name, "Document 2.txt"), text: "edited in the CRM" });
  await sandbox.putFile(`${folder}/Document 2.txt`, "edited in Dropbox");
  await shows(person, "conflict", {
    title: "1 document was edited on both sides",
    detail: "Both versions are kept, in the CRM and in Dropbox. Keep the one you need and delete the other.",
    buttons: ["Sync to Dropbox"],
    links: [OPEN],
  });
  const versions = person.panel.getByRole("list", { name: "Documents kept in two versions" }).getByRole("link");
  const names = await versions.allInnerTexts();
  assert.equal(names[0], "Document 2.txt");
  assert.match(names[1], /^Document 2 \(conflicted copy \d{4}-\d\d-\d\d\)\.txt$/);
  await person.untilMark(names[1], /^conflict: Dropbox's version of a document/);
  const files = [...dropboxTree(await sandbox.state()).keys()];
  for (const [at, name] of names.entries()) {
    const address = decodeURIComponent(new URL(await versions.nth(at).getAttribute("href")).pathname);
    assert.ok(files.includes(address.replace("/home/Apps/Teamleader CRM", "")), `${name}: ${address}`);
  }
});

scene("a kind of record whose uploads the CRM refuses: one way, and said so", { world: { strict_public_api: true }, refused: ["400 /files.upload"] }, async (s) => {
  const { person, sandbox } = s;
  const meeting = { kind: "meeting", id: "m-1", name: "Kick-off" };
  await sandbox.seed([{ ...meeting, documents: numbered(2) }]);
  await person.arrive(meeting.kind, meeting.name);
  await person.sync();
  const folder = folderOf(await sandbox.record(meeting.name));
  await sandbox.putFile(`${folder}/Sketch.heic`, "sketch");
  await shows(person, "one-way", {
    title: "3 documents in Dropbox · just now",
    detail: "The CRM does not accept uploads here: documents go to Dropbox, but some files stay in Dropbox only.",
    buttons: ["Sync to Dropbox"],
    links: [OPEN],
  });
  await person.untilMark("Sketch.heic", "dropbox-only: Only in Dropbox");
});

scene("the record's folder is deleted in Dropbox", {}, async (s) => {
  const folder = await linked(s, numbered(3));
  await s.sandbox.deleteFile(folder);
  await shows(s.person, "folder-removed", {
    title: "The folder was removed in Dropbox",
    detail: "All documents are still in the CRM. Sync to make the folder again, or restore it in Dropbox.",
    buttons: ["Sync to Dropbox"],
    links: ["Deleted files in Dropbox"],
  });
  await s.person.untilMark("Document 1.txt", "crm-only: Only in the CRM; deleted in Dropbox");
});

scene("one file is deleted in Dropbox: marked, and copied back when asked for", {}, async (s) => {
  const { person, sandbox } = s;
  const folder = await linked(s, numbered(3));
  await sandbox.deleteFile(`${folder}/Document 2.txt`);
  await person.untilMark("Document 2.txt", "crm-only: Only in the CRM; deleted in Dropbox");
  assert.equal(await person.screen(), "up-to-date");
  assert.equal(documentsOf(await sandbox.state()).length, 3);
  await person.row("Document 2.txt").getByRole("button", { name: "Copy back to Dropbox" }).click();
  await s.untilEqual(RECORD.id);
  await person.untilMark("Document 2.txt", "both: In the CRM and in Dropbox");
});

scene("a mark says in words what it means, under the pointer and with the focus", {}, async (s) => {
  await linked(s, numbered(2));
  const row = s.person.row("Document 1.txt");
  const words = row.locator(".how");
  const visible = () => words.evaluate((element) => getComputedStyle(element).opacity !== "0");
  assert.equal(await visible(), false);
  await row.hover();
  assert.equal(await visible(), true);
  await s.person.page.mouse.move(0, 0);
  assert.equal(await visible(), false);
  await row.getByRole("link").focus();
  assert.equal(await visible(), true);
  assert.equal(await words.innerText(), "In the CRM and in Dropbox");
  assert.equal(await row.getByRole("img").getAttribute("aria-label"), "In the CRM and in Dropbox");
});
