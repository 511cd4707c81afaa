// What stops the sync, come about as it would for a person: guards, rights that were taken away, services that do not
// answer, a full Dropbox, the wrong account. Each says what happened, that nothing was lost, and what to do.

import assert from "node:assert/strict";
import { scenes } from "./harness.mjs";
import { allow } from "./person.mjs";
import { RECORD, away, documentsOf, linked, numbered, shows } from "./states.mjs";
import { dropboxTree, folderOf } from "./trees.mjs";
import { until } from "./until.mjs";

const scene = scenes();
const OPEN = "Open in Dropbox";
const GONE = ["404 /files.info"];

/** Waits until the guard names so many files, and answers them. */
async function untilNamed({ panel }, count) {
  const names = panel.locator(".affected li");
  await until(`the guard names ${count} files`, async () => (await names.count()) === count);
  return names.allInnerTexts();
}

/** So many files with other contents. */
async function overwrite(s, folder, count) {
  for (let at = 1; at <= count; at++) await s.sandbox.putFile(`${folder}/Document ${at}.txt`, `scrambled ${at}`);
}

scene("a guard: most documents were deleted in the CRM", { refused: GONE }, async (s) => {
  const { person, sandbox } = s;
  const folder = await linked(s, numbered(13));
  await away(s, async () => {
    for (const { id } of documentsOf(await sandbox.state()).slice(0, 12)) await sandbox.inCrm("document/delete", { document: id });
    await sandbox.putFile(`${folder}/Touch.txt`, "makes the record due");
  });
  await shows(person, "guard", {
    title: "12 files would be deleted in Dropbox",
    detail: "Their documents were deleted in the CRM. Nothing has been deleted in Dropbox yet.",
    buttons: ["Keep the files", "Delete 12 files"],
    links: [OPEN],
  });
  const affected = await untilNamed(person, 12);
  assert.ok(affected.every((name) => /^Document \d+\.txt$/.test(name)), affected.join());
  assert.equal(dropboxTree(await sandbox.state()).size, 14);
});

scene("a guard: the CRM suddenly shows nothing", { refused: GONE }, async (s) => {
  const { person, sandbox } = s;
  const folder = await linked(s, numbered(3));
  await away(s, async () => {
    for (const { id } of documentsOf(await sandbox.state())) await sandbox.inCrm("document/delete", { document: id });
    await sandbox.putFile(`${folder}/Touch.txt`, "makes the record due");
  });
  await shows(person, "guard", {
    title: "The CRM suddenly shows no documents here",
    detail: "3 files in Dropbox would be deleted. Did you delete all documents? If not, keep the files.",
    buttons: ["Keep the files", "Delete 3 files"],
    links: [OPEN],
  });
  await person.button("Keep the files").click();
  await person.untilScreen("up-to-date");
  assert.equal(dropboxTree(await sandbox.state()).size, 4);
});

scene("a guard: most files changed at once in Dropbox", {}, async (s) => {
  const { person, sandbox } = s;
  const folder = await linked(s, numbered(12));
  await away(s, () => overwrite(s, folder, 10));
  await shows(person, "guard", {
    title: "10 files changed at once in Dropbox",
    detail: "So many changes at once can be a sign of damage. Nothing has been copied to the CRM yet. Are these changes yours?",
    buttons: ["Keep both sides as they are", "Copy 10 changes"],
    links: [OPEN],
  });
  await untilNamed(person, 10);
  await person.button("Copy 10 changes").click();
  await person.button("Copy 10 changes").click();
  await s.untilEqual(RECORD.id);
  assert.equal(documentsOf(await sandbox.state()).length, 12);
});

