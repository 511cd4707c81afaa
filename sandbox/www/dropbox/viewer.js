// The folder viewer: what a person does in Dropbox, by hand. Reads and writes through /viewer/….

const TEXT = /\.(txt|md|csv|json|xml|html?|css|js|log|eml|ics|vcf|ya?ml)$/i;
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const EDIT_LIMIT_BYTES = 1 << 20;
const REFRESH_MS = 2000;
const at = (id) => document.getElementById(id);
const here = decodeURIComponent(location.pathname).replace(/^\/home/, "").replace(/\/$/, "");
/** The app folder holds `<Module>/<name>/<id>`, so a record's folder lies three below it. */
const APP_DEPTH = 2;
const isInRecord = here.startsWith("/Apps/Teamleader CRM/") && here.split("/").slice(1).length >= APP_DEPTH + 3;
const isInApp = here === "/Apps/Teamleader CRM" || here.startsWith("/Apps/Teamleader CRM/");
let shown = "";

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

const FOLDER = "M3 6h6l2 2h10v11H3z";
const FILE = "M6 3h8l5 5v13H6zM14 3v5h5";

/** What a file is, for the colour of its drawing. */
function kindOf(name) {
  if (/\.pdf$/i.test(name)) return "pdf";
  if (/\.(png|jpe?g|gif|svg|webp|heic)$/i.test(name)) return "image";
  if (/\.(xlsx?|csv|ods)$/i.test(name)) return "sheet";
  return TEXT.test(name) || /\.docx?$/i.test(name) ? "text" : "other";
}

/** A line drawing of 24 by 24, for the eye alone. */
function drawing(shape, kind) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [name, value] of [["viewBox", "0 0 24 24"], ["class", `icon ${kind}`], ["aria-hidden", "true"]]) svg.setAttribute(name, value);
  path.setAttribute("d", shape);
  svg.append(path);
  return svg;
}

function say(text, failed = false) {
  at("status").textContent = text;
  at("status").classList.toggle("failed", failed);
}

const link = (path) => "/home" + path.split("/").map(encodeURIComponent).join("/");
const fileUrl = (path) => "/viewer/file?path=" + encodeURIComponent(path);

async function ask(url, options) {
  const answer = await fetch(url, options);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error ?? `Dropbox answered ${answer.status}`);
  return body;
}

const post = (url, body) => ask(url, { method: "POST", body: JSON.stringify(body) });

/** Runs what a person asked for, says how it went, and shows the folder as it is now. */
async function act(saying, work) {
  try {
    await work();
    say(saying);
  } catch (error) {
    say(error.message, true);
  }
  await refresh();
}

