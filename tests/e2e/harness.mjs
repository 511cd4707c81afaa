// One test of the whole system: a fresh world, a fresh browser profile, a person in it; afterwards what must hold after
// every test: nothing wrong in the console, no token in any address, no request that the services did not expect.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { Profile, launch } from "./browser.mjs";
import { Person } from "./person.mjs";
import { Sandbox } from "./sandbox.mjs";
import { assertEqualTrees, crmTree, difference, dropboxTree, listing } from "./trees.mjs";
import { until } from "./until.mjs";

const PICTURES = process.env.PICTURES_DIR;
/** A world keeps the options of the one before it, so each names all that a test may change. */
const WORLD = { sample: true, variants: {}, quota_bytes: 2 * 1024 ** 3, strict_public_api: false, rate_limits: false };

/** What the tests of one file share: made before the first of them, ended after the last. */
const shared = {};

/**
 * Call once in a test file; `launchBrowser` for another browser than Chromium. Answers how its tests are written:
 * `scene("what holds", async (s) => …)`. `host`: where the plugin runs if not on the CRM's own pages: `{ Person, start }`,
 * who uses it, and what starts it beside a sandbox.
 */
export function scenes(launchBrowser = () => launch(), host = { Person, start: (flags) => Sandbox.start(flags) }) {
  before(async () => {
    // One after the other: a browser whose sandbox does not start would never be closed.
    shared.sandbox = await host.start();
    shared.browser = await launchBrowser(shared.sandbox);
    shared.Person = host.Person;
  });
  after(async () => {
    await shared.browser?.close();
    await shared.sandbox?.stop();
  });
  return scene;
}

/**
 * Declares a test. `world`: options of the new world. `refused`: answers that belong to this test, which the browser
 * reports as errors (`"404 /files.info"`: status and end of the address); `torn`: connections are cut on purpose; `said`: what else the console
 * says in this test, as patterns. `tour`: the demo's tour was not closed before.
 */
function scene(name, { world = {}, refused = [], torn = false, said = [], tour = false, timeoutMs = 90_000 } = {}, body) {
  test(name, { timeout: timeoutMs }, async () => {
    const { sandbox, browser } = shared;
    await sandbox.reset({ ...WORLD, ...world });
    const profile = await Profile.open(browser, { tour });
    const s = new Scene(sandbox, browser, profile, await shared.Person.in(profile, sandbox));
    try {
      await body(s);
      for (const profile of s.profiles) assertClean(profile, refused, torn, said);
      await assertExpected(sandbox);
    } catch (error) {
      await s.explain(name, error);
      throw error;
    } finally {
      await Promise.all(s.profiles.map((profile) => profile.close()));
    }
  });
}

/** What a test holds in its hands. */
export class Scene {
  constructor(sandbox, browser, profile, person) {
    Object.assign(this, { sandbox, browser, profile, person, profiles: [profile] });
  }

  /** Another tab of the same profile. */
  newTab = (profile = this.profile) => shared.Person.in(profile, this.sandbox);

  /** Another browser. */
  async newBrowser() {
    const profile = await Profile.open(this.browser);
    this.profiles.push(profile);
    return this.newTab(profile);
  }

  /** Waits until Dropbox holds the documents of these records, and nothing else. */
  async untilEqual(...ids) {
    let state;
    await until("both trees are equal", async () => {
      state = await this.sandbox.state();
      return difference(crmTree(state, ids), dropboxTree(state)) === "";
    }).catch(() => assertEqualTrees(state, ids));
    return state;
  }

  /** Waits until this holds for the state of both services. */
  async untilState(what, holds) {
    let state;
    await until(what, async () => holds((state = await this.sandbox.state())));
    return state;
  }

  /** Both clocks, the pages' and the services', jump ahead; timers that fall due go off. */
  async advance(seconds) {
    await this.sandbox.advance(seconds);
    for (const profile of this.profiles) await profile.context.clock.fastForward(seconds * 1000);
  }

  /** From now on holds back calls to this address, after the first `passes` of them. */
  hold = (address, passes = 0, profile = this.profile) => Gate.close(profile.context, address, passes);

  /** What went over the wire since the log was emptied, without the CRM's own pages and the checkpoint's writes. */
  async calls() {
    const log = await this.sandbox.requests();
    return log.filter((entry) => !["crm", "dropbox_www"].includes(entry.origin) && entry.target !== "/2/files/upload");
  }

  /** Adds what a person wants to know of a failed test. */
  async explain(name, error) {
    const lines = [];
    for (const [at, page] of this.profiles.flatMap((profile) => profile.context.pages()).entries()) {
      if (!PICTURES || page.isClosed()) continue;
      mkdirSync(PICTURES, { recursive: true });
      const file = `${PICTURES}/failed-${name.replace(/\W+/g, "-").slice(0, 60)}-${at}.png`;
      const taken = await page.screenshot({ path: file, timeout: 5_000 }).then(() => true, () => false);
      if (taken) lines.push(`picture of ${page.url()}: ${file}`);
    }
    for (const { errors } of this.profiles) lines.push(...errors.map((text) => `console: ${text}`));
    const [log, state] = await Promise.all([this.sandbox.requests(), this.sandbox.state()]);
    lines.push("the last requests:", ...log.filter((entry) => entry.origin !== "crm").slice(-25).map((entry) => `  ${entry.status} ${entry.method} ${entry.origin} ${entry.target.slice(0, 120)} ${entry.unexpected ?? ""}`));
    lines.push("Dropbox:", listing(dropboxTree(state)));
    error.message += `\n${lines.join("\n")}`;
    // The stack repeats the message as it was; without the rest it would be shown alone.
    error.stack = `${error.message}\n${(error.stack ?? "").split("\n").filter((line) => line.startsWith("    at ")).join("\n")}`;
  }
}

/** Holds requests back between the page and the service, so that something can happen in the middle. */
class Gate {
  #waiting = [];
  #open = false;

  static async close(context, address, passes) {
    const gate = new Gate();
    await context.route(address, async (route) => {
      if (passes-- <= 0 && !gate.#open) await new Promise((resolve) => gate.#waiting.push(resolve));
      // The page may be gone by now, and its requests with it.
      await route.continue().catch(() => {});
    });
    return gate;
  }

  /** Waits until a request stands before the gate. */
  reached = () => until("a request is held back", () => this.#waiting.length > 0);

  open() {
    this.#open = true;
    for (const go of this.#waiting.splice(0)) go();
  }
}

/** Nothing wrong in the console, no token in any address. */
function assertClean(profile, refused, torn, said) {
  const allowed = refused.map((answer) => answer.split(" ")).map(([status, address]) => (text) => text.includes(`responded with a status of ${status} `) && text.endsWith(`${address}]`));
  allowed.push((text) => said.some((pattern) => pattern.test(text)));
  if (torn) allowed.push((text) => text.includes("net::ERR_"));
  const errors = profile.errors.filter((text) => !allowed.some((fits) => fits(text)));
  assert.deepEqual(errors, [], "errors in the console");
  assert.deepEqual(profile.leaks(), [], "addresses with a token");
}

/** The services were asked nothing that a correct client would not ask, and no address there held a token. */
export async function assertExpected(sandbox) {
  const log = await sandbox.requests();
  assert.deepEqual(log.filter((entry) => entry.unexpected), [], "requests that were not expected");
}
