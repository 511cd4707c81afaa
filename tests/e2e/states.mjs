// A record to bring into a state, and what its panel shows then. How a state comes about stands in the tests.

import assert from "node:assert/strict";
import { folderOf } from "./trees.mjs";
import { until, untilIs } from "./until.mjs";

/** The record of these tests. */
export const RECORD = { kind: "company", id: "c-1", name: "Pied Piper" };

/** So many small documents. */
export const numbered = (count) => Array.from({ length: count }, (_, at) => ({ name: `Document ${at + 1}.txt`, text: `number ${at + 1}` }));

/** The record's documents in the CRM. */
export const documentsOf = (state) => state.crm.records.find((record) => record.id === RECORD.id).documents;

/** The record with these documents, linked and at rest; answers its folder in Dropbox. */
export async function linked(s, documents, screen = "up-to-date") {
  await s.sandbox.seed([{ ...RECORD, documents }]);
  await s.person.arrive(RECORD.kind, RECORD.name);
  assert.equal(await s.person.sync(), screen);
  await until("the echo of the copy is over", async () => {
    const calls = await s.calls();
    const written = calls.findLastIndex((call) => call.target.endsWith("/finish_batch_v2"));
    const hears = !calls.some((call) => call.target.endsWith("/longpoll") && call.status === 404);
    const looked = calls.slice(written + 1).some((call) => call.target === "/files.list");
    return (looked || !hears) && (await s.person.screen()) === screen;
  });
  return folderOf(await s.sandbox.record(RECORD.name));
}

/** Does something while the page does not look, and comes back to it. */
export async function away({ person: { page } }, work) {
  const address = page.url();
  await page.goto("about:blank");
  await work();
  await page.goto(address);
}

/** Words that belong to programs: no person is to read them. */
const RAW = /undefined|null|\bNaN\b|[{}]|\w_\w|\b[45]\d\d\b|exception|failed to fetch/i;

/**
 * Waits until the panel shows this screen, and its head says and offers just this: its `title`, `detail`, `buttons`,
 * `links`, as far as they are named. The same screen may have said something else a moment before.
 */
export async function shows(person, screen, expected) {
  let heads = [];
  const named = () => Object.fromEntries(["screen", ...Object.keys(expected)].map((key) => [key, heads[0]?.[key]]));
  // Read in one go: the next screen may be there a moment later, as at the echo of our own work.
  await untilIs({ screen, ...expected }, async () => {
    heads = await person.panel.evaluateAll(read);
    return named();
  });
  const { said, title, detail = "", buttons } = heads[0];
  for (const text of [title, detail, ...buttons]) assert.doesNotMatch(text, RAW);
  // What an eye sees, an ear is told: the same title, or how far it is.
  assert.ok(said.startsWith(title.split(" · ")[0].replace(/ …$/, "")), `${said} is said of ${title}, on ${screen}`);
}

/** Runs in the page: each panel's head. One that was found may be gone by now: a crash puts another into its place. */
function read(panels) {
  return panels.filter((panel) => panel.isConnected).map((panel) => {
    const texts = (selector) => [...panel.querySelectorAll(selector)].map((element) => element.innerText.trim());
    return {
      screen: panel.dataset.screen,
      title: panel.querySelector(".title").innerText.trim(),
      detail: panel.querySelector(".head > .detail")?.innerText.trim(),
      buttons: texts(".head button"),
      links: texts(".bar a, .head a"),
      said: panel.parentElement.querySelector("[aria-live=polite], [role=alert]").textContent,
    };
  });
}
