// The hosted page: the implicit grant and its lapses, lists, places, documents, and the plugin beside them.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { scenes } from "./harness.mjs";
import { REFUSED, liveThrough } from "./life.mjs";
import { assertEqualTrees, dropboxTree, folderOf } from "./trees.mjs";
import { until, untilIs } from "./until.mjs";
import { HOSTED } from "./visitor.mjs";

const scene = scenes(undefined, HOSTED);
const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RECORD = { kind: "company", id: "0a6d7c52-3d3c-4c58-8a35-9a8f2e3b0001", name: "Pied Piper" };
const UPLOADS_TO_DROPBOX = "**/2/files/upload_session/start";
/** What Chromium says of a frame that the CRM refuses. */
const FRAME_REFUSED = [/in a frame because/, /violates the following Content Security Policy directive: "frame-ancestors/];
/** axe-core tries its styles, which the page's policy forbids. */
const AXE_STYLES = [/Applying inline style/];
const EXPIRED = ["401 /files.list", "401 /files.download", "401 /files.info", "401 /companies.info", "401 /companies.list"];

const numbered = (count) => Array.from({ length: count }, (_, at) => ({ name: `Document ${at + 1}.txt`, text: `number ${at + 1}` }));

scene("the whole life of a document", { refused: REFUSED }, liveThrough);

for (const [kind, name] of [["contact", "Erla Jónsdóttir"], ["project", "Harbour office refit"], ["meeting", "Kick-off harbour office"], ["product", "Lämpchen L2"]]) {
  scene(`a ${kind} and its documents`, {}, async (s) => {
    const record = await s.sandbox.record(name);
    await s.person.arrive(kind, name);
    await s.person.sync();
    await s.untilEqual(record.id);
  });
}

scene("a token that expires in mid-copy is renewed in a frame that nobody sees, and the copy goes on", { world: { variants: { "authorize-again": "in-frame" } }, refused: EXPIRED }, async (s) => {
  await s.sandbox.seed([{ ...RECORD, documents: numbered(12) }]);
  await s.person.arrive(RECORD.kind, RECORD.name);
  const gate = await s.hold(UPLOADS_TO_DROPBOX, 3);
  await s.person.button("Sync to Dropbox").click();
  await gate.reached();
  await s.sandbox.inCrm("tokens/expire", {});
  await s.sandbox.inCrm("document/add", { kind: RECORD.kind, id: RECORD.id, name: "Late.txt", text: "added meanwhile" });
  gate.open();
  await s.person.button("Sync to Dropbox").click();
  await s.untilEqual(RECORD.id);
  assert.equal(await s.person.pause.count(), 0);
  const asked = (await s.sandbox.requests()).filter((call) => call.target.startsWith("/oauth2/authorize"));
  assert.ok(asked.length >= 2, "the token was renewed");
});

scene("where frames are refused the sync is paused, says so, and goes on after one click", { refused: EXPIRED, said: FRAME_REFUSED }, async (s) => {
  await s.sandbox.seed([{ ...RECORD, documents: numbered(12) }]);
  await s.person.arrive(RECORD.kind, RECORD.name);
  const gate = await s.hold(UPLOADS_TO_DROPBOX, 3);
  await s.person.button("Sync to Dropbox").click();
  await gate.reached();
  await s.sandbox.inCrm("tokens/expire", {});
  await s.sandbox.putFile(`${folderOf(await s.sandbox.record(RECORD.name))}/Late.txt`, "added meanwhile");
  gate.open();
  await s.person.pause.waitFor();
  const place = s.person.page.url();
  await s.person.goOn();
  await s.untilEqual(RECORD.id);
  assert.equal(s.person.page.url(), place);
  // Nothing was sent twice: one upload for each document.
  const uploads = (await s.calls()).filter((call) => call.target === "/2/files/upload_session/start");
  assert.equal(uploads.length, 12);
});

scene("a pause is over with the next place a person goes to", { refused: EXPIRED, said: FRAME_REFUSED }, async (s) => {
  await s.person.signIn();
  await s.sandbox.inCrm("tokens/expire", {});
  await s.person.page.getByLabel("Search: Companies").fill("Pied");
  await s.person.pause.waitFor();
  await s.person.page.getByRole("link", { name: "Contacts" }).click();
  await s.person.page.getByRole("heading", { level: 1, name: "Contacts" }).waitFor();
  await s.person.page.locator("a.row").first().waitFor();
  assert.equal(await s.person.pause.count(), 0);
  assert.match(s.person.page.url(), /\/#\/contacts$/);
});

scene("a page that nobody looks at renews by going to Teamleader and coming back to its place", { refused: EXPIRED, said: FRAME_REFUSED }, async (s) => {
  await s.sandbox.seed([{ ...RECORD, documents: numbered(2) }]);
  await s.person.arrive(RECORD.kind, RECORD.name);
  await s.person.sync();
  const { page } = s.person;
  const place = page.url();
  await page.evaluate(() => Object.defineProperty(document, "hidden", { get: () => true }));
  await s.sandbox.inCrm("tokens/expire", {});
  await s.sandbox.putFile(`${folderOf(await s.sandbox.record(RECORD.name))}/Late.txt`, "added meanwhile");
  await s.untilEqual(RECORD.id);
  assert.equal(page.url(), place);
  assert.equal(await s.person.pause.count(), 0);
  // The page was left, so it is seen again.
  assert.equal(await page.evaluate(() => document.hidden), false);
});

scene("another tab's token does for this one", { refused: EXPIRED, said: FRAME_REFUSED }, async (s) => {
  await s.person.signIn();
  const asked = async () => (await s.sandbox.requests()).filter((call) => call.target.startsWith("/oauth2/authorize")).length;
  const before = await asked();
  const other = await s.newTab();
  await other.page.goto(`${s.sandbox.site}/#/contacts`);
  await other.page.getByRole("heading", { level: 1, name: "Contacts" }).waitFor();
  assert.equal(await asked(), before);
});

scene("a link from the CRM opens the record, without a click where this browser signed in before", {}, async (s) => {
  const record = await s.sandbox.record("Lumen Lighting");
  const place = `#/company/${record.id}`;
  await s.person.signIn("Anna Peeters", place);
  await s.person.page.getByRole("heading", { level: 1, name: record.name }).waitFor();
  const later = await s.newTab();
  await s.person.page.close();
  await later.page.goto(`${s.sandbox.site}/${place}`);
  await later.page.getByRole("heading", { level: 1, name: record.name }).waitFor();
  assert.ok(later.page.url().endsWith(place));
});

scene("a refusal is said, and an answer that nobody here asked for is not taken", {}, async (s) => {
  const { page } = s.person;
  await page.goto(s.sandbox.site);
  await page.getByRole("button", { name: "Sign in with Teamleader" }).click();
  await page.getByRole("button", { name: "Sign in as Anna Peeters" }).click();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("alert").getByText("was not allowed").waitFor();
  const { crm } = await s.sandbox.ask("POST", "/tokens", {});
  await page.goto(`${s.sandbox.site}/teamleader.html#token_type=Bearer&expires_in=900&access_token=${crm.access_token}&state=0123456789abcdef`);
  await page.getByText("was not begun in this browser").waitFor();
  await page.getByRole("link", { name: "Go to the sign-in." }).click();
  await page.getByRole("button", { name: "Sign in with Teamleader" }).waitFor();
  assert.ok(!(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).includes(crm.access_token));
});

scene("somebody else's token never speaks for the user of the page", { refused: EXPIRED, said: FRAME_REFUSED }, async (s) => {
  await s.person.signIn();
  await s.sandbox.inCrm("tokens/expire", {});
  await s.person.page.getByLabel("Search: Companies").fill("Pied");
  await s.person.pause.waitFor();
  // Another person signs in to the CRM in this browser, and goes on.
  await s.profile.context.clearCookies();
  const [popup] = await Promise.all([s.person.page.waitForEvent("popup"), s.person.pause.click()]);
  await popup.getByRole("button", { name: "Sign in as Bram de Vries" }).click();
  await popup.getByRole("button", { name: "Allow" }).click();
  await s.person.page.getByText("Bram de Vries").waitFor();
});

scene("lists are searched and turned over, and going back finds the place", {}, async (s) => {
  const records = Array.from({ length: 30 }, (_, at) => ({ kind: "company", id: `c-${at}`, name: `Company ${String(at + 1).padStart(2, "0")}` }));
  await s.sandbox.seed(records);
  const { page } = s.person;
  await s.person.signIn();
  await page.locator("a.row").first().waitFor();
  await untilIs(25, () => page.locator("a.row").count());
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByText("Company 30").waitFor();
  await untilIs(5, () => page.locator("a.row").count());
  await page.locator("a.row").filter({ hasText: "Company 30" }).click();
  await page.getByRole("heading", { level: 1, name: "Company 30" }).waitFor();
  await page.goBack();
  await page.getByText("Company 26").waitFor();
  await page.getByLabel("Search: Companies").fill("nobody");
  await page.getByText("Nothing found for “nobody”.").waitFor();
  await page.getByLabel("Search: Companies").fill("Company 07");
  await page.locator("a.row").filter({ hasText: "Company 07" }).waitFor();
  await untilIs(1, () => page.locator("a.row").count());
});

scene("documents are added, downloaded and deleted; what the CRM refuses is said by name", { world: { strict_public_api: true }, refused: ["400 /files.upload"] }, async (s) => {
  await s.sandbox.seed([{ ...RECORD, documents: [{ name: "Offer.txt", text: "an offer" }] }, { kind: "meeting", id: "0a6d7c52-3d3c-4c58-8a35-9a8f2e3b0002", name: "Kick-off" }]);
  await s.person.signIn();
  await s.person.openRecord("company", RECORD.name);
  assert.deepEqual(await s.person.download("Offer.txt"), { name: "Offer.txt", text: "an offer" });
  await s.person.addDocuments([["Added.txt", "added"]], "Inbox");
  await s.person.deleteDocument("Offer.txt");
  const { documents } = await s.sandbox.record(RECORD.name);
  assert.deepEqual(documents.map(({ name, folder }) => [name, folder]), [["Added.txt", "Inbox"]]);
  await s.person.openRecord("meeting", "Kick-off");
  await s.person.page.locator(".documents input[type=file]").setInputFiles([{ name: "Minutes.txt", mimeType: "text/plain", buffer: Buffer.from("minutes") }]);
  await s.person.page.getByText("Teamleader did not accept Minutes.txt").waitFor();
});

scene("a record that does not exist says so", { refused: ["404 /companies.info"] }, async (s) => {
  await s.person.signIn("Anna Peeters", "#/company/00000000-0000-4000-8000-000000000000");
  await s.person.page.getByRole("heading", { level: 1, name: "This does not exist any more" }).waitFor();
});

scene("signing out signs out every tab, and keeps the connection to Dropbox", {}, async (s) => {
  await s.person.arrive("company", "Lumen Lighting");
  const other = await s.newTab();
  await other.page.goto(`${s.sandbox.site}/#/contacts`);
  await other.page.getByRole("heading", { level: 1, name: "Contacts" }).waitFor();
  await s.person.page.getByRole("button", { name: "Sign out" }).click();
  for (const { page } of [s.person, other]) await page.getByRole("button", { name: "Sign in with Teamleader" }).waitFor();
  await s.person.page.getByRole("button", { name: "Sign in with Teamleader" }).click();
  await s.person.untilScreen("not-linked");
});

for (const [width, height] of [[375, 780], [768, 1024], [1100, 800], [1280, 900]]) {
  scene(`at ${width} px nothing is cut off, and axe-core finds nothing`, { said: AXE_STYLES }, async (s) => {
    const { page } = s.person;
    await page.setViewportSize({ width, height });
    const check = async (what) => {
      if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE);
      const { violations } = await page.evaluate(() => window.axe.run(document));
      assert.deepEqual(violations.map(({ id, nodes }) => `${what}: ${id} ${nodes.map((node) => node.target.join(" ")).join(", ")}`), []);
      const wide = await page.evaluate(() => Math.max(document.body.scrollWidth, document.documentElement.scrollWidth) - document.documentElement.clientWidth);
      assert.ok(wide <= 0, `${what}: ${wide} px too wide`);
    };
    await page.goto(s.sandbox.site);
    await page.getByRole("button", { name: "Sign in with Teamleader" }).waitFor();
    await check("sign-in");
    await s.person.signIn();
    await page.locator("a.row").first().waitFor();
    await check("list");
    await s.person.openRecord("company", "Lumen Lighting");
    await s.person.document("Logo.png").waitFor();
    await check("record");
    await page.getByRole("button", { name: "Delete Logo.png" }).click();
    await check("question");
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("link", { name: "Settings" }).click();
    await page.locator('[data-plugin-slot="settings"] section').first().waitFor();
    await check("settings");
  });
}

scene("by the keyboard alone: from the list to a document's download", {}, async (s) => {
  const { page } = s.person;
  await s.person.signIn();
  await page.locator("a.row").first().waitFor();
  await page.getByLabel("Search: Companies").focus();
  await page.keyboard.type("Lumen");
  await until("the list is narrowed", async () => (await page.locator("a.row").count()) === 1);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Lumen Lighting" }).waitFor();
  await until("the heading has the focus", () => page.evaluate(() => document.activeElement?.tagName === "H1"));
  await s.person.document("Annex A.txt").waitFor();
  await page.getByRole("button", { name: "Download Annex A.txt" }).last().focus();
  const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
  assert.equal(download.suggestedFilename(), "Annex A.txt");
});
