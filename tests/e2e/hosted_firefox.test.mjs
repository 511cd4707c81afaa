// The hosted page in Firefox: the whole life of a document, and a lapse of the token.

import { launchFirefox } from "./firefox.mjs";
import { scenes } from "./harness.mjs";
import { REFUSED, liveThrough } from "./life.mjs";
import { untilIs } from "./until.mjs";
import { HOSTED } from "./visitor.mjs";

const scene = scenes(launchFirefox, HOSTED);
/** Its own page in place of a refused frame, taken away before it was ready. */
const OF_FIREFOX = /JS frame :: about:neterror/;

scene("Firefox: the whole life of a document on the hosted page", { refused: REFUSED }, liveThrough);

scene("Firefox: a pause of the hosted page is over after one click", { said: [/X-Frame-Options|frame-ancestors/, /status of 401/, OF_FIREFOX] }, async (s) => {
  await s.person.signIn();
  await s.sandbox.inCrm("tokens/expire", {});
  await s.person.page.getByLabel("Search: Companies").fill("Pied");
  await s.person.pause.waitFor();
  await s.person.goOn();
  await s.person.page.locator("a.row").filter({ hasText: "Pied Piper" }).waitFor();
  await untilIs(1, () => s.person.page.locator("a.row").count());
});