scene("a guard over all: every linked folder is gone", {}, async (s) => {
  const { person, sandbox } = s;
  await sandbox.seed([{ ...RECORD, documents: numbered(2) }, { kind: "company", id: "c-2", name: "Hooli", documents: numbered(2) }]);
  await person.arrive(RECORD.kind, RECORD.name);
  await person.sync();
  await person.openRecord("company", "Hooli");
  await person.sync();
  await away(s, () => sandbox.deleteFile("/Companies"));
  await shows(person, "guard", {
    title: "All linked folders in Dropbox are gone or empty",
    detail: "Sync has stopped for your safety; all documents are still in the CRM. Restore the folders in Dropbox, or go on: then the records wait until you sync them again.",
    buttons: ["Keep all documents and go on"],
    links: [OPEN, "Deleted files in Dropbox"],
  });
  await person.button("Keep all documents and go on").click();
  await person.untilScreen("folder-removed");
  await person.sync();
  await s.untilEqual("c-2");
});

scene("a guard over all: the app's own folder is gone", { refused: ["409 /list_folder/continue"] }, async (s) => {
  const { person, sandbox } = s;
  await linked(s, numbered(2));
  const gone = { ".tag": "path", path: { ".tag": "not_found" } };
  await sandbox.fault({ origin: "dropbox_api", path: "list_folder/continue", effect: { dropbox_error: gone } });
  await person.button("Sync to Dropbox").click();
  await shows(person, "guard", {
    title: "The folder Apps/Teamleader CRM is gone",
    detail: "Sync has stopped for your safety; all documents are still in the CRM. Restore the folder in Dropbox, or go on: then the records wait until you sync them again.",
    buttons: ["Keep all documents and go on"],
    links: [OPEN, "Deleted files in Dropbox"],
  });
  await person.button("Keep all documents and go on").click();
  await person.button("Sync to Dropbox").click();
  await person.untilScreen("up-to-date");
  await s.untilEqual(RECORD.id);
});

scene("the record is closed to this person, and then gone", { refused: ["403 /files.list", "404 /files.list", "404 /files.info"] }, async (s) => {
  const { person, sandbox } = s;
  const folder = await linked(s, numbered(2));
  await sandbox.inCrm("record/forbid", { ...RECORD, forbidden: true });
  await sandbox.putFile(`${folder}/Touch.txt`, "makes the record due");
  await shows(person, "frozen", {
    title: "You may no longer see this record's documents",
    detail: "The CRM refuses access, so nothing is changed. Ask your administrator for the right, then try again.",
    buttons: ["Try again"],
    links: [OPEN],
  });
  await sandbox.inCrm("record/forbid", { ...RECORD, forbidden: false });
  await person.tryAgain();
  await person.untilScreen("up-to-date");
  await sandbox.inCrm("record/delete", RECORD);
  await sandbox.putFile(`${folder}/Touch again.txt`, "makes the record due");
  await shows(person, "frozen", {
    title: "The CRM no longer has this record",
    detail: "Its files stay in Dropbox; nothing is deleted.",
    buttons: ["Try again"],
    links: [OPEN],
  });
  assert.equal(dropboxTree(await sandbox.state()).size, 4);
});

for (const [service, origin, path] of [["Dropbox", "dropbox_api", "/2/files/"], ["The CRM", "crm_api", "/files."]]) scene(`${service} does not answer`, { torn: true }, async (s) => {
  const { person, profile, sandbox } = s;
  await profile.context.clock.install();
  await linked(s, numbered(2));
  await sandbox.fault({ origin, path, times: 1000, effect: "cut_before" });
  await person.button("Sync to Dropbox").click();
  await until("the plugin gives up for now", async () => {
    await profile.context.clock.fastForward(10_000);
    return (await person.screen()) === "interrupted";
  });
  await shows(person, "interrupted", {
    title: `${service} does not answer at the moment`,
    detail: "The sync tries again by itself. You can also try again now.",
    buttons: ["Try again"],
    links: [OPEN],
  });
  await sandbox.ask("DELETE", "/faults");
  await person.tryAgain();
  await until("it goes on", async () => {
    await profile.context.clock.fastForward(10_000);
    return (await person.screen()) === "up-to-date";
  });
});

