// What a person does in Firefox with the extension, on the CRM's detail pages.

import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SandboxWithExtension } from "./extension.mjs";
import { Firefox } from "./marionette.mjs";
import { AT_REST } from "./person.mjs";
import { until } from "./until.mjs";
import { zipped } from "./zip.mjs";

/** As in the manifest. */
const ID = "dropbox@teamleader-dropbox.example";
/** Firefox would draw one for each profile. */
const UUID = "6f3b1d5e-8f0c-4d6a-9a51-2c7e4b9d0f13";

const FIREFOX = {
  name: "firefox",
  origin: () => `moz-extension://${UUID}`,
  back: () => `https://${createHash("sha1").update(ID).digest("hex")}.extensions.allizom.org`,
  // Its patterns have no ports: one without stands for all.
  pattern: (origin) => `http://${new URL(origin).hostname}/*`,
};

export const startSandbox = () => SandboxWithExtension.start(FIREFOX);

/** Firefox with the sandbox's extension in it. */
export const launchFirefoxWithExtension = (sandbox) => Firefox.launch({
  id: ID,
  archive: zipped(sandbox.folder),
  preferences: { "extensions.webextensions.uuids": JSON.stringify({ [ID]: UUID }), "intl.accept_languages": "en-GB" },
});

/** A tab with the CRM in it; does what `Colleague` does in Chromium. */
export class FirefoxColleague {
  constructor(firefox, sandbox) {
    this.firefox = firefox;
    this.sandbox = sandbox;
  }

  /** Signed in, at a record's public address, the extension let in, connected. */
  async arrive(kind, name) {
    await this.firefox.goTo(`${this.sandbox.crm}/`);
    await this.press("Sign in as Anna Peeters");
    await until("the list is there", () => this.firefox.run(() => document.querySelector("h1") !== null && !document.body.innerText.includes("Sign in as")));
    const { id } = await this.sandbox.record(name);
    await this.firefox.goTo(`${this.sandbox.crm}/${kind}_detail.php?id=${id}`);
    await this.inWindowOf("Sign in with Teamleader", () => this.press("Allow"));
    await this.untilScreen("not-connected");
    await this.inWindowOf("Connect Dropbox", async () => {
      await this.press("Sign in as Anna Peeters");
      await this.press("Allow");
    });
    await this.untilScreen("not-linked");
  }

  async sync() {
    await this.inFrame(() => this.press("Sync to Dropbox"));
    return this.untilScreen(...AT_REST);
  }

  async addDocuments(files) {
    const folder = mkdtempSync(join(tmpdir(), "documents-"));
    for (const [name, text] of files) {
      const path = join(folder, name);
      writeFileSync(path, text);
      await this.firefox.type(await this.firefox.run(() => document.querySelector("#add")), path);
      await until(`${name} is in the CRM's list`, () => this.lists(name));
    }
    rmSync(folder, { recursive: true });
  }

  /** Whether the CRM's own list shows this document. */
  lists = (name) => this.firefox.run((name) => document.querySelector(`.files-widget tr[data-name="${name}"]`) !== null, name);

  async sees(name) {
    await this.firefox.reload();
    await until(`${name} is in the CRM's list`, () => this.lists(name));
    await this.untilScreen(...AT_REST);
  }

  async deleteDocument(name) {
    await this.press(`Delete ${name}`);
    await until(`${name} is gone from the CRM's list`, async () => !(await this.lists(name)));
  }

  /** In the options of the extension, which it opens itself: no address leads there in a driven browser. */
  async disconnect() {
    const record = await this.firefox.window();
    await this.switchToOpened(() => this.inFrame(() => this.firefox.run(openOptions)));
    await this.press("Disconnect Dropbox");
    await until("they are asked whether they are sure", () => this.shows("Cancel"));
    await this.press("Disconnect Dropbox");
    await until("it is disconnected", async () => !(await this.shows("Disconnect Dropbox")));
    await this.firefox.closeTab();
    await this.firefox.switchTo(record);
    await this.untilScreen("not-connected");
  }

  /** Waits until the panel shows one of these screens; answers which. */
  untilScreen = (...words) => this.inFrame(() => until(`the panel shows ${words.join(" or ")}`, async () => {
    const shown = await this.firefox.run(screen);
    return words.includes(shown) && shown;
  }));

  /** Presses a button of the page or frame, once it is there. */
  async press(name) {
    // Not by the pointer: it does not arrive in frames of another process. Found and pressed in one go: the page may
    // draw itself anew in between.
    const pressed = `(name) => { const found = (${button})(name); found?.click(); return found !== undefined; }`;
    await until(`there is a button ${name}`, () => this.firefox.run(pressed, name));
  }

  /** Whether a button of this name is there. It is not answered itself: drawn anew on its way here, it would be stale. */
  shows = (name) => this.firefox.run(`(name) => (${button})(name) !== undefined`, name);

  /** Presses a button in the extension's frame, and does something in the window that opens, which closes by it. */
  async inWindowOf(name, work) {
    const here = await this.firefox.window();
    const opened = await this.switchToOpened(() => this.inFrame(() => this.press(name)));
    await work();
    await until("the window closes", async () => !(await this.firefox.windows()).includes(opened));
    await this.firefox.switchTo(here);
  }

  /** Does something that opens a window or tab, and goes there; answers its handle. */
  async switchToOpened(work) {
    const before = await this.firefox.windows();
    await work();
    const opened = await until("a window opens", async () => (await this.firefox.windows()).find((handle) => !before.includes(handle)));
    await this.firefox.switchTo(opened);
    return opened;
  }

  async inFrame(work) {
    const frame = await until("the extension's frame is there", () => this.firefox.run(() => document.querySelector("iframe.teamleader-dropbox-frame")));
    await this.firefox.frame(frame);
    try {
      return await work();
    } finally {
      await this.firefox.frame();
    }
  }
}

/** Runs in the page: the button of this name, wherever in shadow roots it stands. */
function button(name) {
  const all = (root) => [...root.querySelectorAll("*")].flatMap((element) => [element, ...(element.shadowRoot ? all(element.shadowRoot) : [])]);
  const named = all(document).filter((element) => element.localName === "button").map((element) => [element, (element.getAttribute("aria-label") ?? element.innerText).trim()]);
  return (named.find(([, is]) => is === name) ?? named.find(([, is]) => is.includes(name)))?.[0];
}

/** Runs in the frame: which screen the panel shows. */
function screen() {
  const holders = [...document.querySelectorAll('[data-plugin-slot="documents"] *')];
  return holders.map((holder) => holder.shadowRoot?.querySelector("[data-screen]")?.dataset.screen).find(Boolean);
}

/** Runs in the frame: what a click on the extension's preferences does. */
function openOptions() {
  chrome.runtime.sendMessage({ what: "openOptions", values: [] });
}
