// Debian's Firefox, driven over WebDriver BiDi, the protocol it speaks by itself: no geckodriver, and the same pages'
// functions as for Chromium. The newest driver needs a newer Firefox than Debian's: package.json pins the last that fits.

import { firefox } from "playwright-core";

/** The installed Firefox; none is downloaded. */
export function launchFirefox() {
  return firefox.launch({ channel: "moz-firefox", executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr", headless: true });
}
