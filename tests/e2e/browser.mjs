// Chromium, a person's browser profile in it, and what must never be seen there: errors in the console, tokens in an
// address. What a person does on the pages stands in person.mjs.

import { chromium } from "playwright-core";

/**
 * Turned off: the address bar's suggestions, which every window loads as pages of their own (0.8 s of a processor), and
 * what Playwright turns off. Of two lists Chromium takes the last.
 */
const FEATURES_OFF = [
  "SpareRendererForSitePerProcess", "WebUIOmniboxPopup", "WebUIOmniboxAimPopup",
  "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "DialMediaRouteProvider", "GlobalMediaControls", "HttpsUpgrades", "LensOverlay", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning", "BlockOriginHeaderModificationOnRedirect", "AvoidCorsURLLoaderRestartOnRedirect", "Translate", "AutoDeElevate", "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled",
];
export const SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", `--disable-features=${FEATURES_OFF}`];

/** The installed Chromium; none is downloaded. */
export function launch(more = []) {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: [...SWITCHES, ...more] });
}

/** One profile (cookies, stored state) and everything that went on in its pages. */
export class Profile {
  /** Errors of the console and of scripts, in the order they came. */
  errors = [];
  /** Every address that any page asked for or stood at. */
  addresses = new Set();
  /** Every token and verifier that was sent where it belongs. */
  secrets = new Set();

  /** A new one; without `tour` its person has closed the demo's tour before. */
  static async open(browser, { tour = false } = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-GB" });
    if (!tour) {
      await context.addInitScript(() => {
        if (location.protocol === "http:" && localStorage.getItem("crm-tour") === null) localStorage.setItem("crm-tour", "closed");
      });
    }
    return new Profile(context);
  }

  constructor(context) {
    this.context = context;
    context.setDefaultTimeout(20_000);
    context.on("console", (message) => {
      if (message.type() === "error") this.errors.push(`${message.text()} [${message.location().url}]`);
    });
    context.on("weberror", (error) => this.errors.push(`uncaught: ${error.error()?.stack ?? error.error()}`));
    context.on("request", (request) => this.#see(request));
    context.on("page", (page) => page.on("framenavigated", (frame) => this.addresses.add(frame.url())));
  }

  #see(request) {
    this.addresses.add(request.url());
    const bearer = request.headers().authorization?.match(/^Bearer (.+)$/)?.[1];
    if (bearer) this.secrets.add(bearer);
    if (!request.url().endsWith("/oauth2/token")) return;
    const form = new URLSearchParams(request.postData() ?? "");
    for (const name of ["refresh_token", "code_verifier"]) if (form.has(name)) this.secrets.add(form.get(name));
  }

  /** Addresses that give a token away. The implicit grant answers in a fragment, which no server and no history sees. */
  leaks() {
    const addresses = [...this.addresses].map((address) => address.replace(/(\/teamleader\.html)#.*/, "$1"));
    return addresses.filter((address) => [...this.secrets].some((secret) => address.includes(secret)));
  }

  close = () => this.context.close();
}