scene("signed out of the CRM in another tab", { refused: ["401 /app/token", "401 /app/session", "401 /files.list"] }, async (s) => {
  const { person } = s;
  await linked(s, numbered(2));
  const other = await s.newTab();
  await other.page.goto(person.page.url());
  await other.untilScreen("up-to-date");
  await other.page.getByRole("button", { name: "Anna Peeters" }).click();
  await other.page.getByRole("menuitem", { name: "Sign out" }).click();
  await other.page.getByRole("button", { name: "Sign in as Anna Peeters" }).waitFor();
  await person.button("Sync to Dropbox").click();
  await shows(person, "interrupted", {
    title: "Your CRM session has ended",
    detail: "Reload the page and sign in again. The sync goes on from where it stopped.",
    buttons: ["Reload the page"],
    links: [OPEN],
  });
  await person.button("Reload the page").click();
  await person.page.getByRole("button", { name: "Sign in as Anna Peeters" }).click();
  await person.untilScreen("up-to-date");
});

scene("a Dropbox that is full", { world: { quota_bytes: 60_000 }, refused: ["409 /files/upload", "409 /upload_session/start", "409 /upload_session/finish_batch_v2"] }, async (s) => {
  const { person, sandbox } = s;
  await sandbox.seed([{ ...RECORD, documents: [{ name: "Big.bin", size: 100_000 }, ...numbered(2)] }]);
  await person.arrive(RECORD.kind, RECORD.name);
  await person.button("Sync to Dropbox").click();
  await person.panel.getByRole("list", { name: "Documents that were not copied" }).getByText("Your Dropbox is full. Make room there, then try again.").waitFor();
  await s.untilState("the others have arrived", (state) => dropboxTree(state).size === 2);
  await until("it rests", async () => ["interrupted", "part-failed"].includes(await person.screen()) && (await person.button("Try again").isVisible()));
});

/** Access is withdrawn on Dropbox's own page. */
async function withdraw(s) {
  const apps = await s.newTab();
  await apps.page.goto(`${s.sandbox.dropbox}/account/connected_apps`);
  await apps.page.getByRole("button", { name: "Disconnect Teamleader CRM" }).click();
  await apps.page.getByText("No app is connected").waitFor();
  return apps;
}

const WITHDRAWN = ["401 /list_folder/continue", "404 /longpoll", "400 /oauth2/token", "401 /get_space_usage", "401 /create_folder_v2", "401 /list_folder"];

// Without a longpoll nothing but the press finds it out.
scene("access was withdrawn in Dropbox; then another account signs in", { world: { variants: { longpoll: "false" } }, refused: WITHDRAWN }, async (s) => {
  const { person, sandbox } = s;
  await linked(s, numbered(2));
  const apps = await withdraw(s);
  await person.button("Sync to Dropbox").click();
  await shows(person, "revoked", {
    title: "Dropbox is no longer connected",
    detail: "Access was withdrawn in Dropbox. Connect again, and the sync goes on from where it stopped. All documents are still there.",
    buttons: ["Connect Dropbox"],
    links: [OPEN],
  });
  // Somebody else used this browser's Dropbox meanwhile.
  await apps.page.goto(`${sandbox.dropbox}/logout`);
  await allow(await person.openSignIn(), "Bram de Vries");
  await shows(person, "wrong-account", {
    title: "This is another Dropbox account",
    detail: "Your browser is signed in to a Dropbox account that is not the one you connected. Sign out of Dropbox, then try again.",
    buttons: ["Try again"],
    links: [OPEN, "Sign out of Dropbox"],
  });
  assert.deepEqual([...dropboxTree(await sandbox.state(), 1)], [], "nothing goes to the other account");
  await person.connectDropbox({ button: "Try again" });
  await person.untilScreen("up-to-date");
});

