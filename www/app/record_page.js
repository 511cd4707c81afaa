// One record: its name, its documents, and the plugin's panel beside them.

import { documentsList } from "./documents.js";
import { el, icon, toast } from "./dom.js";
import { emit } from "./host.js";
import { initials } from "./list_page.js";
import { find, hintOf, nameOf } from "./records.js";

/** Shows the record; the answer is what to call when the page is left. */
export async function recordPage(main, app, module, id, current) {
  const { api, words, plugin, failure } = app;
  const { say } = words;
  const { type, row } = await find(api, module, id);
  if (!current()) return undefined;
  const record = { kind: module.kind, id, name: nameOf(module.kind, row) };
  const shownName = record.name || say("no_name");
  const hint = hintOf(module.kind, row);
  const slot = el("div", { class: "slot", "data-plugin-slot": "documents" });
  const documents = el("section", { class: "island documents", "aria-labelledby": "documents-title" });
  const link = () => navigator.clipboard.writeText(location.href).then(() => toast(say("link_copied")), () => toast(location.href));
  main.replaceChildren(
    el("nav", { class: "crumbs", "aria-label": say("crumbs") }, el("a", { href: `#/${module.module}` }, icon("back"), say(module.module))),
    el("div", { class: "record-head" },
      el("span", { class: "avatar large", "aria-hidden": "true" }, initials(shownName)),
      el("div", { class: "row-text" },
        el("h1", { tabindex: "-1" }, shownName),
        hint.date || hint.text ? el("p", { class: "faint" }, hint.date ? words.date(hint.date, true) : hint.text) : null),
      el("div", { class: "record-links" },
        el("button", { type: "button", class: "button", onclick: link }, icon("link"), say("copy_link")),
        inTeamleader(app, row.web_url))),
    el("div", { class: "columns" }, documents, el("aside", { class: "beside", "aria-label": "Dropbox" }, slot)));

  let leave = () => {};
  if (plugin) {
    const mounted = plugin.mountDocumentsPanel(slot, record);
    // The name as the CRM has it now: the record's folder is called so.
    emit("record.changed", record);
    leave = () => mounted.unmount();
  } else {
    slot.append(el("p", { class: "island padded" }, failure));
  }
  const stop = documentsList(documents, app, record, { type, id });
  return () => {
    stop();
    leave();
  };
}

/** Only where the API names the page: addresses of other kinds are not documented. */
function inTeamleader({ words: { say } }, address) {
  if (!address || !/^https?:/.test(address)) return null;
  return el("a", { class: "button", href: address, target: "_blank", rel: "noopener noreferrer" }, icon("out"), say("in_teamleader"));
}
