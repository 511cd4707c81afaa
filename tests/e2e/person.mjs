// What a person does with the CRM's pages, the plugin's panel and Dropbox's sign-in: by role and by accessible name.

import { until } from "./until.mjs";

const MODULES = { company: "Companies", contact: "Contacts", project: "Projects", meeting: "Meetings", product: "Products" };
/** Screens that say that a record is at rest, well or not. */
export const AT_REST = ["up-to-date", "part-failed", "conflict", "one-way"];

/** A tab with the CRM in it. */
export class Person {
  constructor(page, sandbox) {
    this.page = page;
    this.sandbox = sandbox;
    /** The plugin's panel: whatever screen it shows. */
    this.panel = page.locator('[data-plugin-slot="documents"] [data-screen]');
  }

  static async in(profile, sandbox) {
    return new this(await profile.context.newPage(), sandbox);
  }

  button = (name, options = {}) => this.panel.getByRole("button", { name, exact: true, ...options });
  link = (name) => this.panel.getByRole("link", { name });

  /** Presses what goes on after a stop; until the press, the sync may have gone on by itself. */
  tryAgain = () => this.button(/^(Try again|Sync to Dropbox)$/).click();

  /** Opens the CRM and signs in. */
  async signIn(name = "Anna Peeters") {
    await this.page.goto(`${this.sandbox.crm}/`);
    await this.page.getByRole("button", { name: `Sign in as ${name}` }).click();
    // The list comes after the plugin was started; what is clicked before that is drawn anew under the pointer.
    await this.page.getByRole("heading", { level: 1, name: MODULES.company }).waitFor();
  }

  /** Goes to a record by the navigation and the module's list. */
  async openRecord(kind, name) {
    const list = this.page.getByRole("heading", { level: 1, name: MODULES[kind], exact: true });
    if (!(await list.isVisible())) await this.page.getByRole("navigation", { name: "Modules" }).getByRole("link", { name: MODULES[kind] }).click();
    await list.waitFor();
    // The circle before the name holds initials, so the link's name ends with the record's.
    await this.page.locator("a.row-link").filter({ hasText: name }).click();
    await this.page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
    await this.panel.waitFor();
  }

  /** Which screen the panel shows; nothing while there is no panel. */
  async screen() {
    try {
      const screens = await this.panel.evaluateAll((panels) => panels.map((panel) => panel.dataset.screen));
      return screens[0];
    } catch (error) {
      // The page is on its way to another one.
      if (/context was destroyed|navigating/i.test(error.message)) return undefined;
      throw error;
    }
  }

  /** Waits until the panel shows one of these screens; answers which. */
  async untilScreen(...words) {
    let seen;
    try {
      return await until(`the panel shows ${words.join(" or ")}`, async () => {
        seen = await this.screen();
        return words.includes(seen) && seen;
      });
    } catch (error) {
      error.message += `; it shows ${seen}: ${JSON.stringify(await this.text())}`;
      throw error;
    }
  }

  /** Waits until the record is at rest; answers on which screen. */
  untilAtRest = () => this.untilScreen(...AT_REST);

  /** What the panel says, without line breaks. */
  async text() {
    const texts = await this.panel.allInnerTexts();
    return texts.join(" | ").replace(/\s+/g, " ").trim();
  }

  /** A document's line in the plugin's panel. */
  row = (name) => this.panel.locator("li.entry").filter({ has: this.page.locator(".file").getByText(name, { exact: true }) });

  /** A document's mark in the plugin's panel, with its words: `both: In the CRM and in Dropbox`. */
  async mark(name) {
    const row = this.row(name);
    return `${await row.getAttribute("data-mark")}: ${await row.getByRole("img").getAttribute("aria-label")}`;
  }

  /** Waits until a document has this mark: its words, or a pattern of them. */
  async untilMark(name, wanted) {
    let seen;
    await until(`${name} is marked “${wanted}”`, async () => {
      seen = (await this.row(name).count()) === 1 && (await this.mark(name));
      return wanted instanceof RegExp ? wanted.test(seen) : seen === wanted;
    }).catch((error) => {
      error.message += `; it is “${seen}”`;
      throw error;
    });
  }

