// The extension in a browser that blocks third-party cookies, and with them what a frame would store: it says so, and
// works in a window of its own.

import { EXTENDED, launchWithExtension } from "./extension.mjs";
import { scenes } from "./harness.mjs";

const scene = scenes(launchWithExtension({ blocksThirdParties: true }), EXTENDED);

scene("where a frame may store nothing it says so, and a window does the work", {}, async (s) => {
  const record = await s.sandbox.record("Lumen Lighting");
  await s.person.signIn();
  await s.person.page.goto(`${s.sandbox.crm}/company_detail.php?id=${record.id}`);
  await s.person.frame.getByText("does not let this extension store").waitFor();
  const [page] = await Promise.all([s.profile.context.waitForEvent("page"), s.person.frame.getByRole("button", { name: "Open a window" }).click()]);
  const [consent] = await Promise.all([s.profile.context.waitForEvent("page"), page.getByRole("button", { name: "Sign in with Teamleader" }).click()]);
  await consent.getByRole("button", { name: "Allow" }).click();
  const [dropbox] = await Promise.all([s.profile.context.waitForEvent("page"), page.getByRole("button", { name: "Connect Dropbox" }).click()]);
  await dropbox.getByRole("button", { name: "Sign in as Anna Peeters" }).click();
  await dropbox.getByRole("button", { name: "Allow" }).click();
  await page.getByRole("button", { name: "Sync to Dropbox" }).click();
  await s.untilEqual(record.id);
  await page.getByText("7 documents in Dropbox").first().waitFor();
});
