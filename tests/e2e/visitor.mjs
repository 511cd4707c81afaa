// What a person does on the hosted page. The plugin's panel and Dropbox's sign-in are the same as on the CRM's pages.

import { Person, allow } from "./person.mjs";
import { SandboxWithSite } from "./site.mjs";
import { until } from "./until.mjs";

const MODULES = { company: "Companies", contact: "Contacts", project: "Projects", meeting: "Meetings", product: "Products" };

/** A tab with the hosted page in it. */
export class Visitor extends Person {
  /** The page's notice that nothing goes on without the person. */
  get pause() {
    return this.page.getByRole("button", { name: "Continue" });
  }

  /** Opens the page at a place and signs in with Teamleader, which asks for consent the first time. */
  async signIn(name = "Anna Peeters", place = "") {
    await this.page.goto(`${this.sandbox.site}/${place}`);
    await this.page.getByRole("button", { name: "Sign in with Teamleader" }).click();
    await allow(this.page, name);
    await this.page.getByRole("heading", { level: 1 }).waitFor();
  }

  async openRecord(kind, name) {
    await this.page.getByRole("navigation", { name: "Modules" }).getByRole("link", { name: MODULES[kind] }).click();
    await this.page.getByRole("heading", { level: 1, name: MODULES[kind], exact: true }).waitFor();
    await this.page.locator("a.row").filter({ hasText: name }).click();
    await this.page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
    await this.panel.waitFor();
  }

  /** A document's line in the page's list. */
  document = (name) => this.page.locator("li.document").filter({ has: this.page.getByRole("button", { name, exact: true }) });

  async addDocuments(files, folder = "") {
    await this.page.getByLabel("Folder for added documents").fill(folder);
    await this.page.locator(".documents input[type=file]").setInputFiles(files.map(([name, text]) => ({ name, mimeType: "application/octet-stream", buffer: Buffer.from(text) })));
    for (const [name] of files) await this.document(name).waitFor();
  }

  async deleteDocument(name) {
    await this.page.getByRole("button", { name: `Delete ${name}` }).click();
    await this.page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
    await this.document(name).waitFor({ state: "detached" });
  }

  /** Downloads a document; answers its name and text. */
  async download(name) {
    const [download] = await Promise.all([this.page.waitForEvent("download"), this.page.getByRole("button", { name: `Download ${name}` }).last().click()]);
    const chunks = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk);
    return { name: download.suggestedFilename(), text: Buffer.concat(chunks).toString() };
  }

  /** Disconnects in the settings, and comes back to the record. */
  async disconnect() {
    const place = this.page.url();
    await this.page.getByRole("link", { name: "Settings" }).click();
    await this.disconnectIn(this.page);
    await this.page.goto(place);
    await this.untilScreen("not-connected");
  }

  /** Goes on after a pause: one click, and a window that closes by itself. */
  async goOn() {
    const [popup] = await Promise.all([this.page.waitForEvent("popup"), this.pause.click()]);
    await until("the window is closed", () => popup.isClosed());
    await this.pause.waitFor({ state: "detached" });
  }
}

/** For `scenes`: the plugin runs in the hosted page. */
export const HOSTED = { Person: Visitor, start: () => SandboxWithSite.start() };
