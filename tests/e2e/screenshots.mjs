// Pictures of every state of the panel: in light and dark, in three widths. Each is a file of its own; `all-*.png` shows
// all of a theme at once.

import { mkdir } from "node:fs/promises";
import { chromium } from "playwright-core";
import { goTo, openGallery, sceneNames, serveGallery } from "./gallery.mjs";

const WIDTHS = [320, 480, 1280];
const THEMES = ["light", "dark"];
const SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

const filter = process.argv[2] ?? "";
const pictures = process.env.PICTURES_DIR;
const server = await serveGallery();
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, headless: true, args: SWITCHES });
let count = 0;
try {
  for (const theme of THEMES) {
    const overview = await openGallery(browser, server.address, { width: 1428, theme });
    const names = (await sceneNames(overview)).filter((name) => name.includes(filter));
    await mkdir(`${pictures}/${theme}`, { recursive: true });
    await overview.evaluate(() => (document.body.className = "all"));
    if (!filter) await overview.screenshot({ path: `${pictures}/all-${theme}.png`, fullPage: true });
    for (const width of WIDTHS) {
      const page = await openGallery(browser, server.address, { scene: names[0], width, theme });
      for (const scene of names) {
        await goTo(page, server.address, { scene });
        await page.screenshot({ path: `${pictures}/${theme}/${scene}-${width}.png`, fullPage: true });
        count += 1;
      }
      await page.context().close();
    }
    await overview.context().close();
  }
} finally {
  await browser.close();
  server.close();
}
console.log(`${count} pictures`);
