// The demo's own pages: the CRM's and Dropbox's. axe-core finds nothing on any of them, and nothing runs over the edge on
// a narrow screen.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { scenes } from "./harness.mjs";
import { folderOf } from "./trees.mjs";

const scene = scenes();
const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] };

/** axe-core sets a style of its own, which the pages' policy refuses. */
const INJECTED = [/^Applying inline style violates the following Content Security Policy/];

/** What axe-core finds, and what runs over the edge; one line each. */
async function findings(page, name) {
  // What happens to stand half below the bar that stays at the top is not what this is about.
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((rules) => window.axe.run(document, rules), RULES);
  const found = violations.flatMap((violation) => violation.nodes.map((node) => `${name}: ${violation.id}: ${node.html.slice(0, 160)}`));
  const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  if (wide > room) found.push(`${name}: ${wide} px in ${room}`);
  return found;
}

for (const width of [1280, 360]) {
  scene(`every page, ${width} px wide`, { tour: true, said: INJECTED }, async (s) => {
    const { person, sandbox } = s;
    const { page } = person;
    const found = [];
    const look = async (name, at = page) => found.push(...(await findings(at, name)));
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.goto(`${sandbox.crm}/`);
    await page.getByRole("button", { name: "Sign in as Anna Peeters" }).waitFor();
    await look("sign-in");
    await person.signIn();
    await page.getByRole("complementary", { name: "Tour" }).waitFor();
    await look("list, with the tour");
    await page.getByRole("button", { name: "Close the tour" }).click();
    await person.openRecord("company", "Lumen Lighting");
    const popup = await person.openSignIn();
    await popup.getByRole("button", { name: "Sign in as Anna Peeters" }).waitFor();
    await look("Dropbox's sign-in", popup);
    await popup.getByRole("button", { name: "Sign in as Anna Peeters" }).click();
    await popup.getByRole("button", { name: "Allow" }).waitFor();
    await look("Dropbox's question", popup);
    await popup.getByRole("button", { name: "Allow" }).click();
    await person.untilScreen("not-linked");
    await person.sync();
    await look("record");
    await page.getByRole("button", { name: "Add documents" }).click();
    await look("record, with its form");
    await page.getByRole("button", { name: "Actions for Price list.xlsx" }).click();
    // A menu covers what lies below it.
    found.push(...(await findings(page, "record, with a menu")).filter((finding) => !finding.includes(": target-size: ")));
    await page.goto(`${sandbox.crm}/marketplace`);
    await page.getByRole("heading", { level: 1, name: "Marketplace" }).waitFor();
    await look("marketplace");
    await page.goto(`${sandbox.crm}/marketplace/dropbox`);
    await page.locator('[data-plugin-slot="settings"] [data-screen="settings"]').waitFor();
    await look("settings");

    const record = await sandbox.record("Lumen Lighting");
    await page.goto(`${sandbox.dropbox}/home/Apps/Teamleader%20CRM${folderOf(record).split("/").map(encodeURIComponent).join("/")}`);
    await page.getByText("Price list.xlsx").waitFor();
    await look("folder viewer");
    await page.getByTitle("Rename Price list.xlsx").click();
    await page.getByRole("dialog").waitFor();
    await look("folder viewer, with a dialog");
    await page.goto(`${sandbox.dropbox}/account/connected_apps`);
    await page.getByRole("button", { name: "Disconnect Teamleader CRM" }).waitFor();
    await look("connected apps");
    assert.deepEqual(found, []);
  });
}
