// The Dropbox half of a first copy: 500 documents of 100 KB that are already in the page, 50 ms away from a Dropbox that
// locks its namespace for each write. Beside it the official SDK, one after the other and eight in parallel.

import { Sandbox } from "../e2e/sandbox.mjs";
import { dropboxTree } from "../e2e/trees.mjs";
import { Row, median } from "./row.mjs";
import { sdkOf } from "./site.mjs";

const COUNT = 500;
const SIZE = 100_000;
const OUR_ROUNDS = 3;

export async function measure({ browser, site }) {
  const sandbox = await Sandbox.start(["--empty", "--latency-ms", "50", "--rate-limit"]);
  const page = await site.open(browser);
  try {
    const { dropbox } = await sandbox.ask("POST", "/tokens", {});
    await sdkOf(page, sandbox, dropbox.access_token);
    await page.evaluate(([count, size]) => {
      window.contents = Array.from({ length: count }, () => {
        const bytes = new Uint8Array(size);
        for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, Math.min(size, at + 65_536)));
        return bytes.buffer;
      });
    }, [COUNT, SIZE]);
    const our = [];
    // In turns, so that a machine that is busy for a while is busy for all.
    const ours = async () => our.push(await copy(page, sandbox, dropbox.access_token, our.length));
    await ours();
    const serial = await upload(page, sandbox, "one after the other", 1);
    await ours();
    const parallel = await upload(page, sandbox, "eight", 8);
    while (our.length < OUR_ROUNDS) await ours();
    new Row("dropbox-half", "Dropbox half of a first copy: 500 documents of 100 KB at hand, 50 ms latency, namespace lock on")
      .samples("ours", "s", our)
      .samples("SDK, one after the other", "s", [serial.seconds])
      .samples("SDK, 8 in parallel, retrying", "s", [parallel.seconds])
      .samples("refused (429) of 8 in parallel", "", [parallel.refused])
      .atLeast("times as fast as one after the other", serial.seconds / median(our), 8)
      .atLeast("times as fast as 8 in parallel", parallel.seconds / median(our), 1.5)
      .print();
  } finally {
    await page.close();
    await sandbox.stop();
  }
}

/** Ours: from the button to the record at rest. The CRM's side costs nothing. */
async function copy(page, sandbox, token, round) {
  const [seconds, copied] = await page.evaluate(async ([api, content, token, round]) => {
    const session = await ours.Session.open(api, content, token, undefined, "");
    contents.forEach((bytes, at) => session.add(`record-${round}`, `document-${at}`, `Year ${at % 10}`, `Document ${at}.bin`, bytes));
    await session.start();
    const begun = performance.now();
    const copied = await session.copy(`record-${round}`, "Pied Piper");
    const seconds = (performance.now() - begun) / 1000;
    await session.close();
    return [seconds, copied];
  }, [sandbox.api, sandbox.content, token, round]);
  const there = [...dropboxTree(await sandbox.state()).keys()].filter((path) => path.includes(`/record-${round}/`));
  if (copied !== COUNT || there.length !== COUNT) throw new Error(`${copied} copied, ${there.length} there, not ${COUNT}`);
  return seconds;
}

/** The SDK's, so many at a time; a refused one waits as long as the answer asks for, or the documented second. */
async function upload(page, sandbox, folder, lanes) {
  const result = await page.evaluate(async ([folder, lanes]) => {
    let next = 0, refused = 0;
    const lane = async () => {
      while (next < contents.length) {
        const at = next++;
        for (;;) {
          try {
            await sdk.filesUpload({ path: `/${folder}/Document ${at}.bin`, contents: contents[at] });
            break;
          } catch (error) {
            if (error.status !== 429) throw error;
            refused++;
            const seconds = error.error?.error?.retry_after ?? 1;
            await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
          }
        }
      }
    };
    const begun = performance.now();
    await Promise.all(Array.from({ length: lanes }, lane));
    return { seconds: (performance.now() - begun) / 1000, refused };
  }, [folder, lanes]);
  const there = [...dropboxTree(await sandbox.state()).keys()].filter((path) => path.startsWith(`/${folder}/`));
  if (there.length !== COUNT) throw new Error(`${folder}: ${there.length} there, not ${COUNT}`);
  return result;
}
