// The extension in Chromium on the CRM's detail pages: where its panel stands, whom it asks, and what it keeps the same.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { EXTENDED, launchWithExtension } from "./extension.mjs";
import { scenes } from "./harness.mjs";
import { REFUSED, liveThrough } from "./life.mjs";
import { dropboxTree, folderOf } from "./trees.mjs";
import { untilIs } from "./until.mjs";

const scene = scenes(launchWithExtension(), EXTENDED);
const FRAME = "iframe.teamleader-dropbox-frame";
const EXPIRED = ["401 /files.list", "401 /files.download", "401 /files.info", "401 /companies.info", "401 /companies.list"];
/** The record of the tests below; its id is a UUID, as in every address of the CRM. */
const RECORD = { kind: "company", id: "5a0f2a43-4a5d-4a53-9b61-70a54b2f0001", name: "Pied Piper" };
const numbered = (count) => Array.from({ length: count }, (_, at) => ({ name: `Document ${at + 1}.txt`, text: `number ${at + 1}` }));

scene("the whole life of a document", { refused: REFUSED }, liveThrough);

for (const [kind, name] of [["contact", "Erla Jónsdóttir"], ["project", "Harbour office refit"], ["meeting", "Kick-off harbour office"], ["product", "Lämpchen L2"]]) {
  scene(`the page of a ${kind}`, {}, async (s) => {
    const record = await s.sandbox.record(name);
    await s.person.arrive(kind, name);
    await s.person.sync();
    await s.untilEqual(record.id);
  });
}

scene("the panel stands inside the documents' widget, and the page around it is as it was", {}, async (s) => {
  await s.person.signIn();
  await s.person.openRecord("company", "Lumen Lighting");
  await s.person.page.locator(`.files-widget ${FRAME}`).waitFor();
  assert.equal(await s.person.page.locator(FRAME).count(), 1);
  // The page's own scripts see a frame and nothing in it.
  assert.deepEqual(await s.person.page.evaluate(() => ({ inside: document.querySelector("iframe").contentDocument, globals: ["recordAt", "documentsWidget", "checkPage"].filter((name) => name in window) })), { inside: null, globals: [] });
});

scene("without a widget the panel stands in a drawer, says so, and stays as it was left", { world: { variants: { "documents-place": "tab" } } }, async (s) => {
  const { page, frame } = s.person;
  await s.person.signIn();
  await s.person.openRecord("company", "Lumen Lighting");
  const tab = page.getByRole("button", { name: "Dropbox", exact: true });
  await untilIs("true", () => tab.getAttribute("aria-expanded"));
  await frame.locator('[data-failed="documents"]').waitFor();
  await frame.getByText("looks different than expected").waitFor();
  await tab.click();
  await page.locator(FRAME).waitFor({ state: "hidden" });
  await page.reload();
  await page.getByRole("button", { name: "Dropbox", exact: true }).waitFor();
  await untilIs("false", () => tab.getAttribute("aria-expanded"));
});

scene("pages that are no record's: no panel, no error", { refused: ["404 /company_detail.php", "404 /company_detail.php?id=17"] }, async (s) => {
  await s.person.signIn();
  for (const path of ["/", "/companies", "/company_detail.php", "/company_detail.php?id=17", "/settings.php?id=5a0f2a43-4a5d-4a53-9b61-70a54b2f0001"]) {
    await s.person.page.goto(s.sandbox.crm + path);
    await s.person.page.locator(FRAME).waitFor({ state: "attached" });
    assert.equal(await s.person.page.locator(FRAME).isVisible(), false, path);
  }
});

