// The Marketplace: the plugin's tile, installing and removing it, and its settings.

import { ask, attempt, dialog, el, icon, toast } from "./dom.js";
import { mountSettings, startPlugin, stopPlugin } from "./plugin-host.js";

const DESCRIPTION = "Keeps the documents of your contacts, companies, projects, meetings and products in your own Dropbox, and brings back what you change there.";

/** Shows the tiles. */
export function marketplacePage(main, session, refresh) {
  const installed = session.plugin_installed;
  const glyph = el("span", { class: "glyph" }, icon("cloud"));
  main.replaceChildren(
    el("div", { class: "page-head" }, el("h1", {}, "Marketplace")),
    el("div", { class: "tiles" },
      el("article", { class: "island tile", "aria-labelledby": "tile-dropbox" },
        el("div", { class: "tile-head" },
          installed
            ? el("a", { href: "/marketplace/dropbox", "aria-label": "Open Dropbox" }, glyph)
            : el("button", { type: "button", class: "glyph-button", "aria-label": "Add Dropbox", onclick: () => attempt(() => install(session, refresh)) }, glyph),
          el("div", {}, el("h2", { id: "tile-dropbox" }, "Dropbox"), el("p", { class: "faint" }, "Files and storage")),
          installed ? el("span", { class: "status" }, "Installed") : null),
        el("p", {}, DESCRIPTION),
        el("div", { class: "tile-buttons" },
          installed
            ? [el("a", { class: "button button-primary", href: "/marketplace/dropbox" }, "Settings"), el("button", { type: "button", class: "button button-quiet-destructive", onclick: () => attempt(() => remove(session, refresh)) }, "Remove")]
            : el("button", { type: "button", class: "button button-primary", onclick: () => attempt(() => install(session, refresh)) }, "Install")))),
  );
}

/** Shows the plugin's settings; returns what to call when the page is left. */
export function settingsPage(main, session, refresh) {
  const slot = el("div", { class: "plugin-slot plugin-settings", "data-plugin-slot": "settings" });
  main.replaceChildren(
    el("nav", { class: "crumbs", "aria-label": "Breadcrumb" }, el("a", { href: "/marketplace" }, icon("back"), "Marketplace")),
    el("section", { class: "island settings", "aria-labelledby": "settings-title" },
      el("div", { class: "tile-head" }, el("span", { class: "glyph" }, icon("cloud")), el("div", {}, el("h1", { id: "settings-title" }, "Dropbox"), el("p", { class: "faint" }, DESCRIPTION))),
      slot,
      session.plugin_installed
        ? el("div", { class: "settings-foot" }, el("button", { type: "button", class: "button button-quiet-destructive", onclick: () => attempt(() => remove(session, refresh)) }, "Remove integration"))
        : null),
  );
  const mounted = mountSettings(slot);
  return () => mounted.unmount();
}

async function install(session, refresh) {
  await ask("POST", "plugin", { installed: true });
  session.plugin_installed = true;
  await startPlugin(session);
  toast("Dropbox is installed.");
  refresh("/marketplace/dropbox");
}

async function remove(session, refresh) {
  const sure = await dialog({ title: "Remove Dropbox?", text: "Your documents stay where they are, here and in Dropbox.", confirm: "Remove", destructive: true });
  if (!sure) return;
  await ask("POST", "plugin", { installed: false });
  session.plugin_installed = false;
  await stopPlugin();
  toast("Dropbox is removed.");
  refresh("/marketplace");
}