scene("this browser's state was written by a newer version", {}, async (s) => {
  const { person } = s;
  await linked(s, numbered(2));
  await person.page.goto("about:blank");
  const other = await s.newTab();
  await other.page.goto(`${s.sandbox.crm}/assets/crm.css`);
  await other.page.evaluate(asNewerVersion);
  await other.page.goto(`${s.sandbox.crm}/companies/${RECORD.id}`);
  await other.panel.waitFor();
  await shows(other, "connect-failed", {
    title: "A newer version of the plugin was used here",
    detail: "Reload the page to update. Nothing has been changed.",
    buttons: ["Reload the page"],
    links: [],
  });
});

/** Runs in the page: raises the version that stands in the stored index, as the next release would. */
async function asNewerVersion() {
  const settled = (request) => new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: () => reject(request.error) }));
  const database = await settled(indexedDB.open("teamleader-dropbox"));
  const store = database.transaction("rows", "readwrite").objectStore("rows");
  const [keys, values] = await Promise.all([settled(store.getAllKeys()), settled(store.getAll())]);
  const texts = values.map((value) => new TextDecoder().decode(value));
  const at = texts.findIndex((text) => text.includes('"links"'));
  // As text, not as bytes: rows of either kind are read.
  await settled(store.put(texts[at].replace(/"schema":\d+/, '"schema":9999'), keys[at]));
  database.close();
}

scene("Dropbox refuses the app as it is registered", {}, async (s) => {
  const { person } = s;
  await person.signIn();
  await person.openRecord("company", "Pied Piper");
  const popup = await person.openSignIn();
  await popup.getByRole("button", { name: "Sign in as Anna Peeters" }).waitFor();
  // What Dropbox sends back where the app may not ask for what it asks for.
  const asked = new URL(new URL(popup.url()).searchParams.get("next") ?? popup.url(), s.sandbox.dropbox).searchParams;
  const answer = new URLSearchParams({ state: asked.get("state"), error: "invalid_scope" });
  const closed = popup.waitForEvent("close");
  await popup.goto(`${asked.get("redirect_uri")}?${answer}`).catch(() => {});
  await closed;
  await shows(person, "connect-failed", {
    title: "Dropbox does not know this plugin",
    detail: "The app key in the plugin's settings is wrong, or this page is not registered with it. Please tell the person who installed the plugin.",
    buttons: ["Try again"],
    links: [],
  });
});

scene("a browser without room to store anything", {}, async (s) => {
  const { person, sandbox } = s;
  const folder = await linked(s, numbered(2));
  await person.page.evaluate(() => {
    window.put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = () => {
      throw new DOMException("The quota has been exceeded.", "QuotaExceededError");
    };
  });
  await sandbox.putFile(`${folder}/New.txt`, "new");
  await shows(person, "interrupted", {
    title: "This browser cannot remember the state of the sync",
    detail: "Free some space on this computer, or leave private browsing. Then try again.",
    buttons: ["Try again"],
    links: [OPEN],
  });
  await person.page.evaluate(() => (IDBObjectStore.prototype.put = window.put));
  await person.tryAgain();
  await s.untilEqual(RECORD.id);
  await person.untilScreen("up-to-date");
});

scene("answers that are cut short", { torn: true }, async (s) => {
  const { person, profile, sandbox } = s;
  await profile.context.clock.install();
  await linked(s, numbered(2));
  await sandbox.fault({ origin: "crm_api", path: "/files.list", times: 1000, effect: "truncate_body" });
  await person.button("Sync to Dropbox").click();
  await until("it gives up for now", async () => {
    await profile.context.clock.fastForward(10_000);
    return (await person.screen()) === "frozen";
  });
  await shows(person, "frozen", {
    title: "This record could not be read",
    detail: "The answers about it were incomplete, so nothing is changed. Try again in a while.",
    buttons: ["Try again"],
    links: [OPEN],
  });
  await sandbox.ask("DELETE", "/faults");
  await person.tryAgain();
  await until("it goes on", async () => {
    await profile.context.clock.fastForward(10_000);
    return (await person.screen()) === "up-to-date";
  });
});

