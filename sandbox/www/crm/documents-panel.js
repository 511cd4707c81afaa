// The Documents panel of a record: folders, upload, download, rename, delete, and below them the plugin's slot.

import { arrange, ask, attempt, date, dialog, documentIcon, el, icon, menuButton, size, toast } from "./dom.js";
import { emit, mountPanel, onDocumentsChanged, recordRef } from "./plugin-host.js";

/** Fills `element` for a record and its module; returns what to call when the page is left. */
export function documentsPanel(element, record, module, session) {
  const list = el("div", { class: "documents" });
  const count = el("span", { class: "count" });
  const folders = el("datalist", { id: "folders" });
  const slot = el("div", { class: "plugin-slot", "data-plugin-slot": "documents" });
  const form = uploadForm();
  /** What is shown, by what it stands for: what did not change stays as it is, folded or open. */
  const rows = new Map();
  const groups = new Map();
  const toggle = el("button", { type: "button", class: "button button-small", "aria-expanded": "false", onclick: toggleForm }, icon("plus"), "Add documents");

  element.append(
    el("header", { class: "widget-header" }, el("h2", { id: "documents-title" }, "Documents ", count), toggle),
    form, folders, list, slot,
  );
  const stopListening = onDocumentsChanged((changed) => {
    if (changed.id === record.id) load();
  });
  const onFocus = () => load();
  window.addEventListener("focus", onFocus);
  element.addEventListener("dragover", (event) => {
    event.preventDefault();
    element.classList.add("dropping");
  });
  element.addEventListener("dragleave", () => element.classList.remove("dropping"));
  element.addEventListener("drop", (event) => {
    event.preventDefault();
    element.classList.remove("dropping");
    attempt(() => upload([...event.dataTransfer.files], form.elements.folder.value));
  });
  show(record.documents);
  const mounted = mountPanel(slot, record, session);
  return () => {
    stopListening();
    window.removeEventListener("focus", onFocus);
    mounted.unmount();
  };

  function toggleForm() {
    form.hidden = !form.hidden;
    toggle.setAttribute("aria-expanded", String(!form.hidden));
    if (!form.hidden) form.elements.files.focus();
  }

  function uploadForm() {
    const submit = el("button", { type: "submit", class: "button button-primary" }, "Upload");
    const form = el(
      "form", { class: "upload", hidden: true, "aria-label": "Add documents" },
      el("div", { class: "field" }, el("label", { for: "upload-files" }, "Files"), el("input", { id: "upload-files", name: "files", type: "file", multiple: true, required: true })),
      el("div", { class: "field" }, el("label", { for: "upload-folder" }, "Folder"), el("input", { id: "upload-folder", name: "folder", class: "input", list: "folders", placeholder: session.default_folder, autocomplete: "off" })),
      submit,
    );
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      submit.disabled = true;
      await attempt(() => upload([...form.elements.files.files], form.elements.folder.value));
      submit.disabled = false;
    });
    return form;
  }

  async function upload(files, folder) {
    for (const file of files) {
      const query = new URLSearchParams({ module, id: record.id, name: file.name, folder: folder.trim() });
      await ask("POST", `documents?${query}`, file);
    }
    form.elements.files.value = "";
    toast(files.length === 1 ? `${files[0].name} is added.` : `${files.length} documents are added.`);
    await changed();
  }

  async function changed() {
    await load();
    emit("documents.changed", record);
  }

  async function load() {
    try {
      const fresh = await ask("GET", `record?${new URLSearchParams({ module, id: record.id })}`);
      show(fresh.documents);
    } catch (error) {
      if (error.status !== 401) list.replaceChildren(el("p", { class: "hint padded" }, error.message));
    }
  }

  function show(documents) {
    count.textContent = `(${documents.length})`;
    const byFolder = Map.groupBy(documents, (entry) => entry.folder);
    const names = [...byFolder.keys()].sort((a, b) => (b === session.default_folder) - (a === session.default_folder) || a.localeCompare(b));
    folders.replaceChildren(...names.map((name) => el("option", { value: name })));
    for (const known of [rows, groups]) {
      const wanted = known === rows ? new Set(documents.map((entry) => entry.id)) : byFolder;
      for (const key of [...known.keys()]) if (!wanted.has(key)) known.delete(key);
    }
    if (documents.length === 0) {
      list.replaceChildren(el("div", { class: "empty" }, icon("folder", "icon icon-large"), el("p", {}, "No documents yet."), el("p", { class: "hint" }, "Add one above, or drop files here.")));
      return;
    }
    arrange(list, names.map((name) => folderGroup(name, byFolder.get(name))));
  }

  function folderGroup(name, documents) {
    if (!groups.has(name)) groups.set(name, newGroup(name));
    const { node, items, count } = groups.get(name);
    count.textContent = String(documents.length);
    arrange(items, documents.map(rowOf));
    return node;
  }

  function newGroup(name) {
    const steps = name.split("/");
    const title = steps.flatMap((step, at) => (at ? [el("span", { class: "step", "aria-hidden": "true" }, "›"), step] : [step]));
    const count = el("span", { class: "count" });
    const items = el("ul", { "aria-label": name });
    const summary = el("summary", {}, icon("folder", "icon icon-folder"), el("span", { class: "folder-name" }, title), count);
    return { node: el("details", { class: "folder", open: true }, summary, items), items, count };
  }

  function rowOf(entry) {
    const text = JSON.stringify(entry);
    if (rows.get(entry.id)?.text !== text) rows.set(entry.id, { text, node: row(entry) });
    return rows.get(entry.id).node;
  }

  function row(entry) {
    const href = `/app/document?id=${encodeURIComponent(entry.id)}`;
    return el(
      "li", { class: "document" },
      documentIcon(entry.mime_type),
      el("div", { class: "document-text" },
        el("a", { class: "document-name", href, download: entry.name, title: entry.name }, entry.name),
        el("span", { class: "document-facts" }, `${size(entry.size)} · ${date(entry.updated_at)}`)),
      menuButton(`Actions for ${entry.name}`, icon("more"), [
        { label: "Download", icon: "download", href, download: entry.name },
        { label: "Rename or move", icon: "edit", action: () => attempt(() => rename(entry)) },
        { label: "Delete", icon: "trash", destructive: true, action: () => attempt(() => remove(entry)) },
      ], "icon-button"),
    );
  }

  async function rename(entry) {
    const values = await dialog({
      title: "Rename or move document",
      confirm: "Save",
      fields: [
        { name: "name", label: "Name", value: entry.name, required: true },
        { name: "folder", label: "Folder", value: entry.folder, list: "folders" },
      ],
    });
    if (!values) return;
    await ask("POST", "document/change", { id: entry.id, name: values.name, folder: values.folder.trim() || session.default_folder });
    await changed();
  }

  async function remove(entry) {
    const sure = await dialog({ title: "Delete document?", text: `“${entry.name}” will be deleted from ${recordRef(record).name}.`, confirm: "Delete", destructive: true });
    if (!sure) return;
    await ask("POST", "document/delete", { id: entry.id });
    toast(`${entry.name} is deleted.`);
    await changed();
  }
}