function size(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  const units = ["KB", "MB", "GB"];
  let value = bytes / 1000, unit = 0;
  while (value >= 1000 && unit < 2) { value /= 1000; unit += 1; }
  return `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}

/** Asks in a dialog; resolves with the field's value, or null. */
function dialog(title, body, ok) {
  at("dialog-title").textContent = title;
  at("dialog-body").replaceChildren(...body);
  at("dialog-ok").textContent = ok;
  const field = at("dialog-body").querySelector("input, textarea");
  at("dialog").returnValue = "";
  at("dialog").showModal();
  if (field instanceof HTMLInputElement) field.select();
  return new Promise((resolve) => {
    at("dialog").onclose = () => resolve(at("dialog").returnValue === "ok" ? (field?.value ?? "") : null);
  });
}

function field(label, tag, value) {
  const input = element(tag, { id: "field", value });
  return [element("label", { htmlFor: "field", textContent: label }), input];
}

async function rename(entry) {
  const name = await dialog(`Rename ${entry.name}`, field("New name", "input", entry.name), "Rename");
  if (name && name !== entry.name) {
    await act(`Renamed to ${name}.`, () => post("/viewer/move", { from: `${here}/${entry.name}`, to: `${here}/${name}` }));
  }
}

async function move(entry) {
  const to = await dialog(`Move ${entry.name}`, field("To folder", "input", here), "Move");
  if (to && to !== here) {
    const target = to.replace(/\/$/, "");
    await act(`Moved to ${target}.`, () => post("/viewer/move", { from: `${here}/${entry.name}`, to: `${target}/${entry.name}` }));
  }
}

async function remove(entry) {
  const what = entry.type === "folder" ? "The folder and everything in it" : "The file";
  const sure = await dialog(`Delete ${entry.name}?`, [element("p", { textContent: `${what} will be deleted.` })], "Delete");
  if (sure !== null) {
    await act(`Deleted ${entry.name}.`, () => post("/viewer/delete", { path: `${here}/${entry.name}` }));
  }
}

async function edit(entry) {
  const text = await (await fetch(fileUrl(`${here}/${entry.name}`))).text();
  const changed = await dialog(`Edit ${entry.name}`, field("Content", "textarea", text), "Save");
  if (changed !== null && changed !== text) await save(entry.name, changed);
}

function save(name, body) {
  return act(`Saved ${name}.`, () => ask(fileUrl(`${here}/${name}`), { method: "PUT", body }));
}

async function upload(files) {
  for (const { file, name } of files) {
    say(`Uploading ${name} …`);
    try {
      await ask(fileUrl(`${here}/${name}`), { method: "PUT", body: file });
    } catch (error) {
      say(`${name}: ${error.message}`, true);
      return refresh();
    }
  }
  say(files.length === 1 ? `Uploaded ${files[0].name}.` : `Uploaded ${files.length} files.`);
  return refresh();
}

/** Dropped files, with those inside dropped folders under their relative paths. */
async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (entries.length === 0) return [...transfer.files].map((file) => ({ file, name: file.name }));
  const found = [];
  const walk = async (entry, prefix) => {
    if (entry.isFile) {
      const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
      found.push({ file, name: prefix + entry.name });
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      const children = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (children.length === 0) return;
      for (const child of children) await walk(child, `${prefix}${entry.name}/`);
    }
  };
  for (const entry of entries) await walk(entry, "");
  return found;
}

function row(entry) {
  const path = `${here}/${entry.name}`;
  const isFolder = entry.type === "folder";
  const icon = isFolder ? drawing(FOLDER, "folder") : drawing(FILE, kindOf(entry.name));
  const name = isFolder
    ? element("a", { href: link(path), textContent: entry.name })
    : element("span", { className: "file", textContent: entry.name });
  const buttons = [];
  const button = (label, action) => {
    const made = element("button", { textContent: label, onclick: () => action(entry) });
    made.title = `${label} ${entry.name}`;
    if (label === "Delete") made.className = "danger";
    buttons.push(made);
  };
  if (!isFolder) button("Download", () => location.assign(fileUrl(path)));
  if (!isFolder && TEXT.test(entry.name) && entry.size <= EDIT_LIMIT_BYTES) button("Edit", edit);
  if (!entry.fixed) {
    button("Rename", rename);
    button("Move", move);
    button("Delete", remove);
  }
  const made = element("tr", {},
    element("td", { className: "name" }, icon, name),
    element("td", { className: "meta", textContent: isFolder ? "" : size(entry.size) }),
    element("td", { className: "meta", textContent: entry.modified ? MOMENT.format(new Date(entry.modified)) : "" }),
    element("td", { className: "acts" }, ...buttons));
  made.setAttribute("aria-label", entry.name);
  return made;
}

function crumbs() {
  const parts = here.split("/").slice(1).filter(Boolean);
  const items = [element("li", {}, element("a", { href: "/home", textContent: "All files" }))];
  parts.forEach((part, depth) => {
    const path = "/" + parts.slice(0, depth + 1).join("/");
    items.push(element("li", {}, element("a", { href: link(path), textContent: part })));
  });
  items.at(-1).firstChild.setAttribute("aria-current", "page");
  // A record's id is no heading.
  if (parts.length === APP_DEPTH + 3) items.at(-1).className = "id";
  at("crumbs").replaceChildren(...items);
}

async function refresh() {
  let folder;
  try {
    folder = await ask("/viewer/list?path=" + encodeURIComponent(here));
  } catch (error) {
    say(error.message, true);
    return;
  }
  // Unchanged rows stay, and with them the focus.
  const now = JSON.stringify(folder);
  if (now === shown) return;
  shown = now;
  const face = element("span", { className: "avatar", textContent: folder.account.name[0] });
  face.setAttribute("aria-hidden", "true");
  at("account").replaceChildren(face, `${folder.account.name} (${folder.account.email})`);
  const order = (entry) => (entry.type === "folder" ? "0" : "1") + entry.name.toLowerCase();
  folder.entries.sort((a, b) => (order(a) < order(b) ? -1 : 1));
  at("rows").replaceChildren(...folder.entries.map(row));
  at("files").hidden = folder.entries.length === 0;
  at("empty").hidden = folder.entries.length > 0;
}

at("tools").hidden = !isInApp;
at("note").hidden = !isInRecord;
at("upload").onclick = () => at("picker").click();
at("picker").onchange = async () => {
  await upload([...at("picker").files].map((file) => ({ file, name: file.name })));
  at("picker").value = "";
};
at("new-folder").onclick = async () => {
  const name = await dialog("New folder", field("Name", "input", ""), "Create");
  if (name) await act(`Created ${name}.`, () => post("/viewer/folder", { path: `${here}/${name}` }));
};
at("new-text").onclick = async () => {
  const name = await dialog("New text file", field("Name", "input", "Untitled.txt"), "Create");
  if (name) await save(name, "");
};
addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.toggle("dropping", isInApp);
});
addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) document.body.classList.remove("dropping");
});
addEventListener("drop", async (event) => {
  event.preventDefault();
  document.body.classList.remove("dropping");
  if (isInApp) await upload(await dropped(event.dataTransfer));
});
crumbs();
await refresh();
setInterval(() => { if (!document.hidden && !at("dialog").open) refresh(); }, REFRESH_MS);
