// The page of the benchmarks: served from the folder that `cargo xtask bench` builds, with the official SDK beside our
// module, so that both run in the same page.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { Page } from "./page.mjs";

const FOLDER = process.env.BENCH_DIR;
const SDK = process.env.DROPBOX_SDK;
/** Folders that are served whole: the plugin as a CRM loads it, and the plugin that is but a button. */
const PLUGINS = { plugin: process.env.PLUGIN_DIR, button: process.env.BUTTON_DIR };
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".css": "text/css", ".json": "application/json" };

const PAGE = `<!doctype html><meta charset="utf-8"><title>Benchmarks</title><link rel="icon" href="data:,">
<script src="/sdk.js"></script>
<script type="module">
  import init, * as ours from "/bench.js";
  const { memory } = await init({ module_or_path: "/bench_bg.wasm" });
  Object.assign(window, { ours, memory, ready: true });
</script><body></body>`;

/** A CRM's page with a panel in it: starts a plugin (`?plugin=…`) and mounts its panel for a record. */
const HOST = `<!doctype html><meta charset="utf-8"><title>Host</title><link rel="icon" href="data:,"><body><div id="slot"></div>
<script type="module">
  const { plugin, host, record } = JSON.parse(decodeURIComponent(location.hash.slice(1)));
  const look = () => {
    const buttons = [...slot.children].flatMap((holder) => [...(holder.shadowRoot?.querySelectorAll("button") ?? [])]);
    if (buttons.some((button) => !button.disabled && button.getBoundingClientRect().height > 0)) window.usable = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  const token = host.token;
  Object.assign(host, { getAccessToken: async () => token, on: () => () => {}, notifyDocumentsChanged() {} });
  const { start } = await import(plugin);
  const started = await start(host);
  started.mountDocumentsPanel(slot, record);
</script></body>`;

/** Serves it; \`open\` gives a fresh page, in a profile of its own or in that of another page. */
export async function serve() {
  if (!FOLDER || !SDK) throw new Error("BENCH_DIR and DROPBOX_SDK are not set: run `cargo xtask bench`");
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, "http://localhost").pathname);
    try {
      const [, folder, rest] = path.match(/^\/(plugin|button)\/(.*)$/) ?? [];
      const file = folder ? join(PLUGINS[folder], rest) : path === "/sdk.js" ? SDK : join(FOLDER, path);
      const body = { "/": PAGE, "/host": HOST }[path] ?? (await readFile(file));
      // As a CRM serves a package: it may be kept, and is asked about when it is used.
      response.writeHead(200, { "content-type": TYPES[extname(path) || ".html"] ?? "application/octet-stream", "cache-control": "max-age=3600" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${server.address().port}/`;
  const open = async (browser, beside) => {
    const page = await Page.open(browser, address, beside);
    await page.evaluate(() => new Promise((resolve) => {
      const look = () => (window.ready ? resolve() : requestAnimationFrame(look));
      look();
    }));
    return page;
  };
  return { address, open, close: () => server.close() };
}

/** In the page: the official SDK, pointed at the sandbox. */
export function sdkOf(page, sandbox, token) {
  return page.evaluate(([api, content, accessToken]) => {
    const hosts = { "https://api.dropboxapi.com": api, "https://content.dropboxapi.com": content };
    const redirected = (address, options) => {
      const url = new URL(address);
      return fetch(hosts[url.origin] + url.pathname + url.search, options);
    };
    window.sdk = new Dropbox.Dropbox({ accessToken, fetch: redirected });
  }, [sandbox.api, sandbox.content, token]);
}

/** Answers how to run something in the page and learn how much of the processor its main thread took (ms). */
export async function processorOf(page) {
  await page.send("Performance.enable", { timeDomain: "threadTicks" });
  const spent = async () => {
    const { metrics } = await page.send("Performance.getMetrics");
    return metrics.find((metric) => metric.name === "TaskDuration").value * 1000;
  };
  return async (work, argument) => {
    const before = await spent();
    await page.evaluate(work, argument);
    return (await spent()) - before;
  };
}