  /** Connects through the popup. */
  async connectDropbox({ as = "Anna Peeters", button = "Connect Dropbox" } = {}) {
    const popup = await this.openSignIn(button);
    await allow(popup, as);
    await this.untilScreen("not-linked", ...AT_REST);
  }

  /** Presses the button and answers the popup with Dropbox's sign-in. */
  async openSignIn(button = "Connect Dropbox") {
    const [popup] = await Promise.all([this.page.waitForEvent("popup"), this.button(button).click()]);
    return popup;
  }

  /** Opens the plugin in the Marketplace, by the menu behind the user's name; answers its page. */
  async openPlugin(name = "Anna Peeters") {
    await this.page.getByRole("button", { name, exact: true }).click();
    await this.page.getByRole("menuitem", { name: "Marketplace" }).click();
    await this.page.getByRole("link", { name: /^Open / }).click();
    const plugin = this.page.getByRole("region", { name: "Dropbox for Teamleader" });
    await plugin.waitFor();
    return plugin;
  }

  /** Presses `Sync to Dropbox` (or what it is called in the person's language) and waits until the record is at rest. */
  async sync(button = "Sync to Dropbox") {
    await this.button(button).click();
    return this.untilAtRest();
  }

  /** Signed in, at a record, connected. */
  async arrive(kind, name) {
    await this.signIn();
    await this.openRecord(kind, name);
    await this.connectDropbox();
  }

  /** A document's line in the CRM's own panel. */
  document = (name) => this.page.locator(".documents-panel > .documents li.document").filter({ has: this.page.getByRole("link", { name, exact: true }) });

  /** Adds documents with the CRM's own form. */
  async addDocuments(files, folder = "") {
    await this.page.getByRole("button", { name: "Add documents" }).click();
    const form = this.page.getByRole("form", { name: "Add documents" });
    await form.getByLabel("Files").setInputFiles(files.map(([name, text]) => ({ name, mimeType: "application/octet-stream", buffer: Buffer.from(text) })));
    await form.getByLabel("Folder").fill(folder);
    await form.getByRole("button", { name: "Upload" }).click();
    await this.page.getByRole("status").getByText(/ (is|are) added\.$/).waitFor();
  }

  /** Deletes a document with the CRM's own menu. */
  async deleteDocument(name) {
    await this.page.getByRole("button", { name: `Actions for ${name}` }).click();
    await this.page.getByRole("menuitem", { name: "Delete" }).click();
    await this.page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await this.document(name).waitFor({ state: "detached" });
  }

  /** Moves a document to a folder, and renames it if a name is given, with the CRM's own menu. */
  async changeDocument(name, change) {
    await this.page.getByRole("button", { name: `Actions for ${name}` }).click();
    await this.page.getByRole("menuitem", { name: "Rename or move" }).click();
    const dialog = this.page.getByRole("dialog");
    if (change.name !== undefined) await dialog.getByLabel("Name").fill(change.name);
    await dialog.getByLabel("Folder").fill(change.folder);
    await dialog.getByRole("button", { name: "Save" }).click();
    await this.page.getByRole("list", { name: change.folder, exact: true }).getByRole("link", { name: change.name ?? name, exact: true }).waitFor();
  }

  /** Waits until the page shows this document. */
  sees = (name) => this.document(name).waitFor();

  /** Disconnects in the settings that this page shows. */
  async disconnectIn(page) {
    const settings = page.locator('[data-plugin-slot="settings"]');
    const disconnect = settings.getByRole("button", { name: "Disconnect Dropbox" });
    await disconnect.click();
    // The question whether they are sure has the same answer.
    await settings.getByRole("button", { name: "Cancel" }).waitFor();
    await disconnect.click();
    await disconnect.waitFor({ state: "detached" });
  }

  /** Renames the record with the CRM's own dialog. */
  async renameRecord(name) {
    await this.page.getByRole("button", { name: "Edit name" }).click();
    await this.page.getByRole("dialog").getByLabel("Name").fill(name);
    await this.page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await this.page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
  }
}

/** Signs in at Dropbox, where it asks for that, and allows the app its folder. */
export async function allow(page, as = "Anna Peeters") {
  const signIn = page.getByRole("button", { name: `Sign in as ${as}` });
  const consent = page.getByRole("button", { name: "Allow" });
  await signIn.or(consent).waitFor();
  if (await signIn.isVisible()) await signIn.click();
  await consent.click();
}
