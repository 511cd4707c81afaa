// The browser benchmarks: each row measures ours and its peer in turns, in the same page or in pages alike, and prints
// one line of JSON for `cargo xtask bench`. Arguments choose rows by part of their name.

import { launch } from "../e2e/browser.mjs";
import { serve } from "./site.mjs";

const ROWS = ["hash", "plan", "dropbox-half", "large", "folder", "panel"];

const wanted = process.argv.slice(2);
const chosen = ROWS.filter((row) => wanted.length === 0 || wanted.some((word) => row.includes(word)));
const site = await serve();
const browser = await launch(["--enable-precise-memory-info", "--js-flags=--expose-gc"]);
let failed = false;
try {
  for (const name of chosen) {
    const begun = Date.now();
    try {
      const { measure } = await import(`./${name}.mjs`);
      await measure({ browser, site });
    } catch (error) {
      failed = true;
      console.error(`${name}: ${error.stack ?? error}`);
    }
    console.error(`${name}: ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  }
} finally {
  await browser.close();
  site.close();
}
if (failed) process.exitCode = 1;
