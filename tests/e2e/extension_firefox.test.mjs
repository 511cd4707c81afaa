// The extension in Firefox, whose frames may do less by themselves: the whole life of a document.

import { after, before, test } from "node:test";
import { FirefoxColleague, launchFirefoxWithExtension, startSandbox } from "./extension_firefox.mjs";
import { Scene, assertExpected } from "./harness.mjs";
import { liveThrough } from "./life.mjs";

let sandbox;
let firefox;

before(async () => {
  sandbox = await startSandbox();
  firefox = await launchFirefoxWithExtension(sandbox);
});

after(async () => {
  await firefox?.close();
  await sandbox?.stop();
});

test("Firefox: the whole life of a document in the extension", { timeout: 180_000 }, async () => {
  await liveThrough(new Scene(sandbox, firefox, null, new FirefoxColleague(firefox, sandbox)));
  await assertExpected(sandbox);
});
