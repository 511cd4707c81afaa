// Connecting a Dropbox, and every way in which it does not come to that: clear words, nothing half-connected.

import assert from "node:assert/strict";
import { scenes } from "./harness.mjs";
import { allow } from "./person.mjs";
import { until } from "./until.mjs";

const scene = scenes();
const RECORD = ["company", "Noord & Zuid Architecten"];

/** Nothing was connected: no token was given out that is kept, and a reload still offers to connect. */
async function assertNotConnected({ person, sandbox }) {
  const { dropbox } = await sandbox.state();
  assert.deepEqual(dropbox.accounts.map((account) => account.linked), [0, 0], "grants at Dropbox");
  await person.page.reload();
  await person.untilScreen("not-connected");
}

/** Asked again, it works. */
async function connectAfterAll(s) {
  await s.person.connectDropbox({ button: "Try again" });
  assert.equal(await s.person.screen(), "not-linked");
}

scene("where popups are blocked, the whole page goes and comes back to the same record", {}, async ({ person }) => {
  await person.page.addInitScript(() => (window.open = () => null));
  await person.signIn();
  await person.openRecord(...RECORD);
  const address = person.page.url();
  await person.button("Connect Dropbox").click();
  await allow(person.page);
  await person.untilScreen("not-linked");
  assert.equal(person.page.url(), address);
  assert.equal(person.page.context().pages().length, 1);
  assert.equal(await person.sync(), "up-to-date");
});

scene("where popups are blocked, a refusal comes back to the same record", {}, async (s) => {
  const { person } = s;
  await person.page.addInitScript(() => (window.open = () => null));
  await person.signIn();
  await person.openRecord(...RECORD);
  const address = person.page.url();
  await person.button("Connect Dropbox").click();
  await person.page.getByRole("button", { name: "Sign in as Anna Peeters" }).click();
  await person.page.getByRole("button", { name: "Cancel" }).click();
  await person.untilScreen("connect-failed");
  assert.equal(person.page.url(), address);
  await assertNotConnected(s);
});

scene("consent denied", {}, async (s) => {
  const { person } = s;
  await person.signIn();
  await person.openRecord(...RECORD);
  const popup = await person.openSignIn();
  const closed = popup.waitForEvent("close");
  await popup.getByRole("button", { name: "Sign in as Anna Peeters" }).click();
  await popup.getByRole("button", { name: "Cancel" }).click();
  await Promise.all([closed, person.untilScreen("connect-failed")]);
  await connectAfterAll(s);
});

scene("the popup is closed", {}, async (s) => {
  const { person } = s;
  await person.signIn();
  await person.openRecord(...RECORD);
  const popup = await person.openSignIn();
  await person.untilScreen("connecting");
  await popup.getByRole("button", { name: "Sign in as Anna Peeters" }).waitFor();
  await popup.close();
  await person.untilScreen("connect-failed");
  await connectAfterAll(s);
});

scene("a sign-in is given up on the panel", {}, async (s) => {
  const { person } = s;
  await person.signIn();
  await person.openRecord(...RECORD);
  const popup = await person.openSignIn();
  const closed = popup.waitForEvent("close");
  await person.button("Cancel").click();
  await Promise.all([closed, person.untilScreen("not-connected", "connect-failed")]);
  await assertNotConnected(s);
});

scene("an answer to another sign-in connects nothing", {}, async (s) => {
  const { person, sandbox } = s;
  await person.signIn();
  await person.openRecord(...RECORD);
  const popup = await person.openSignIn();
  await popup.getByRole("button", { name: "Sign in as Anna Peeters" }).click();
  await popup.getByRole("button", { name: "Allow" }).waitFor();
  const asked = new URL(popup.url());
  assert.ok(asked.searchParams.get("state").length >= 16, "a state worth the name");
  asked.searchParams.set("state", "of-another-sign-in");
  await popup.goto(asked.href);
  await popup.getByRole("button", { name: "Allow" }).click();
  // The popup says what to do, or closes and lets the panel say it.
  await until("somebody says that this did not work", async () => popup.isClosed() || (await popup.getByText("Connect Dropbox").count()) > 0);
  if (!popup.isClosed()) await popup.close();
  await person.untilScreen("connect-failed");
  const log = await sandbox.requests();
  assert.deepEqual(log.filter((entry) => entry.target === "/oauth2/token"), [], "the code was not redeemed");
  await connectAfterAll(s);
});

scene("the code is too old", { refused: ["400 /oauth2/token"] }, async (s) => {
  const { person, profile, sandbox } = s;
  await profile.context.route("**/oauth2/token", async (route) => {
    await sandbox.advance(11 * 60);
    await route.continue();
  });
  await person.signIn();
  await person.openRecord(...RECORD);
  await allow(await person.openSignIn());
  await person.untilScreen("connect-failed");
  await profile.context.unroute("**/oauth2/token");
  await connectAfterAll(s);
});

scene("Dropbox does not answer to a sign-in", { torn: true }, async (s) => {
  const { person, profile, sandbox } = s;
  await profile.context.clock.install();
  await sandbox.fault({ origin: "dropbox_api", path: "/oauth2/token", times: 1000, effect: "cut_before" });
  await person.signIn();
  await person.openRecord(...RECORD);
  const popup = await person.openSignIn();
  // The clock jumps in every window of the browser: this one has to be gone before.
  await Promise.all([popup.waitForEvent("close"), allow(popup)]);
  await until("the plugin gives up", async () => {
    await profile.context.clock.fastForward(10_000);
    return (await person.screen()) === "connect-failed";
  });
  await sandbox.ask("DELETE", "/faults");
  await connectAfterAll(s);
});

scene("the connection outlives a reload, and belongs to one user of the CRM", {}, async ({ person }) => {
  await person.arrive(...RECORD);
  await person.page.reload();
  await person.untilScreen("not-linked");
  await person.page.getByRole("button", { name: "Anna Peeters" }).click();
  await person.page.getByRole("menuitem", { name: "Sign out" }).click();
  await person.page.getByRole("button", { name: "Sign in as Bram de Vries" }).waitFor();
  await person.signIn("Bram de Vries");
  await person.openRecord(...RECORD);
  await person.untilScreen("not-connected");
});

scene("a token that runs out is renewed once, across tabs", {}, async (s) => {
  const { person, sandbox } = s;
  await s.profile.context.clock.install();
  await person.arrive(...RECORD);
  assert.equal(await person.sync(), "up-to-date");
  const other = await s.newTab();
  await other.page.goto(person.page.url());
  await other.untilScreen("up-to-date");
  await sandbox.forgetRequests();
  // 5 minutes before the end of the token's four hours.
  await s.advance(4 * 3600 - 240);
  await until("a timed cycle ran", async () => (await s.calls()).some((call) => call.target.endsWith("/list_folder/continue")));
  await person.sync();
  const renewals = (await s.calls()).filter((call) => call.target === "/oauth2/token");
  assert.deepEqual(renewals.map((call) => call.status), [200]);
});
