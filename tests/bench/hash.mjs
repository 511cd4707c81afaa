// The content hash of 50 MB, beside bare digests of the same blocks.

import { Row, median } from "./row.mjs";

const SIZE = 50_000_000;
const ROUNDS = 9;

export async function measure({ browser, site }) {
  const page = await site.open(browser);
  const [our, bare] = await page.evaluate(async ([size, rounds]) => {
    const block = 4 * 1024 * 1024;
    const content = new Uint8Array(size);
    for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(content.subarray(at, Math.min(size, at + 65_536)));
    const timed = async (work) => {
      const begun = performance.now();
      await work();
      return performance.now() - begun;
    };
    const digests = async () => {
      const views = [];
      for (let at = 0; at < size; at += block) views.push(content.subarray(at, at + block));
      await Promise.all(views.map((view) => crypto.subtle.digest("SHA-256", view)));
    };
    const our = [], bare = [];
    for (let round = 0; round <= rounds; round++) {
      const pair = [await timed(() => ours.contentHash(content.buffer)), await timed(digests)];
      // The first of each warms up.
      if (round > 0) (our.push(pair[0]), bare.push(pair[1]));
    }
    return [our, bare];
  }, [SIZE, ROUNDS]);
  await page.close();
  const ratios = our.map((ms, at) => bare[at] / ms);
  new Row("hash", "content hash of 50 MB")
    .samples("ours", "ms", our)
    .samples("bare crypto.subtle.digest", "ms", bare)
    .atLeast("of the bare digests' speed", median(ratios), 0.8)
    .print();
}
