// A Dropbox with 20,000 linked files: a cycle in which nothing changed, beside the SDK's listing of the same folder; and
// the first listing, as after the stored position was lost, until it is saved.

import { Sandbox } from "../e2e/sandbox.mjs";
import { Row, median } from "./row.mjs";
import { processorOf, sdkOf } from "./site.mjs";

const RECORDS = 200;
const FILES = 100;
const FOLDERS = 10;
const ROUNDS = 5;

export async function measure({ browser, site }) {
  const sandbox = await Sandbox.start(["--empty"]);
  try {
    const { dropbox } = await sandbox.ask("POST", "/tokens", {});
    await fill(browser, site, sandbox, dropbox.access_token);
    await quiet(browser, site, sandbox, dropbox.access_token);
    await firstListing(browser, site, sandbox, dropbox.access_token);
  } finally {
    await sandbox.stop();
  }
}

/** The folders of 200 records with 100 files each: one file uploaded, the others copied, a thousand a request. */
async function fill(browser, site, sandbox, token) {
  const page = await site.open(browser);
  await sdkOf(page, sandbox, token);
  await page.evaluate(async ([records, files, folders]) => {
    const seed = (await sdk.filesUpload({ path: "/seed.bin", contents: new Uint8Array(1000) })).result.path_lower;
    const entries = [];
    for (let record = 0; record < records; record++) {
      for (let file = 0; file < files; file++) {
        entries.push({ from_path: seed, to_path: `/Companies/Company ${record}/record-${record}/Year ${file % folders}/Document ${file}.pdf` });
      }
    }
    while (entries.length > 0) {
      let { result } = await sdk.filesCopyBatchV2({ entries: entries.splice(0, 1000) });
      while (result[".tag"] === "async_job_id" || result[".tag"] === "in_progress") {
        const job = result.async_job_id ?? window.job;
        window.job = job;
        result = (await sdk.filesCopyBatchCheckV2({ async_job_id: job })).result;
      }
      if (result.entries.some((entry) => entry[".tag"] !== "success")) throw new Error("not every file was copied");
    }
    await sdk.filesDeleteV2({ path: seed });
  }, [RECORDS, FILES, FOLDERS]);
  await page.close();
}

const open = (page, sandbox, token, known) => page.evaluate(async ([api, content, token, known]) => {
  window.session = await ours.Session.open(api, content, token, undefined, "");
  session.hurry();
  const count = await session.link(known);
  if (count !== 20_000) throw new Error(`${count} files are linked`);
}, [sandbox.api, sandbox.content, token, known]);

async function quiet(browser, site, sandbox, token) {
  const page = await site.open(browser);
  await sdkOf(page, sandbox, token);
  await open(page, sandbox, token, true);
  await page.evaluate(() => session.start());
  const processor = await processorOf(page);
  const our = [], whole = [], listing = [];
  let requests;
  for (let round = 0; round <= ROUNDS; round++) {
    await sandbox.forgetRequests();
    const looked = await processor(() => session.observe());
    requests = (await sandbox.requests()).length;
    const cycled = await processor(() => session.sync());
    const listed = await processor(async () => {
      let { result } = await sdk.filesListFolder({ path: "", recursive: true, limit: 2000 });
      let count = result.entries.length;
      while (result.has_more) {
        result = (await sdk.filesListFolderContinue({ cursor: result.cursor })).result;
        count += result.entries.length;
      }
      if (count < 20_000) throw new Error(`${count} entries`);
    });
    // The first round of each warms up.
    if (round > 0) (our.push(looked), whole.push(cycled), listing.push(listed));
  }
  await page.close();
  new Row("quiet", "cycle without changes, 20,000 linked files, in Chromium: processor time of the page")
    .samples("ours, Dropbox's side", "ms", our)
    .samples("ours, with the CRM's 200 listings at hand", "ms", whole)
    .samples("SDK's full recursive listing", "ms", listing)
    .atMost("Dropbox requests", requests, 1)
    .atMost("of the listing's processor time", median(our.map((ms, at) => ms / listing[at])), 0.1)
    .print();
}

async function firstListing(browser, site, sandbox, token) {
  // A page that did nothing else: WebAssembly memory never shrinks.
  const first = await site.open(browser);
  await open(first, sandbox, token, false);
  const page = await site.open(browser, first);
  await first.close();
  await sandbox.forgetRequests();
  await page.send("HeapProfiler.enable");
  await page.send("HeapProfiler.collectGarbage");
  const found = await page.evaluate(async ([api, content, token]) => {
    const session = await ours.Session.open(api, content, token, undefined, "");
    session.hurry();
    session.recall();
    await session.start();
    // What starts the driver is a task of its own.
    await new Promise((resolve) => setTimeout(resolve, 100));
    const tasks = [];
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: "longtask" });
    const heap = () => performance.memory.usedJSHeapSize + memory.buffer.byteLength;
    let most = 0;
    const looking = setInterval(() => (most = Math.max(most, heap())), 5);
    const begun = performance.now();
    await session.observe();
    const ms = performance.now() - begun;
    most = Math.max(most, heap());
    clearInterval(looking);
    // Entries come after the task they tell of.
    await new Promise((resolve) => setTimeout(resolve, 200));
    return { ms, most, wasm: memory.buffer.byteLength, tasks };
  }, [sandbox.api, sandbox.content, token]);
  await page.close();
  const calls = (await sandbox.requests()).filter((entry) => entry.target.includes("list_folder")).length;
  const entries = 1 + RECORDS * (2 + FOLDERS + FILES);
  new Row("first-listing", "first listing of 20,000 files, until it is saved, in Chromium")
    .samples("time", "ms", [found.ms])
    .samples("entries", "", [entries])
    .samples("WebAssembly memory", "MB", [found.wasm / 1e6])
    .samples("tasks over 50 ms", "ms", found.tasks)
    .atMost("listing calls", calls, Math.ceil(entries / 2000) + 1)
    .atMost("heap, JavaScript and WebAssembly (MB)", found.most / 1e6, 64)
    .atMost("longest task (ms)", Math.max(0, ...found.tasks), 50)
    .print();
}