scene("a browser whose hashes fail stops the plugin: it says so, and a reload helps", { said: [/RuntimeError: unreachable/] }, async (s) => {
  const { person } = s;
  await person.signIn();
  await person.openRecord("company", "Pied Piper");
  await person.page.evaluate(() => (crypto.subtle.digest = () => Promise.reject(new Error("out of order"))));
  await person.button("Connect Dropbox").click();
  await shows(person, "crashed", {
    title: "Dropbox has stopped working on this page",
    detail: "No document was lost. Reload the page to go on.",
    buttons: ["Reload the page"],
    links: [],
  });
  await person.button("Reload the page").click();
  await person.untilScreen("not-connected");
});

scene("memory that runs out ends the plugin without a word of its own: the page says so for it", { said: [/RuntimeError: unreachable/] }, async (s) => {
  const { person } = s;
  await person.page.addInitScript(keepMemory);
  await linked(s, numbered(2));
  await person.page.evaluate(fillMemory);
  // An answer that needs more room than is left.
  const names = Array.from({ length: 1_000 }, (_, at) => ({ name: `${at} ${"long name ".repeat(18)}.txt`, text: "" }));
  await s.sandbox.seed([{ ...RECORD, documents: names }]);
  await person.button("Sync to Dropbox").click();
  await shows(person, "crashed", {
    title: "Dropbox has stopped working on this page",
    detail: "No document was lost. Reload the page to go on.",
    buttons: ["Reload the page"],
    links: [],
  });
  await person.button("Reload the page").click();
});

scene("memory that runs out while a panel is mounted: the panel says so", { said: [/RuntimeError: unreachable/] }, async (s) => {
  const { page } = s.person;
  await s.sandbox.seed([{ ...RECORD, name: `Acme ${"and partners ".repeat(60_000)}`, documents: [] }]);
  await page.addInitScript(keepMemory);
  await s.person.signIn();
  await page.evaluate(fillMemory);
  // The record's name needs more room than is left.
  await page.locator("a.row-link").filter({ hasText: "Acme" }).click();
  await shows(s.person, "crashed", {
    title: "Dropbox has stopped working on this page",
    detail: "No document was lost. Reload the page to go on.",
    buttons: ["Reload the page"],
    links: [],
  });
});

scene("memory that runs out while the plugin starts: the CRM goes on without it, and says so", { said: [/RuntimeError: unreachable/, /did not start/] }, async (s) => {
  const { page } = s.person;
  await page.addInitScript(keepMemory);
  // The room is gone when it has opened its database, before it takes its words in.
  await page.addInitScript(`const open = indexedDB.open; indexedDB.open = (...given) => (${fillMemory})() ?? open.apply(indexedDB, given);`);
  await page.route("**/translations/en.json", async (route) => {
    const words = await (await route.fetch()).json();
    // Read, it takes many times the room of its text.
    await route.fulfill({ json: { ...words, more: Array(200_000).fill(0) } });
  });
  await s.person.signIn();
  await page.locator("a.row-link").filter({ hasText: "Pied Piper" }).click();
  await page.getByText("The Dropbox plugin could not be started. Reload the page to try again.").waitFor();
});

/** Runs in the page, before its scripts: keeps hold of the module's memory. */
function keepMemory() {
  const instantiate = WebAssembly.instantiateStreaming;
  WebAssembly.instantiateStreaming = async (...given) => {
    const made = await instantiate(...given);
    window.memory = made.instance.exports.memory;
    return made;
  };
}

/** Runs in the page: takes all the memory that the module may ever have. */
function fillMemory() {
  for (let pages = 65_536; pages >= 1; pages = Math.floor(pages / 2)) {
    try {
      for (;;) window.memory.grow(pages);
    } catch {
      // Less, then.
    }
  }
}
