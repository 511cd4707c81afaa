// The CRM's half of the plugin contract: builds the Host object, starts the installed plugin once per page load, and
// mounts its panel and settings. What the plugin does is none of this file's business.

import { ask, el } from "./dom.js";

const listeners = { "documents.changed": new Set(), "record.changed": new Set() };
const reloaders = new Set();
let plugin = null;
let failure = null;

/** Starts the plugin if the account has it installed. Never throws: without it the CRM works as ever. */
export async function startPlugin(session) {
  failure = null;
  const manifest = session.plugin_installed;
  if (!manifest) return;
  try {
    await onlyTheseScripts(manifest);
    const { start } = await import("/plugin/plugin.js");
    plugin = await start(hostFor(session));
  } catch (error) {
    console.error("The plugin did not start:", error);
    failure = "The Dropbox plugin could not be started. Reload the page to try again.";
  }
}

/** The browser refuses what is not the script that the manifest names: now, and when the module's import asks for it. */
async function onlyTheseScripts({ entry, integrity }) {
  const loads = [entry.module, entry.glue].map((path) => {
    const link = el("link", { rel: "modulepreload", href: `/plugin/${path}`, integrity: integrity[path] });
    const loaded = new Promise((resolve, reject) => {
      link.addEventListener("load", resolve);
      link.addEventListener("error", () => reject(new Error(`${path} is not the script that was installed`)));
    });
    document.head.append(link);
    return loaded;
  });
  await Promise.all(loads);
}

/** Ends the user's connection, forgets what the plugin kept in this browser, and stops it. */
export async function removePlugin() {
  const running = plugin;
  plugin = null;
  await running?.remove();
}

/** Stops the plugin, as when it is updated or the user signs out. */
export async function stopPlugin() {
  const running = plugin;
  plugin = null;
  await running?.stop();
}

function hostFor(session) {
  return {
    apiBase: session.api_base,
    getAccessToken: async () => (await ask("POST", "token")).access_token,
    account: { id: session.account.id },
    user: { id: session.user.id },
    locale: session.user.language,
    settings: {
      ...Object.fromEntries(session.plugin_installed.parameters.map(({ name, default: value }) => [name, value])),
      dropboxAppKey: session.app_key,
      dropboxEndpoints: session.dropbox,
    },
    on(event, listener) {
      listeners[event].add(listener);
      return () => listeners[event].delete(listener);
    },
    notifyDocumentsChanged(record) {
      for (const reload of reloaders) reload(record);
    },
  };
}

/** The record as the contract names it: both generations of projects are `project`. */
export function recordRef(record) {
  const kind = record.kind === "nextgenProject" ? "project" : record.kind;
  return { kind, id: record.id, name: record.name };
}

/** Tells the plugin that a person changed something here. */
export function emit(event, record) {
  for (const listener of listeners[event]) listener(recordRef(record));
}

/** Calls back when the plugin changed documents of a record. Returns the way to stop that. */
export function onDocumentsChanged(reload) {
  reloaders.add(reload);
  return () => reloaders.delete(reload);
}

/** Mounts the plugin's panel for a record; without a plugin, one line says why. Returns `{ unmount() }`. */
export function mountPanel(element, record, session) {
  if (plugin) return plugin.mountDocumentsPanel(element, recordRef(record));
  element.append(
    failure
      ? el("p", { class: "hint" }, failure)
      : el("p", { class: "hint" }, "Keep these documents in Dropbox, too: see the ", el("a", { href: "/marketplace" }, "Marketplace"), "."),
  );
  return { unmount() {} };
}

/** Mounts the plugin's settings. */
export function mountSettings(element) {
  if (plugin) return plugin.mountSettings(element);
  element.append(el("p", { class: "hint" }, failure ?? "Install the plugin first."));
  return { unmount() {} };
}
