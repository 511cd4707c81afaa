// The demo's guided tour: it goes along with what a visitor does, and once closed it does not come back by itself.

import assert from "node:assert/strict";
import { scenes } from "./harness.mjs";
import { folderOf } from "./trees.mjs";
import { untilIs } from "./until.mjs";

const scene = scenes();

scene("five steps, each done by doing what it says", { tour: true }, async (s) => {
  const { person, sandbox } = s;
  const tour = person.page.getByRole("complementary", { name: "Tour" });
  const at = (step, title) => tour.getByText(`Step ${step} of 5`).and(tour.filter({ has: person.page.getByRole("heading", { name: title }) }).getByText(/^Step/)).waitFor();
  await person.signIn();
  await at(1, "Open a company");
  await person.openRecord("company", "Lumen Lighting");
  await at(2, "Connect a Dropbox");
  await person.connectDropbox();
  await at(3, "Copy the documents");
  await person.sync();
  await at(4, "Change a file in Dropbox");
  await sandbox.putFile(`${folderOf(await sandbox.record("Lumen Lighting"))}/From Dropbox.txt`, "hello");
  await at(5, "Everything in one place");
  await tour.getByRole("button", { name: "Done" }).click();
  await tour.waitFor({ state: "detached" });
  await person.page.reload();
  await person.untilScreen("up-to-date");
  assert.equal(await tour.count(), 0, "it does not come back");

  await person.page.getByRole("button", { name: "Anna Peeters" }).click();
  await person.page.getByRole("menuitem", { name: "Take the tour" }).click();
  await at(1, "Open a company");
});

scene("it can be closed at once, and read step by step with the keyboard", { tour: true }, async ({ person }) => {
  const { page } = person;
  const tour = page.getByRole("complementary", { name: "Tour" });
  await person.signIn();
  await tour.getByRole("button", { name: "Next" }).focus();
  for (const step of [2, 3, 4, 5]) {
    await page.keyboard.press("Enter");
    await tour.getByText(`Step ${step} of 5`).waitFor();
  }
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await tour.getByText("Step 4 of 5").waitFor();
  // It rings what it speaks of, and nothing else.
  await untilIs(1, () => page.locator(".tour-ring").count());
  await tour.getByRole("button", { name: "Close the tour" }).click();
  await tour.waitFor({ state: "detached" });
  assert.equal(await page.locator(".tour-ring").count(), 0);
  await page.reload();
  await page.getByRole("heading", { level: 1, name: "Companies" }).waitFor();
  await person.openRecord("company", "Lumen Lighting");
  assert.equal(await tour.count(), 0);
});
