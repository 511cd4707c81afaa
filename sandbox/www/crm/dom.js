// Building blocks of the pages: elements, icons, dialogs, messages, formats, and calls to the CRM's own server.
// Nothing here knows what a record is.

/** Makes an element. `on…` properties become listeners, `class` and `aria-…` attributes; null children are left out. */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** Makes these the children of `parent`, in this order; those that stand there already are not touched. */
export function arrange(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.childNodes]) if (!wanted.has(child)) child.remove();
  let next = parent.firstChild;
  for (const node of nodes) {
    if (node === next) next = next.nextSibling;
    else parent.insertBefore(node, next);
  }
}

const SHAPES = {
  companies: "M3 21V5l8-2v18M11 9h10v12M3 21h18M6 8h2M6 12h2M6 16h2M14 13h2M14 17h2M18 13h1M18 17h1",
  contacts: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4 21c0-4 3.6-6 8-6s8 2 8 6",
  projects: "M3 7h18v13H3zM8 7V4h8v3M3 13h18M12 12v3",
  meetings: "M4 6h16v15H4zM4 10h16M8 3v4M16 3v4M8 14h3M8 17h6",
  products: "M12 3 3 7.5v9L12 21l9-4.5v-9zM3 7.5 12 12l9-4.5M12 12v9",
  marketplace: "M4 9h16l-1 12H5zM8 9V7a4 4 0 0 1 8 0v2",
  menu: "M4 7h16M4 12h16M4 17h16",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4 21c0-4 3.6-6 8-6s8 2 8 6",
  down: "m6 9 6 6 6-6",
  leave: "M10 4H5v16h5M14 8l4 4-4 4M18 12H9",
  plus: "M12 5v14M5 12h14",
  edit: "m4 20 1-5L16 4l4 4L9 19zM14 6l4 4",
  more: "M12 6h.01M12 12h.01M12 18h.01",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  trash: "M5 7h14M10 4h4M7 7l1 13h8l1-13M10 11v5M14 11v5",
  folder: "M3 6h6l2 2h10v11H3z",
  file: "M6 3h8l5 5v13H6zM14 3v5h5",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15 9h.01",
  sheet: "M5 3h14v18H5zM5 9h14M5 15h14M12 9v12",
  zip: "M6 3h12v18H6zM12 3v2M12 7v2M12 11v2M10 15h4v3h-4z",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM16 16l5 5",
  back: "m14 6-6 6 6 6",
  close: "m6 6 12 12M18 6 6 18",
  compass: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM15.5 8.5l-2 5-5 2 2-5z",
  cloud: "M7 18a4 4 0 0 1-.4-8 5.5 5.5 0 0 1 10.5-1.4A4.7 4.7 0 0 1 17 18M12 20v-8M9 15l3-3 3 3",
};

/** A line drawing of 24 by 24; decoration, so hidden from assistive technology. */
export function icon(name, className = "icon") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", className);
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
}

/** The drawing that fits a document's type. */
export function documentIcon(mimeType) {
  if (mimeType.startsWith("image/")) return icon("image", "icon icon-image");
  if (mimeType.includes("sheet") || mimeType.includes("excel")) return icon("sheet", "icon icon-sheet");
  if (mimeType.includes("zip")) return icon("zip", "icon icon-zip");
  if (mimeType.includes("pdf")) return icon("file", "icon icon-pdf");
  return icon("file", "icon icon-file");
}

/** Asks the CRM's own server. Answers the JSON, or null for 204; throws for anything that is not 2xx. */
export async function ask(method, path, body) {
  const init = { method, credentials: "same-origin" };
  if (body instanceof Blob) init.body = body;
  else if (body !== undefined) init.body = JSON.stringify(body);
  const response = await fetch(`/app/${path}`, init);
  if (!response.ok) {
    const error = new Error(response.status === 404 ? "That does not exist any more." : `The CRM answered ${response.status}.`);
    error.status = response.status;
    throw error;
  }
  return response.status === 204 ? null : response.json();
}

