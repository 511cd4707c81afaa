// The Marketplace: the plugin's tile, what it may do and why, installing, updating and removing it, and its settings.
// All that is said of a plugin comes from its manifest.

import { ask, attempt, dialog, el, icon } from "./dom.js";
import { mountSettings, removePlugin, stopPlugin } from "./plugin-host.js";

const HOME = "/marketplace";
const PLUGIN = "/marketplace/dropbox";
const PERMISSIONS = { "records.read": "See the names of your records", "documents.read": "Read documents", "documents.write": "Add, replace and remove documents" };

/** Shows the tiles. */
export function marketplacePage(main, session) {
  const manifest = session.plugin_installed ?? session.plugin_offered;
  const heading = el("div", { class: "page-head" }, el("h1", {}, "Marketplace"));
  if (!manifest) return main.replaceChildren(heading, el("p", { class: "hint" }, "There is no plugin."));
  if (manifest.refused) return main.replaceChildren(heading, el("p", { class: "hint" }, `The plugin's package is refused: ${manifest.refused}.`));
  const installed = Boolean(session.plugin_installed);
  main.replaceChildren(
    heading,
    el("div", { class: "tiles" },
      el("article", { class: "island tile", "aria-labelledby": "tile-dropbox" },
        el("div", { class: "tile-head" },
          el("a", { href: PLUGIN, "aria-label": `Open ${manifest.name}` }, glyph()),
          el("div", {}, el("h2", { id: "tile-dropbox" }, manifest.name), el("p", { class: "faint" }, "Files and storage")),
          installed ? el("span", { class: "status" }, "Installed") : null),
        el("p", {}, manifest.description),
        el("div", { class: "tile-buttons" }, el("a", { class: "button button-primary", href: PLUGIN }, installed ? "Settings" : "View")))),
  );
}

/** Shows the plugin: what it may do, until it is installed; its settings from then on. Returns what to call when the page is left. */
export function pluginPage(main, session) {
  const { plugin_installed: installed, plugin_offered: offered } = session;
  const manifest = installed ?? offered;
  const crumbs = el("nav", { class: "crumbs", "aria-label": "Breadcrumb" }, el("a", { href: HOME }, icon("back"), "Marketplace"));
  if (!manifest || manifest.refused) return void main.replaceChildren(crumbs, el("p", { class: "hint" }, "There is no plugin."));
  const head = el("div", { class: "tile-head" }, glyph(),
    el("div", {}, el("h1", { id: "settings-title" }, manifest.name), el("p", { class: "faint" }, `Version ${manifest.version} · ${manifest.author.name}`)));
  const page = (...children) => main.replaceChildren(crumbs, el("section", { class: "island settings", "aria-labelledby": "settings-title" }, head, el("p", {}, manifest.description), ...children));
  if (!installed) {
    page(mayDo(manifest), el("div", { class: "settings-foot" }, el("button", { type: "button", class: "button button-primary", onclick: () => attempt(install) }, "Install")));
    return undefined;
  }
  const slot = el("div", { class: "plugin-slot plugin-settings", "data-plugin-slot": "settings" });
  const update = offered && !offered.refused && offered.version !== installed.version ? offered : null;
  page(
    update ? el("div", { class: "update" }, el("p", {}, `Version ${update.version} is available.`), el("button", { type: "button", class: "button", onclick: () => attempt(install) }, "Update")) : null,
    slot,
    el("details", { class: "may-do" }, el("summary", {}, "What this plugin may do"), mayDo(manifest)),
    el("div", { class: "settings-foot" }, el("button", { type: "button", class: "button button-quiet-destructive", onclick: () => attempt(remove) }, "Remove plugin")),
  );
  const mounted = mountSettings(slot);
  return () => mounted.unmount();
}

const glyph = () => el("span", { class: "glyph" }, icon("cloud"));

/** Permissions and origins, each with its reason. */
function mayDo({ permissions, origins, author }) {
  const list = (title, rows) => [el("h2", {}, title), el("dl", { class: "reasons" }, rows.flatMap(([what, why]) => [el("dt", {}, what), el("dd", {}, why)]))];
  return el("div", { class: "reasons-all" },
    list("It may", permissions.map(({ name, reason }) => [PERMISSIONS[name] ?? name, reason])),
    list("It connects to", origins.map(({ origin, reason }) => [new URL(origin).host, reason])),
    el("p", { class: "faint" }, "Questions? ", el("a", { href: `mailto:${author.supportEmail}` }, author.supportEmail)));
}

/** Installs what is offered, or updates to it. The page loads anew: its policy names the origins of this version. */
async function install() {
  await stopPlugin();
  await ask("POST", "plugin", { installed: true });
  location.assign(PLUGIN);
}

async function remove() {
  const sure = await dialog({ title: "Remove the plugin?", text: "Your documents stay where they are, here and in Dropbox. The connection to Dropbox ends.", confirm: "Remove", destructive: true });
  if (!sure) return;
  await removePlugin();
  await ask("POST", "plugin", { installed: false });
  location.assign(HOME);
}
