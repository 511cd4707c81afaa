// From the start of the plugin's script to a panel that is visible and takes a click: the shipped plugin with a record that
// is linked and copied, beside an empty module of the same contract that mounts one button.

import { Sandbox } from "../e2e/sandbox.mjs";
import { Page } from "./page.mjs";
import { Row, median } from "./row.mjs";

const WARM_ROUNDS = 9;
const COLD_ROUNDS = 3;
const DOCUMENTS = 20;
const RECORD = { kind: "company", id: "c-1", name: "Pied Piper" };

export async function measure({ browser, site }) {
  const sandbox = await Sandbox.start(["--empty"]);
  try {
    const documents = Array.from({ length: DOCUMENTS }, (_, at) => ({ name: `Document ${at}.txt`, text: `number ${at}` }));
    await sandbox.seed([{ ...RECORD, documents }]);
    const { dropbox, crm } = await sandbox.ask("POST", "/tokens", {});
    const host = {
      apiBase: sandbox.crmApi, token: crm.access_token, account: { id: "account" }, user: { id: "user" }, locale: "en-GB",
      settings: { dropboxAppKey: "sandbox-app-key", dropboxEndpoints: { api: sandbox.api, content: sandbox.content, notify: sandbox.notify, www: sandbox.dropbox } },
    };
    const addresses = { our: address(site, "/plugin/plugin.js", host), peer: address(site, "/button/plugin.js", host) };
    const times = { our: { cold: [], warm: [] }, peer: { cold: [], warm: [] } };
    for (let round = 0; round < COLD_ROUNDS; round++) {
      for (const [name, at] of Object.entries(addresses)) {
        // A profile of its own has nothing in its caches.
        const page = await site.open(browser);
        if (name === "our") await link(page, sandbox, dropbox.access_token, crm.access_token);
        times[name].cold.push(await look(browser, page, at));
        if (round === COLD_ROUNDS - 1) addresses[name] = { at, page };
        else await page.close();
      }
    }
    for (let round = 0; round <= WARM_ROUNDS; round++) {
      for (const [name, { at, page }] of Object.entries(addresses)) {
        const ms = await look(browser, page, at);
        if (round > 0) times[name].warm.push(ms);
      }
    }
    const more = times.our.warm.map((ms, at) => ms - times.peer.warm[at]);
    new Row("panel", "panel of a linked record visible and usable after its script starts")
      .samples("ours, warm", "ms", times.our.warm)
      .samples("one button, warm", "ms", times.peer.warm)
      .samples("ours, cold", "ms", times.our.cold)
      .samples("one button, cold", "ms", times.peer.cold)
      .atMost("ms more than one button, warm", median(more), 100)
      .print();
    for (const { page } of Object.values(addresses)) await page.close();
  } finally {
    await sandbox.stop();
  }
}

const address = (site, plugin, host) => `${site.address}host#${encodeURIComponent(JSON.stringify({ plugin, host, record: RECORD }))}`;

/** Leaves the state of a connected user who copied the record, as the shipped plugin would. */
async function link(page, sandbox, dropbox, crm) {
  const copied = await page.evaluate(async ([api, content, dropbox, crmApi, crm, record]) => {
    const session = await ours.Session.open(api, content, dropbox, crmApi, crm);
    await session.start();
    const copied = await session.copy(record.id, record.name);
    session.stop();
    return copied;
  }, [sandbox.api, sandbox.content, dropbox, sandbox.crmApi, crm, RECORD]);
  if (copied !== DOCUMENTS) throw new Error(`${copied} documents were copied`);
}

/** Opens the host's page in the profile of another; the time from the plugin's script to a panel with a button that can be pressed. */
async function look(browser, beside, at) {
  const page = await Page.open(browser, at, beside);
  const ms = await page.evaluate(() => new Promise((resolve) => {
    const look = () => {
      if (window.usable === undefined) return requestAnimationFrame(look);
      const script = performance.getEntriesByType("resource").find((entry) => entry.name.endsWith("/plugin.js"));
      resolve(window.usable - script.responseEnd);
    };
    look();
  }));
  await page.close();
  return ms;
}
