// Lists of the five modules and the page of one record.

import { ask, attempt, date, dialog, el, icon, toast } from "./dom.js";
import { documentsPanel } from "./documents-panel.js";
import { emit } from "./plugin-host.js";

/** The five modules, in the order of the navigation. */
export const MODULES = [
  { path: "companies", title: "Companies", one: "company", columns: ["City", "Website"] },
  { path: "contacts", title: "Contacts", one: "contact", columns: ["Position", "Email"] },
  { path: "projects", title: "Projects", one: "project", columns: ["Status", "Reference"] },
  { path: "meetings", title: "Meetings", one: "meeting", columns: ["Scheduled", "Duration"] },
  { path: "products", title: "Products", one: "product", columns: ["Code", "Price"] },
];

/** What a record's details mean to a reader: pairs of label and text. */
function facts(record) {
  const details = record.details;
  const price = details.selling_price;
  const money = price && new Intl.NumberFormat("en-GB", { style: "currency", currency: price.currency }).format(price.amount);
  const isProject = record.kind === "project" || record.kind === "nextgenProject";
  const rows = [
    ["Website", details.website],
    ["Email", details.emails?.[0]?.email],
    ["Telephone", details.telephones?.[0]?.number],
    ["Position", details.position],
    ["City", details.primary_address?.city],
    ["Sector", details.business_type?.name],
    ["Scheduled", details.scheduled_at && date(details.scheduled_at, true)],
    ["Duration", details.duration && `${details.duration.value} min`],
    ["Status", details.status],
    ["Reference", isProject ? (record.kind === "project" ? `PRO-${record.number}` : `P${record.number}`) : null],
    ["Starts", details.starts_on && date(details.starts_on)],
    ["Due", details.due_on && date(details.due_on)],
    ["Code", details.code],
    ["Price", money],
    ["Description", details.description],
  ];
  return rows.filter(([, text]) => text);
}

function initials(name) {
  const words = name.split(/\s+/).filter((word) => /\p{L}|\p{N}/u.test(word));
  return words.slice(0, 2).map((word) => [...word][0].toUpperCase()).join("") || "–";
}

/** Shows a module's list; typing narrows it. */
export async function listPage(main, module, current) {
  const { records } = await ask("GET", `records?module=${module.path}`);
  if (!current()) return;
  const body = el("tbody");
  const none = el("div", { class: "empty", hidden: true }, icon(module.path, "icon icon-large"), el("p", {}, `No ${module.title.toLowerCase()} found.`));
  const search = el("input", { type: "search", class: "input", "aria-label": `Search ${module.title.toLowerCase()}`, placeholder: "Search", oninput: () => show(search.value) });
  const show = (term) => {
    const found = records.filter((record) => record.name.toLowerCase().includes(term.trim().toLowerCase()));
    body.replaceChildren(...found.map(row));
    none.hidden = found.length > 0;
  };
  const row = (record) => {
    const texts = new Map(facts(record));
    return el(
      "tr", { "data-name": record.name },
      el("td", {}, el("a", { class: "row-link", href: `/${module.path}/${record.id}` }, el("span", { class: "avatar", "aria-hidden": "true" }, initials(record.name)), record.name || "(no name)")),
      module.columns.map((column) => el("td", { class: "optional" }, texts.get(column) ?? "")),
      el("td", { class: "number" }, record.documents ? String(record.documents) : el("span", { class: "faint" }, "–")),
    );
  };
  main.replaceChildren(
    el("div", { class: "page-head" }, el("h1", {}, module.title), el("div", { class: "search" }, icon("search"), search)),
    el("div", { class: "island table-wrap" },
      el("table", {},
        el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Name"), module.columns.map((column) => el("th", { scope: "col", class: "optional" }, column)), el("th", { scope: "col", class: "number" }, "Documents"))),
        body),
      none),
  );
  show("");
}

/** Shows a record with its Documents panel; returns what to call when the page is left. */
export async function recordPage(main, module, id, session, current) {
  const record = await ask("GET", `record?${new URLSearchParams({ module: module.path, id })}`);
  if (!current()) return undefined;
  const title = el("h1", { class: "record-title" }, record.name || "(no name)");
  const panel = el("section", { class: "island widget documents-panel", "aria-labelledby": "documents-title" });
  const generation = record.kind === "project" ? "Project (previous module)" : module.title.replace(/ies$/, "y").replace(/s$/, "");
  main.replaceChildren(
    el("nav", { class: "crumbs", "aria-label": "Breadcrumb" }, el("a", { href: `/${module.path}` }, icon("back"), module.title)),
    el("div", { class: "record-head" },
      el("span", { class: "avatar avatar-large", "aria-hidden": "true" }, initials(record.name)),
      el("div", { class: "record-head-text" }, title, el("p", { class: "faint" }, generation)),
      el("button", { type: "button", class: "button", onclick: () => attempt(rename) }, icon("edit"), "Edit name")),
    el("div", { class: "columns" },
      el("div", { class: "column-main" }, detailsWidget(record), timeline(record)),
      el("div", { class: "column-side" }, responsibleWidget(session), panel)),
  );
  document.title = `${record.name || module.title} · CRM`;
  let leave = documentsPanel(panel, record, module.path, session);
  return () => leave();

  async function rename() {
    const values = await dialog({ title: `Edit ${module.one}`, confirm: "Save", fields: [{ name: "name", label: "Name", value: record.name, required: true }] });
    if (!values || values.name === record.name) return;
    const fresh = await ask("POST", "record/rename", { kind: record.kind, id: record.id, name: values.name });
    record.name = fresh.name;
    title.textContent = fresh.name;
    document.title = `${fresh.name} · CRM`;
    toast("The name is saved.");
    emit("record.changed", record);
    // The panel was mounted for the old name; the contract has no other way to tell it.
    const whole = await ask("GET", `record?${new URLSearchParams({ module: module.path, id })}`);
    if (!panel.isConnected) return;
    leave();
    panel.replaceChildren();
    leave = documentsPanel(panel, whole, module.path, session);
  }
}

function detailsWidget(record) {
  const rows = facts(record);
  return el(
    "section", { class: "island widget", "aria-labelledby": "details-title" },
    el("header", { class: "widget-header" }, el("h2", { id: "details-title" }, "Details")),
    rows.length
      ? el("dl", { class: "facts" }, rows.flatMap(([label, text]) => [el("dt", {}, label), el("dd", {}, text)]))
      : el("p", { class: "hint padded" }, "Nothing filled in yet."),
  );
}

function responsibleWidget(session) {
  const person = session.users[0];
  const name = `${person.first_name} ${person.last_name}`;
  return el(
    "section", { class: "island widget", "aria-labelledby": "responsible-title" },
    el("header", { class: "widget-header" }, el("h2", { id: "responsible-title" }, "Responsible")),
    el("div", { class: "person" }, el("span", { class: "avatar", "aria-hidden": "true" }, initials(name)), el("div", {}, name, el("br"), el("span", { class: "faint" }, person.email))),
  );
}

function timeline(record) {
  const events = [
    [record.updated_at, `${record.name || "This record"} was changed`],
    [record.added_at, `${record.name || "This record"} was added`],
  ].filter(([at], index) => index === 1 || at !== record.added_at);
  return el(
    "section", { class: "island widget", "aria-labelledby": "timeline-title" },
    el("header", { class: "widget-header" }, el("h2", { id: "timeline-title" }, "Activity")),
    el("ol", { class: "timeline" }, events.map(([at, text]) => el("li", {}, el("span", {}, text), el("time", { class: "faint", datetime: at }, date(at, true))))),
  );
}
