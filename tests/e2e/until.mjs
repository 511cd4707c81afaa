// Waiting for something to become true, and for nothing else.

import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";

/** Between two looks (ms). */
const LOOK_MS = 40;
/** After which it will not happen any more (ms): far above what a loaded machine needs. */
const LIMIT_MS = 25_000;

/** Looks until `probe` answers something true, and answers that. */
export async function until(what, probe, limitMs = LIMIT_MS) {
  const end = Date.now() + limitMs;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > end) throw new Error(`did not happen within ${limitMs / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Looks until `read` answers what is expected; shows the difference if it never does. */
export async function untilIs(expected, read) {
  let seen;
  await until("it is as expected", async () => isDeepStrictEqual((seen = await read()), expected)).catch((error) => {
    assert.deepEqual(seen, expected);
    throw error;
  });
}
