// Elements and nothing else: no markup is ever parsed, so no text can become one.

const SVG = "http://www.w3.org/2000/svg";

/** `el("a", { href, class, onclick, "aria-label": … }, …children)`; children that are null or undefined are left out. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** Outlines of 24 units, drawn with the colour of the text around them. */
const ICONS = {
  companies: "M4 20V6l8-3v17M12 9h8v11M2.5 20h19M7 9h2M7 13h2M7 17h2M15 13h2M15 17h2",
  contacts: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20c.8-3.8 3.7-6 7.5-6s6.700 2.200 7.500 6",
  projects: "M4 5h16v14H4zM4 10h16M10 10v9",
  meetings: "M4 6h16v14H4zM4 10.500h16M8 3v4M16 3v4M8.500 14.500h2M13.500 14.500h2",
  products: "M12 3l8 4.500v9L12 21l-8-4.500v-9zM4 7.500l8 4.500 8-4.500M12 12v9",
  settings: "M4 7h9M17 7h3M4 17h3M11 17h9M15 9.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5zM9 19.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z",
  search: "M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13zM15.500 15.500L21 21",
  back: "M14.500 5L7.500 12l7 7",
  forward: "M9.500 5l7 7-7 7",
  upload: "M12 16V5M7 9.500L12 4.500l5 5M4.500 16v3.500h15V16",
  download: "M12 4.500V15M7 10.500l5 5 5-5M4.500 16v3.500h15V16",
  remove: "M5 7h14M9.500 7V4.500h5V7M7 7l.8 13h8.400L17 7M10.500 11v5M13.500 11v5",
  file: "M6 3.500h8L19 8.500v12H6zM13.500 3.500v5.500H19",
  folder: "M3.500 6h6l2 2.500h9V19h-17z",
  out: "M13.500 4.500h6v6M19.500 4.500L11 13M17 14v5.500H4.500V7H10",
  leave: "M14 4.500H5v15h9M10 12h10.500M16.500 8l4 4-4 4",
  link: "M10 14a4 4 0 0 0 5.700 0l3-3a4 4 0 0 0-5.700-5.700l-1 1M14 10a4 4 0 0 0-5.700 0l-3 3a4 4 0 0 0 5.700 5.700l1-1",
  warning: "M12 4l9 16H3zM12 10v4.500M12 17v.5",
};

export function icon(name, className = "icon") {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of [["viewBox", "0 0 24 24"], ["class", className], ["aria-hidden", "true"]]) svg.setAttribute(key, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** Says something that passes: seen for a while at the lower edge, and read out. */
export function toast(text) {
  const place = document.getElementById("toasts");
  const shown = el("p", { class: "toast" }, text);
  place.append(shown);
  setTimeout(() => shown.remove(), 6000);
}

/** Asks a question; whether the answer is yes. */
export function confirm({ title, text, yes, no }) {
  return new Promise((resolve) => {
    const dialog = el(
      "dialog", { class: "dialog", "aria-labelledby": "dialog-title" },
      el("h2", { id: "dialog-title" }, title),
      el("p", {}, text),
      el("div", { class: "dialog-buttons" },
        el("button", { type: "button", class: "button", onclick: () => dialog.close("no") }, no),
        el("button", { type: "button", class: "button destructive", onclick: () => dialog.close("yes") }, yes)),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
