// The planner in the browser, at three sizes, with nothing and with one percent changed. What counts is the processor time
// of the page: it is the wall clock's on a quiet machine, and does not take another program's share for ours.

import { Row, median } from "./row.mjs";
import { processorOf } from "./site.mjs";

const SIZES = [1_000, 10_000, 100_000];
const ROUNDS = 7;
/** One round takes about so long (ms): the page's own work beside the plans is lost in it. */
const ROUND_MS = 60;

export async function measure({ browser, site }) {
  const page = await site.open(browser);
  const processor = await processorOf(page);
  const times = {};
  for (const size of SIZES) {
    for (const changed of [0, 10]) {
      await page.evaluate(([size, changed]) => {
        window.planning?.free();
        window.planning = new ours.Planning(size, changed);
      }, [size, changed]);
      const run = async (count) => (await processor((count) => {
        for (let at = 0; at < count; at++) planning.run();
      }, count)) / count;
      // Tiers up, and tells how many make a round.
      await run(3);
      const count = Math.max(1, Math.round(ROUND_MS / (await run(3))));
      const values = (times[`${size}/${changed}`] = []);
      for (let round = 0; round < ROUNDS; round++) values.push(await run(count));
    }
  }
  await page.close();
  const row = new Row("plan", "plan of one record, 1 % of its files changed, in Chromium: processor time");
  for (const size of SIZES) {
    row.samples(`${size} nodes`, "ms", times[`${size}/10`]).samples(`${size} nodes, nothing changed`, "ms", times[`${size}/0`]);
  }
  const [small, middle, large] = SIZES.map((size) => median(times[`${size}/10`]));
  row.atMost("ms at 100,000 nodes", large, 50);
  // Beside n log n; what caches take of it comes on top.
  row.atMost("growth 1,000 → 10,000 beside n log n", middle / small / nLogN(SIZES[0], SIZES[1]), 1.5);
  row.atMost("growth 10,000 → 100,000 beside n log n", large / middle / nLogN(SIZES[1], SIZES[2]), 1.5);
  row.print();
}

const nLogN = (from, to) => (to * Math.log(to)) / (from * Math.log(from));