/** A short message at the lower edge, in place of the one before; errors stay longer. */
export function toast(text, kind = "info") {
  const node = el("div", { class: `toast toast-${kind}` }, text);
  document.getElementById("toasts").replaceChildren(node);
  setTimeout(() => node.remove(), kind === "error" ? 8000 : 3500);
}

/** Runs a user's action, and says so when it fails. */
export async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    toast(error.message, "error");
    return undefined;
  }
}

/** Opens a modal dialog with fields; resolves to their values, or to null when it is closed. */
export function dialog({ title, text, fields = [], confirm, destructive = false }) {
  return new Promise((resolve) => {
    const inputs = fields.map((field) => {
      const input = el("input", { id: `field-${field.name}`, name: field.name, class: "input", autocomplete: "off", required: field.required, list: field.list });
      input.value = field.value ?? "";
      return input;
    });
    const form = el(
      "form", { method: "dialog", class: "dialog-form" },
      el("h2", { id: "dialog-title", class: "dialog-title" }, title),
      text ? el("p", {}, text) : null,
      fields.map((field, at) => el("div", { class: "field" }, el("label", { for: `field-${field.name}` }, field.label), inputs[at])),
      el(
        "div", { class: "dialog-buttons" },
        el("button", { type: "button", class: "button", onclick: () => box.close("") }, "Cancel"),
        el("button", { type: "submit", value: "ok", class: destructive ? "button button-destructive" : "button button-primary" }, confirm),
      ),
    );
    const box = el("dialog", { class: "dialog", "aria-labelledby": "dialog-title" }, form);
    box.addEventListener("close", () => {
      const done = box.returnValue === "ok";
      box.remove();
      resolve(done ? Object.fromEntries(inputs.map((input) => [input.name, input.value])) : null);
    });
    document.body.append(box);
    box.showModal();
    inputs[0]?.select();
  });
}

/** A button that opens a menu below itself. Items: `{ label, icon, action, href, destructive }`. */
export function menuButton(label, content, items, className) {
  const menu = el("div", { class: "menu", role: "menu", "aria-label": label, hidden: true });
  const button = el("button", { type: "button", class: className, "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": label }, content);
  const close = () => {
    menu.hidden = true;
    button.setAttribute("aria-expanded", "false");
    document.removeEventListener("click", outside);
  };
  const outside = (event) => {
    if (!wrap.contains(event.target)) close();
  };
  for (const item of items) {
    const properties = { role: "menuitem", class: item.destructive ? "menu-item menu-item-destructive" : "menu-item" };
    const run = (event) => {
      close();
      if (item.action) {
        event.preventDefault();
        item.action();
      }
    };
    menu.append(
      item.href
        ? el("a", { ...properties, href: item.href, download: item.download, onclick: run }, icon(item.icon), item.label)
        : el("button", { ...properties, type: "button", onclick: run }, icon(item.icon), item.label),
    );
  }
  button.addEventListener("click", () => {
    if (!menu.hidden) return close();
    menu.hidden = false;
    menu.classList.remove("menu-up");
    if (menu.getBoundingClientRect().bottom > window.innerHeight) menu.classList.add("menu-up");
    button.setAttribute("aria-expanded", "true");
    document.addEventListener("click", outside);
    menu.firstElementChild.focus();
  });
  const wrap = el("div", { class: "menu-wrap" }, button, menu);
  wrap.addEventListener("keydown", (event) => {
    const entries = [...menu.children];
    const at = entries.indexOf(document.activeElement);
    if (event.key === "Escape" && !menu.hidden) {
      close();
      button.focus();
    } else if (event.key === "ArrowDown" && at >= 0) {
      entries[(at + 1) % entries.length].focus();
      event.preventDefault();
    } else if (event.key === "ArrowUp" && at >= 0) {
      entries[(at + entries.length - 1) % entries.length].focus();
      event.preventDefault();
    }
  });
  return wrap;
}

/** `73.6 kB` */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** `12 Nov 2026`, or with the time of day. */
export function date(text, withTime = false) {
  const format = withTime ? { dateStyle: "medium", timeStyle: "short" } : { dateStyle: "medium" };
  return new Intl.DateTimeFormat("en-GB", format).format(new Date(text));
}
