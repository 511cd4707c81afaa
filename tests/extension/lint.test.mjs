// The stores' own check, `web-ext lint`, over each browser's archive as it would be uploaded: no errors.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";

const PACKAGE = createRequire(import.meta.url).resolve("web-ext");
const WEB_EXT = join(dirname(PACKAGE), "bin/web-ext.js");

for (const browser of ["chromium", "firefox"]) {
  test(`web-ext lint finds no error in the extension for ${browser}`, async () => {
    const arguments_ = [WEB_EXT, "lint", "--no-config-discovery", "--output", "json", "--source-dir", process.env[`EXTENSION_ZIP_${browser.toUpperCase()}`]];
    const said = await new Promise((resolve) => execFile(process.execPath, arguments_, { maxBuffer: 1 << 24 }, (_, stdout) => resolve(stdout)));
    const { summary, errors, warnings } = JSON.parse(said);
    assert.deepEqual(errors, []);
    // Firefox for Android came to know one entry later than this version; it is not a target.
    assert.deepEqual(warnings.map(({ code }) => code).filter((code) => code !== "KEY_FIREFOX_ANDROID_UNSUPPORTED_BY_MIN_VERSION"), []);
    assert.equal(summary.errors, 0);
  });
}
