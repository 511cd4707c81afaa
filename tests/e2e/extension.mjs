// The extension in a browser: the unpacked folder as it is, but for what an installer types (config.json) and for the
// hosts, which are the sandbox's instead of the real ones; and what a person does on the CRM's pages with it.

import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { SWITCHES } from "./browser.mjs";
import { Person } from "./person.mjs";
import { Sandbox } from "./sandbox.mjs";

/** Chromium's extensions: where their pages stand, and where the identity interface lets services come back to. */
const CHROMIUM = {
  name: "chromium",
  origin: (folder) => `chrome-extension://${idOf(folder)}`,
  back: (folder) => `https://${idOf(folder)}.chromiumapp.org`,
  pattern: (origin) => `${origin}/*`,
};

/** A sandbox that knows the extension: its addresses are registered with both services. */
export class SandboxWithExtension extends Sandbox {
  static async start(browser = CHROMIUM) {
    const folder = mkdtempSync(join(tmpdir(), "extension-"));
    const back = browser.back(folder);
    const sandbox = await super.start(["--crm-redirect-uri", `${back}/teamleader`, "--redirect-uri", `${back}/dropbox`]);
    sandbox.folder = folder;
    sandbox.pages = `${browser.origin(folder)}/extension`;
    sandbox.#install(browser);
    return sandbox;
  }

  async stop() {
    rmSync(this.folder, { recursive: true, force: true });
    await super.stop();
  }

  #install({ name, pattern }) {
    cpSync(join(process.env.EXTENSIONS_DIR, name), this.folder, { recursive: true });
    const manifest = JSON.parse(readFileSync(join(this.folder, "manifest.json"), "utf8"));
    const services = [this.crmApi, this.crmFiles, this.api, this.content, this.notify];
    const policy = manifest.content_security_policy.extension_pages;
    manifest.content_security_policy.extension_pages = policy.replace(/connect-src .*/, `connect-src 'self' ${services.join(" ")}`);
    manifest.host_permissions = services.map(pattern);
    manifest.content_scripts[0].matches = [pattern(this.crm)];
    manifest.content_scripts[0].exclude_matches = [`${pattern(this.crm).slice(0, -1)}oauth2/*`];
    manifest.web_accessible_resources[0].matches = ["http://127.0.0.1/*"];
    writeFileSync(join(this.folder, "manifest.json"), JSON.stringify(manifest));
    this.configure({
      teamleaderClientId: "sandbox-client-id",
      dropboxAppKey: "sandbox-app-key",
      teamleaderEndpoints: { www: this.crm, api: this.crmApi },
      dropboxEndpoints: { www: this.dropbox, api: this.api, content: this.content, notify: this.notify },
    });
  }

  configure = (config) => writeFileSync(join(this.folder, "config.json"), JSON.stringify(config));
}

/** Chromium names an unpacked extension by its folder. */
function idOf(folder) {
  const letters = createHash("sha256").update(folder).digest("hex").slice(0, 32);
  return [...letters].map((digit) => String.fromCharCode(97 + parseInt(digit, 16))).join("");
}

/**
 * For `scenes`: each new profile is a browser of its own, since only those load extensions. Third-party cookies as
 * Chrome's default has them, unless `blocksThirdParties`: Debian's Chromium blocks them.
 */
export const launchWithExtension = ({ blocksThirdParties = false } = {}) => async (sandbox) => ({
  folder: mkdtempSync(join(tmpdir(), "profiles-")),
  profiles: 0,
  async newContext(options) {
    const profile = join(this.folder, String(++this.profiles));
    mkdirSync(join(profile, "Default"), { recursive: true });
    const cookies = blocksThirdParties ? { cookie_controls_mode: 1, block_third_party_cookies: true } : { cookie_controls_mode: 0, block_third_party_cookies: false };
    writeFileSync(join(profile, "Default/Preferences"), JSON.stringify({ profile: cookies }));
    return chromium.launchPersistentContext(profile, {
      ...options,
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      headless: false,
      args: ["--headless=new", ...SWITCHES, `--disable-extensions-except=${sandbox.folder}`, `--load-extension=${sandbox.folder}`],
      ignoreDefaultArgs: ["--disable-extensions"],
    });
  },
  // A browser that was closed writes for a moment.
  async close() {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  },
});

/** A tab with a detail page of the CRM in it. */
export class Colleague extends Person {
  constructor(page, sandbox) {
    super(page, sandbox);
    this.frame = page.frameLocator("iframe.teamleader-dropbox-frame");
    this.panel = this.frame.locator('[data-plugin-slot="documents"] [data-screen]');
  }

  /** At its public address; for the first time the extension has to be let in. */
  async openRecord(kind, name) {
    const { id } = await this.sandbox.record(name);
    await this.page.goto(`${this.sandbox.crm}/${kind}_detail.php?id=${id}`);
    const letIn = this.frame.getByRole("button", { name: "Sign in with Teamleader" });
    await letIn.or(this.panel.first()).first().waitFor();
    if (await letIn.isVisible()) {
      const [window] = await Promise.all([this.page.context().waitForEvent("page"), letIn.click()]);
      await window.getByRole("button", { name: "Allow" }).click();
    }
    await this.panel.waitFor();
  }

  async openSignIn(button = "Connect Dropbox") {
    const [window] = await Promise.all([this.page.context().waitForEvent("page"), this.button(button).click()]);
    return window;
  }

  document = (name) => this.page.locator(`.files-widget tr[data-name="${name}"]`);

  /** The CRM's own list does not know that a plugin exists: it shows what came from Dropbox when it is loaded again. */
  sees = async (name) => {
    await this.page.reload();
    await this.document(name).waitFor();
  };

  /** The CRM's simple list has one folder. */
  async addDocuments(files) {
    await this.page.locator("#add").setInputFiles(files.map(([name, text]) => ({ name, mimeType: "application/octet-stream", buffer: Buffer.from(text) })));
    for (const [name] of files) await this.document(name).waitFor();
  }

  async deleteDocument(name) {
    await this.page.getByRole("button", { name: `Delete ${name}` }).click();
    await this.document(name).waitFor({ state: "detached" });
  }

  /** The options of the extension, in a tab of their own. */
  async openOptions() {
    const options = await this.page.context().newPage();
    await options.goto(`${this.sandbox.pages}/options.html`);
    return options;
  }

  async disconnect() {
    const options = await this.openOptions();
    await this.disconnectIn(options);
    await options.close();
    await this.untilScreen("not-connected");
  }
}

/** For `scenes`: the plugin runs in the extension, on the CRM's detail pages. */
export const EXTENDED = { Person: Colleague, start: () => SandboxWithExtension.start() };
