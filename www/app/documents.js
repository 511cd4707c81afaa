// A record's documents: listed by folder, added, downloaded, deleted. The API can neither rename nor replace.

import { confirm, el, icon, toast } from "./dom.js";
import { emit, onDocumentsChanged } from "./host.js";

/** What the product takes; `limits` of the manifest. */
const BYTES_MOST = 52_428_800;

/** Fills `place`; the answer is what to call when the page is left. */
export function documentsList(place, app, record, subject) {
  const { api, words } = app;
  const { say } = words;
  let gone = false;
  let rows = [];
  let asked = 0;

  const count = el("span", { class: "count" });
  const list = el("div", { class: "folders" }, el("p", { class: "loading", role: "status" }, say("loading")));
  const picker = el("input", { type: "file", multiple: true, hidden: true, onchange: () => add([...picker.files]) });
  const pick = el("button", { type: "button", class: "button", onclick: () => picker.click() }, icon("upload"), say("add"));
  const folders = el("datalist", { id: "folders" });
  const folder = el("input", { class: "input", list: "folders", placeholder: say("folder_default"), "aria-label": say("folder"), autocomplete: "off" });
  const under = el("div", { class: "under", role: "status" });
  place.replaceChildren(
    el("header", { class: "island-head" }, el("h2", { id: "documents-title" }, say("documents"), " ", count), pick, picker),
    list,
    el("div", { class: "add" }, el("label", { class: "folder-choice" }, icon("folder"), el("span", {}, say("add_into")), folder), folders, el("p", { class: "faint drop-hint" }, say("drop"))),
    under);

  const dragged = (event) => event.dataTransfer?.types.includes("Files");
  place.addEventListener("dragover", (event) => {
    if (!dragged(event)) return;
    event.preventDefault();
    place.classList.add("dropping");
  });
  place.addEventListener("dragleave", (event) => !place.contains(event.relatedTarget) && place.classList.remove("dropping"));
  place.addEventListener("drop", (event) => {
    if (!dragged(event)) return;
    event.preventDefault();
    place.classList.remove("dropping");
    add([...event.dataTransfer.files]);
  });

  const unlisten = onDocumentsChanged((changed) => changed.id === record.id && load());
  load();
  return () => {
    gone = true;
    unlisten();
  };

  async function load() {
    const mine = ++asked;
    try {
      const found = await api.documents(subject);
      // A list that was asked for later is newer.
      if (gone || mine !== asked) return;
      rows = found;
      draw();
    } catch (error) {
      if (gone || mine !== asked) return;
      const key = { 403: "forbidden", 404: "not_found" }[error.status] ?? "unreachable";
      list.replaceChildren(el("p", { class: "none", role: "alert" }, say(key), " ", el("button", { type: "button", class: "button", onclick: load }, say("again"))));
    }
  }

  function draw() {
    count.textContent = words.number(rows.length);
    const names = [...new Set(rows.map((row) => row.folder ?? ""))].sort((a, b) => a.localeCompare(b, words.locale));
    folders.replaceChildren(...names.map((name) => el("option", { value: name })));
    if (rows.length === 0) return list.replaceChildren(el("p", { class: "none" }, icon("file", "icon big"), say("documents_none")));
    list.replaceChildren(...names.map((name) => {
      const inside = rows.filter((row) => (row.folder ?? "") === name).sort((a, b) => a.name.localeCompare(b.name, words.locale));
      return el("section", { class: "folder" },
        el("h3", {}, icon("folder"), el("span", {}, name), el("span", { class: "faint" }, words.number(inside.length))),
        el("ul", {}, inside.map(line)));
    }));
  }

  function line(row) {
    return el("li", { class: "document", "data-name": row.name },
      icon("file", "icon faint"),
      el("div", { class: "row-text" },
        el("button", { type: "button", class: "document-name", onclick: (event) => download(row, event.currentTarget), title: say("download", { name: row.name }) }, row.name),
        el("span", { class: "faint" }, `${words.size(row.size ?? 0)} · ${row.updated_at ? words.date(row.updated_at) : ""}`)),
      el("button", { type: "button", class: "quiet", "aria-label": say("download", { name: row.name }), onclick: (event) => download(row, event.currentTarget) }, icon("download")),
      el("button", { type: "button", class: "quiet danger", "aria-label": say("delete", { name: row.name }), onclick: () => remove(row) }, icon("remove")));
  }

  async function download(row, button) {
    button.disabled = true;
    try {
      const address = URL.createObjectURL(await api.download(row.id));
      el("a", { href: address, download: row.name }).click();
      // The browser has taken hold of it by then.
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
    } catch {
      toast(say("download_failed", { name: row.name }));
    } finally {
      button.disabled = false;
    }
  }

  async function remove(row) {
    const sure = await confirm({ title: say("delete_sure", { name: row.name }), text: say("delete_sure_what"), yes: say("delete_yes"), no: say("cancel") });
    if (!sure) return;
    try {
      await api.remove(row.id);
    } catch (error) {
      if (error.status !== 404) return toast(say("delete_failed", { name: row.name }));
    }
    emit("documents.changed", record);
    await load();
    toast(say("deleted", { name: row.name }));
    place.querySelector("h2").tabIndex = -1;
    place.querySelector("h2").focus();
  }

  async function add(files) {
    picker.value = "";
    const into = folder.value.trim();
    let added = 0;
    for (const file of files) {
      if (file.size > BYTES_MOST) {
        problem(say("too_large", { name: file.name, size: words.size(BYTES_MOST) }));
        continue;
      }
      const shown = el("p", { class: "uploading" }, el("span", { class: "spinner", "aria-hidden": "true" }), say("uploading", { name: file.name }));
      under.append(shown);
      app.uploads++;
      try {
        await api.upload(subject, into, file);
        added++;
      } catch (error) {
        problem(error.title ? say("upload_refused", { name: file.name, reason: error.title }) : say("upload_failed", { name: file.name }));
      } finally {
        app.uploads--;
        shown.remove();
      }
    }
    if (added === 0) return;
    emit("documents.changed", record);
    if (gone) return;
    await load();
    toast(say("added", { count: added }));
  }

  /** Stays until it is taken away: a person may look elsewhere while files go up. */
  function problem(text) {
    const shown = el("p", { class: "problem" }, text, " ", el("button", { type: "button", class: "link", onclick: () => shown.remove() }, say("dismiss")));
    under.append(shown);
  }
}
