// Pictures of every state of the panel: in light and dark, in three widths. Each is a file of its own; `all-*.png` shows
// all of a theme at once. With `--readme`, the four that the README shows, and no others.

import { mkdir } from "node:fs/promises";
import { launch } from "./browser.mjs";
import { goTo, openGallery, sceneNames, serveGallery } from "./gallery.mjs";

const WIDTHS = [320, 480, 1280];
const THEMES = ["light", "dark"];
/** States that are also shown with what is folded away at first, or with the question that a press asks. */
const UNFOLDED = ["up-to-date", "settings-bulk-choosing", "guard-deletes", "settings"];
/** The README's pictures: a state, its file, and how much of it (px). */
const README = [
  { scene: "first-copy", file: "first-copy", height: 420 },
  { scene: "up-to-date-kept-in-crm", file: "up-to-date", height: 420 },
  { scene: "guard-deletes", file: "guard", height: 420 },
  { scene: "settings", file: "settings", height: 420 },
];

const forReadme = process.argv[2] === "--readme";
const filter = forReadme ? "" : (process.argv[2] ?? "");
const pictures = process.env.PICTURES_DIR;
const server = await serveGallery();
const browser = await launch();
try {
  console.log(`${forReadme ? await takeForReadme() : await takeAll()} pictures`);
} finally {
  await browser.close();
  server.close();
}

async function takeAll() {
  let count = 0;
  for (const theme of THEMES) {
    const overview = await openGallery(browser, server.address, { width: 1428, theme });
    const names = (await sceneNames(overview)).filter((name) => name.includes(filter));
    await mkdir(`${pictures}/${theme}`, { recursive: true });
    await overview.evaluate(() => (document.body.className = "all"));
    if (!filter) await overview.screenshot({ path: `${pictures}/all-${theme}.png`, fullPage: true });
    await overview.context().close();
    for (const width of WIDTHS) {
      const page = await openGallery(browser, server.address, { scene: names[0], width, theme });
      for (const scene of names) {
        await goTo(page, scene);
        await page.screenshot({ path: `${pictures}/${theme}/${scene}-${width}.png`, fullPage: true });
        count += 1;
        if (!UNFOLDED.includes(scene)) continue;
        await unfold(page);
        await page.screenshot({ path: `${pictures}/${theme}/${scene}-unfolded-${width}.png`, fullPage: true });
        count += 1;
      }
      await page.context().close();
    }
  }
  return count;
}

/** The activity stands open, or the question before many records are linked, files deleted, or Dropbox disconnected. */
function unfold(page) {
  return page.locator(".plugin").evaluate((panel) => {
    for (const fold of panel.querySelectorAll("details")) fold.open = fold.classList.contains("activity");
    const asks = panel.querySelector(".bulk .button.primary") ?? panel.querySelector(".button.destructive");
    asks?.click();
  });
}

async function takeForReadme() {
  for (const { scene, file, height } of README) {
    const page = await openGallery(browser, server.address, { scene, width: 440, scale: 2 });
    await page.screenshot({ path: `docs/${file}.png`, clip: { x: 6, y: 6, width: 428, height } });
    await page.context().close();
  }
  return README.length;
}
