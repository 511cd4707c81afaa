// One document of 50 MB from the CRM to Dropbox, beside the same bytes with two bare calls, over an office line; and what
// is held of large documents meanwhile.

import { Sandbox } from "../e2e/sandbox.mjs";
import { Row, median } from "./row.mjs";

const SIZE = 50_000_000;
/** Both ways; without a limit, a machine's own copying would be measured. */
const LINE_MBIT = 200;
const ROUNDS = 3;
const LIMIT = 64 * 1024 * 1024;

export async function measure({ browser, site }) {
  const sandbox = await Sandbox.start(["--empty", "--latency-ms", "20", "--line-mbit", String(LINE_MBIT)]);
  const page = await site.open(browser);
  try {
    const tokens = await sandbox.ask("POST", "/tokens", {});
    const ids = { api: sandbox.api, content: sandbox.content, crmApi: sandbox.crmApi, dropbox: tokens.dropbox.access_token, crm: tokens.crm.access_token };
    const large = Array.from({ length: ROUNDS }, (_, at) => ({ kind: "company", id: `large-${at}`, name: `Large ${at}`, documents: [{ name: "Film.mov", size: SIZE }] }));
    const several = { kind: "company", id: "several", name: "Several", documents: Array.from({ length: 4 }, (_, at) => ({ name: `Film ${at}.mov`, size: 30_000_000 })) };
    const { records } = await sandbox.seed([...large, several]);
    const most = await page.evaluate(held, [ids, "several"]);
    const our = [], bare = [], growth = [];
    for (let round = 0; round < ROUNDS; round++) {
      const ours = await page.evaluate(copy, [ids, `large-${round}`]);
      our.push(ours.ms);
      growth.push(ours.growth / 1e6);
      bare.push(await page.evaluate(twoCalls, [ids, records[round].documents[0], round]));
    }
    new Row("large", "one document of 50 MB from the CRM to Dropbox, a line of 200 Mbit/s")
      .samples("ours", "ms", our)
      .samples("two bare fetch calls", "ms", bare)
      .samples("bytes in flight, 4 documents of 30 MB", "MB", [most / 1e6])
      .atLeast("of the bare calls' throughput", median(our.map((ms, at) => bare[at] / ms)), 0.9)
      .atMost("growth of WebAssembly memory (MB)", Math.max(...growth), 1)
      .atMost("bytes in flight (MiB)", most / 1024 / 1024, LIMIT / 1024 / 1024)
      .print();
  } finally {
    await page.close();
    await sandbox.stop();
  }
}

/** In the page: copies a linked record's one document; the time from asking for its bytes to their commit. */
async function copy([ids, record]) {
  const session = await ours.Session.open(ids.api, ids.content, ids.dropbox, ids.crmApi, ids.crm);
  await session.start();
  const before = memory.buffer.byteLength;
  const copied = await session.copy(record, "Large");
  const growth = memory.buffer.byteLength - before;
  const ms = session.transferMs;
  await session.close();
  if (copied !== 1) throw new Error(`${copied} documents were copied`);
  return { ms, growth };
}

/** In the page: the most bytes of documents that were held at one time. */
async function held([ids, record]) {
  const session = await ours.Session.open(ids.api, ids.content, ids.dropbox, ids.crmApi, ids.crm);
  await session.start();
  await session.copy(record, "Several");
  const held = session.mostHeld;
  await session.close();
  return held;
}

/** In the page: down with one call, up with another. */
async function twoCalls([ids, id, round]) {
  const asked = await fetch(`${ids.crmApi}/files.download`, { method: "POST", headers: { authorization: `Bearer ${ids.crm}`, "content-type": "application/json" }, body: JSON.stringify({ id }) });
  const { data } = await asked.json();
  const begun = performance.now();
  const bytes = await (await fetch(data.location, { cache: "no-store" })).arrayBuffer();
  const argument = JSON.stringify({ path: `/bare/${round}.mov` });
  const answer = await fetch(`${ids.content}/2/files/upload`, { method: "POST", headers: { authorization: `Bearer ${ids.dropbox}`, "content-type": "application/octet-stream", "dropbox-api-arg": argument }, body: bytes });
  await answer.json();
  if (!answer.ok) throw new Error(`the bare upload was refused: ${answer.status}`);
  return performance.now() - begun;
}