scene("the timed sync needs no open record", {}, async (s) => {
  await s.sandbox.seed([{ ...RECORD, documents: numbered(1) }]);
  await s.person.arrive(RECORD.kind, RECORD.name);
  await s.person.sync();
  // A page of the CRM that is about no record.
  await s.person.page.goto(`${s.sandbox.crm}/contacts`);
  await s.person.page.locator(FRAME).waitFor({ state: "attached" });
  await s.sandbox.putFile(`${folderOf(await s.sandbox.record(RECORD.name))}/Later.txt`, "later");
  await s.untilEqual(RECORD.id);
});

scene("a token that expires in mid-copy is renewed without anybody, and the copy goes on", { refused: EXPIRED }, async (s) => {
  await s.sandbox.seed([{ ...RECORD, documents: numbered(12) }]);
  await s.person.arrive(RECORD.kind, RECORD.name);
  const gate = await s.hold("**/2/files/upload_session/start", 3);
  await s.person.button("Sync to Dropbox").click();
  await gate.reached();
  await s.sandbox.inCrm("tokens/expire", {});
  await s.sandbox.putFile(`${folderOf(await s.sandbox.record(RECORD.name))}/Late.txt`, "added meanwhile");
  gate.open();
  await s.untilEqual(RECORD.id);
  assert.equal(dropboxTree(await s.sandbox.state()).size, 13);
});

scene("where Teamleader wants to see the person the sync is paused, and goes on after one click", { refused: EXPIRED }, async (s) => {
  await s.sandbox.seed([{ ...RECORD, documents: numbered(3) }]);
  await s.person.arrive(RECORD.kind, RECORD.name);
  await s.person.sync();
  await s.profile.context.clearCookies();
  await s.sandbox.inCrm("tokens/expire", {});
  await s.sandbox.putFile(`${folderOf(await s.sandbox.record(RECORD.name))}/Late.txt`, "added meanwhile");
  const goOn = s.person.frame.getByRole("button", { name: "Continue" });
  const [window] = await Promise.all([s.profile.context.waitForEvent("page"), goOn.click()]);
  await window.getByRole("button", { name: "Sign in as Anna Peeters" }).click();
  await s.untilEqual(RECORD.id);
  await goOn.waitFor({ state: "detached" });
});

scene("an extension that is not set up leads to its options, which name the addresses to register", {}, async (s) => {
  const whole = readFileSync(`${s.sandbox.folder}/config.json`, "utf8");
  s.sandbox.configure({ ...JSON.parse(whole), teamleaderClientId: "", dropboxAppKey: "" });
  try {
    await s.person.signIn();
    const { id } = await s.sandbox.record("Lumen Lighting");
    await s.person.page.goto(`${s.sandbox.crm}/company_detail.php?id=${id}`);
    const [options] = await Promise.all([s.profile.context.waitForEvent("page"), s.person.frame.getByRole("button", { name: "Open the options" }).click()]);
    const extension = new URL(s.sandbox.pages).host;
    for (const end of ["teamleader", "dropbox"]) await options.getByText(`https://${extension}.chromiumapp.org/${end}`).waitFor();
    await options.getByLabel("Client ID of the Teamleader integration").fill("sandbox-client-id");
    await options.getByLabel("App key of the Dropbox app").fill("sandbox-app-key");
    await options.getByRole("button", { name: "Save" }).click();
    await options.getByText("Saved.").waitFor();
    await options.close();
    await s.person.openRecord("company", "Lumen Lighting");
    assert.equal(await s.person.screen(), "not-connected");
  } finally {
    s.sandbox.configure(JSON.parse(whole));
  }
});

scene("it asks for no more than it needs", {}, async () => {
  const manifest = JSON.parse(readFileSync(`${process.env.EXTENSIONS_DIR}/chromium/manifest.json`, "utf8"));
  assert.deepEqual(manifest.permissions, ["identity", "storage"]);
  assert.deepEqual(manifest.host_permissions.filter((pattern) => !/^https:\/\/(\*\.teamleader\.eu|(api|content|notify)\.dropboxapi\.com)\/\*$/.test(pattern)), []);
  assert.equal(manifest.background, undefined);
});
