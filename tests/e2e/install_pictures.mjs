// The pictures of docs/install.md, taken from the running product: `cargo xtask pictures`. Small windows, so that the
// files stay small and the words in them large.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Profile, launch } from "./browser.mjs";
import { Colleague, SandboxWithExtension, launchWithExtension } from "./extension.mjs";
import { SandboxWithSite } from "./site.mjs";
import { Visitor } from "./visitor.mjs";

const PICTURES = process.env.DOCS_PICTURES_DIR;
const SHOWN = "Lumen Lighting";
mkdirSync(PICTURES, { recursive: true });

await hosted();
await extended();

/** After its own echo, too: Dropbox reports what was just written. */
async function atRest(person) {
  await person.page.waitForTimeout(3_000);
  await person.untilScreen("up-to-date");
}

async function hosted() {
  const sandbox = await SandboxWithSite.start();
  const browser = await launch();
  try {
    const profile = await Profile.open(browser);
    const person = await Visitor.in(profile, sandbox);
    const { page } = person;
    await page.setViewportSize({ width: 760, height: 620 });
    const whole = sandbox.config;
    sandbox.config = () => ({});
    await page.goto(sandbox.site);
    await page.getByRole("heading", { name: "Almost there" }).waitFor();
    // The address that an installer would see, not the one of this run.
    await page.evaluate(() => document.querySelectorAll("code").forEach((code) => (code.textContent = code.textContent.replace(/^http:\/\/[^/]+/, "https://documents.yourfirm.example"))));
    await page.locator(".card").screenshot({ path: join(PICTURES, "hosted-setup.png") });
    sandbox.config = whole;
    await page.goto(`${sandbox.site}/`);
    await person.signIn();
    await page.setViewportSize({ width: 1060, height: 640 });
    await person.openRecord("company", SHOWN);
    await person.connectDropbox();
    await person.sync();
    await page.mouse.move(0, 0);
    await atRest(person);
    await page.screenshot({ path: join(PICTURES, "hosted-record.png") });

    const { number } = await sandbox.record("Pied Piper");
    await sandbox.putFile(`/Bedrijven/Pied Piper ${number}/Offer.txt`, "an offer");
    await page.reload();
    await person.openRecord("company", "Pied Piper");
    await person.button("Sync to Dropbox").click();
    await person.untilScreen("old-folder");
    await page.locator(".beside").screenshot({ path: join(PICTURES, "old-folder.png") });
  } finally {
    await browser.close();
    await sandbox.stop();
  }
}

async function extended() {
  const sandbox = await SandboxWithExtension.start();
  const browser = await launchWithExtension()(sandbox);
  try {
    const profile = await Profile.open(browser);
    const person = await Colleague.in(profile, sandbox);
    const { page } = person;
    await page.setViewportSize({ width: 700, height: 640 });
    await page.goto(`${sandbox.pages}/options.html`);
    const form = page.locator(".card").first();
    await form.waitFor();
    await page.evaluate(() => {
      const id = "abcdefghijklmnopabcdefghijklmnop";
      document.querySelectorAll("code").forEach((code) => (code.textContent = code.textContent.replace(/[a-p]{32}/, id)));
      document.querySelectorAll("input").forEach((input) => (input.value = ""));
    });
    await form.screenshot({ path: join(PICTURES, "extension-options.png") });
    await page.setViewportSize({ width: 1060, height: 1120 });
    await person.signIn();
    await person.openRecord("company", SHOWN);
    await person.connectDropbox();
    await person.sync();
    await page.mouse.move(0, 0);
    await atRest(person);
    await page.locator("main").screenshot({ path: join(PICTURES, "extension-record.png") });
    await profile.close();
  } finally {
    await browser.close();
    await sandbox.stop();
  }
}
