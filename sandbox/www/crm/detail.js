// A detail page's widget of documents: list, add, delete. Nothing here knows that a plugin exists.

import { ask, attempt, date, el } from "./dom.js";

const { module, id } = document.body.dataset;
const rows = document.getElementById("files");

async function load() {
  const record = await ask("GET", `record?${new URLSearchParams({ module, id })}`);
  rows.replaceChildren(...record.documents.map(row));
}

function row(entry) {
  const remove = () => attempt(async () => {
    await ask("POST", "document/delete", { id: entry.id });
    await load();
  });
  return el(
    "tr", { "data-name": entry.name },
    el("td", {}, el("a", { href: `/app/document?id=${encodeURIComponent(entry.id)}`, download: entry.name }, entry.name)),
    el("td", { class: "optional" }, entry.folder),
    el("td", { class: "optional" }, date(entry.updated_at)),
    el("td", {}, el("button", { type: "button", class: "button button-small", "aria-label": `Delete ${entry.name}`, onclick: remove }, "Delete")),
  );
}

if (rows) {
  document.getElementById("add").addEventListener("change", (event) => attempt(async () => {
    for (const file of event.target.files) {
      await ask("POST", `documents?${new URLSearchParams({ module, id, name: file.name, folder: "" })}`, file);
    }
    event.target.value = "";
    await load();
  }));
  attempt(load);
}
