// What the installer typed into the options, or shipped in config.json, in the form of the hosted page's configuration.

import { readConfig } from "../app/config.js";
import { browser } from "./browser.js";

const KEY = "config";

/** The configuration in force. The addresses that both services come back to belong to the browser, not to a page. */
export async function readSettings() {
  const shipped = await readConfig(new URL("..", import.meta.url));
  const { [KEY]: typed = {} } = await chrome.storage.local.get(KEY);
  const redirectUris = { teamleader: await browser.redirectUri("teamleader"), dropbox: await browser.redirectUri("dropbox") };
  return { ...shipped, ...typed, redirectUris };
}

/** Keeps what was typed. */
export const writeSettings = (typed) => chrome.storage.local.set({ [KEY]: typed });
