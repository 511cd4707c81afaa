// The hosted page on an origin of its own, beside a sandbox: the package folder as it is, but for what an installer
// writes (config.json) and for the policy's list of hosts, which names the sandbox's instead of the real ones.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { Sandbox } from "./sandbox.mjs";

/** Free among the sandbox's ports. */
export const SITE_OFFSET = 3;
const TYPES = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".json": "application/json",
  ".webmanifest": "application/manifest+json", ".wasm": "application/wasm", ".svg": "image/svg+xml", ".png": "image/png",
};
const REAL_API_HOSTS = "https://*.teamleader.eu https://api.dropboxapi.com https://content.dropboxapi.com https://notify.dropboxapi.com";
const REAL_WWW_HOST = "https://focus.teamleader.eu";

/** What an installer writes, for a page beside these services. */
export const configFor = (services) => ({
  teamleaderClientId: "sandbox-client-id",
  dropboxAppKey: "sandbox-app-key",
  teamleaderEndpoints: { www: services.crm, api: services.crmApi },
  dropboxEndpoints: { www: services.dropbox, api: services.api, content: services.content, notify: services.notify },
});

/** Serves the page of PLUGIN_DIR on this port of loopback; `config` answers what stands in config.json. */
export function serveSite(port, services, config = () => configFor(services)) {
  const server = createServer(async (request, response) => {
    try {
      const path = normalize(decodeURIComponent(new URL(request.url, "http://localhost").pathname)).replace(/\/$/, "/index.html");
      const body = path === "/config.json" ? JSON.stringify(config()) : await file(path, services);
      response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream", "cache-control": "no-cache" }).end(body);
    } catch (error) {
      response.writeHead(error.code === "ENOENT" ? 404 : 500).end();
    }
  });
  return new Promise((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", () => resolve(server)));
}

async function file(path, { crm, crmApi, crmFiles, api, content, notify }) {
  const bytes = await readFile(join(process.env.PLUGIN_DIR, path));
  if (path !== "/index.html") return bytes;
  const text = bytes.toString();
  for (const hosts of [REAL_API_HOSTS, REAL_WWW_HOST]) if (!text.includes(hosts)) throw new Error(`index.html does not name ${hosts}`);
  return text.replace(REAL_API_HOSTS, [crmApi, crmFiles, api, content, notify].join(" ")).replace(REAL_WWW_HOST, crm);
}

/** A sandbox with the hosted page beside it, registered with both services. */
export class SandboxWithSite extends Sandbox {
  #server;

  static async start() {
    const flags = (base) => {
      const site = `http://127.0.0.1:${base + SITE_OFFSET}`;
      return ["--crm-redirect-uri", `${site}/teamleader.html`, "--redirect-uri", `${site}/oauth.html`];
    };
    const sandbox = await super.start(flags);
    sandbox.#server = await serveSite(sandbox.base + SITE_OFFSET, sandbox, () => sandbox.config());
    return sandbox;
  }

  get site() {
    return `http://127.0.0.1:${this.base + SITE_OFFSET}`;
  }

  /** What an installer writes. */
  config = () => configFor(this);

  async stop() {
    this.#server?.close();
    this.#server?.closeAllConnections();
    await super.stop();
  }
}
