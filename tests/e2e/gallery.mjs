// The gallery's page in Chromium: served from its folder, opened in a theme and a width. What is looked at there
// stands in screenshots.mjs and gallery.test.mjs.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".wasm": "application/wasm" };

/** Serves the gallery; `close()` ends it. */
export async function serveGallery(folder = process.env.GALLERY_DIR) {
  if (!folder) throw new Error("GALLERY_DIR is not set: start this with `cargo xtask`");
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, "http://localhost").pathname);
    const file = join(folder, path === "/" ? "index.html" : path);
    try {
      const bytes = await readFile(file);
      response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" }).end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { address: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

/** A page of the gallery: one state, or all. */
export async function openGallery(browser, address, { scene, locale = "en", width = 480, theme = "light", motion = "reduce", scale = 1 } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 400 }, deviceScaleFactor: scale, colorScheme: theme, reducedMotion: motion, locale: "en-GB", timezoneId: "UTC" });
  const page = await context.newPage();
  page.errors = [];
  page.on("console", (message) => message.type() === "error" && page.errors.push(message.text()));
  page.on("pageerror", (error) => page.errors.push(String(error)));
  const query = new URLSearchParams({ locale, ...(scene ? { scene } : { stacked: "" }) });
  await page.goto(`${address}?${query}`);
  await page.waitForFunction(() => window.ready === true);
  return page;
}

/** Shows another state in the same window, in a panel that knows nothing of the one before. */
export const goTo = (page, scene) => page.evaluate((scene) => window.goTo(scene), scene);

/** The names of all states. */
export const sceneNames = (page) => page.evaluate(() => window.gallery.sceneNames());
