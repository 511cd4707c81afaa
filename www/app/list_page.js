// A module's list: search and pages. Where one was, search and page, stands in the address, so that going back finds it.

import { el, icon } from "./dom.js";
import { PAGE_ROWS, hintOf, listsOf, nameOf, page } from "./records.js";

/** After the last key, so long until it is searched (ms). */
const TYPING_MS = 250;

/** Shows the list; the answer is what to call when the page is left. */
export async function listPage(main, { api, words }, module, current) {
  const { say } = words;
  const lists = await listsOf(api, module);
  if (!current()) return undefined;
  const asked = new URLSearchParams(location.hash.split("?")[1] ?? "");
  let term = asked.get("search") ?? "";
  let number = Math.max(1, Number(asked.get("page")) || 1);
  let list = lists.find(({ type }) => type === asked.get("of")) ?? lists[0];

  const rows = el("ul", { class: "rows" });
  const said = el("p", { class: "sr", role: "status" });
  const pages = el("nav", { class: "pages", "aria-label": say("pages") });
  const search = el("input", { type: "search", class: "input", placeholder: say("search"), "aria-label": say("search_in", { module: say(module.module) }), value: term, autocomplete: "off", spellcheck: "false" });
  const generations = lists.length < 2 ? null : el("div", { class: "tabs", role: "group", "aria-label": say("projects") },
    lists.map((one) => el("button", { type: "button", class: "tab", "data-type": one.type, onclick: () => go({ list: one, number: 1 }) }, say(one.type === "project" ? "projects_earlier" : "projects_new"))));

  main.replaceChildren(
    el("div", { class: "page-head" },
      el("h1", { tabindex: "-1" }, say(module.module)),
      el("label", { class: "search" }, icon("search"), search)),
    generations ?? "",
    el("section", { class: "island" }, rows, pages),
    said);

  let typing;
  search.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => go({ term: search.value.trim(), number: 1 }), TYPING_MS);
  });
  await load();
  return () => clearTimeout(typing);

  function go(to) {
    ({ term = term, number = number, list = list } = to);
    const query = new URLSearchParams();
    if (term) query.set("search", term);
    if (number > 1) query.set("page", number);
    if (list !== lists[0]) query.set("of", list.type);
    const text = query.toString();
    history.replaceState(null, "", `#/${module.module}${text ? `?${text}` : ""}`);
    load().catch(() => rows.replaceChildren(el("li", { class: "none" }, say("unreachable"))));
  }

  async function load() {
    const [wantedTerm, wantedNumber, wantedList] = [term, number, list];
    rows.setAttribute("aria-busy", "true");
    const found = await page(api, list, term, number);
    // A later search or page has been asked for meanwhile.
    if (!current() || wantedTerm !== term || wantedNumber !== number || wantedList !== list) return;
    rows.removeAttribute("aria-busy");
    rows.replaceChildren(...(found.rows.length > 0 ? found.rows.map(row) : [el("li", { class: "none" }, icon(module.module, "icon big"), say(term ? "found_none" : "none", { term }))]));
    said.textContent = say("found", { count: found.rows.length });
    for (const tab of generations?.children ?? []) tab.setAttribute("aria-pressed", String(tab.dataset.type === list.type));
    const turn = (to, key, name, enabled) => el("button", { type: "button", class: "button", disabled: !enabled, onclick: () => go({ number: to }) }, name === "back" ? icon(name) : null, say(key), name === "forward" ? icon(name) : null);
    const turns = number > 1 || found.more;
    pages.hidden = !turns;
    pages.replaceChildren(...(turns ? [turn(number - 1, "previous", "back", number > 1), el("span", { class: "faint" }, say("rows", { from: words.number((number - 1) * PAGE_ROWS + 1), to: words.number((number - 1) * PAGE_ROWS + found.rows.length) })), turn(number + 1, "next", "forward", found.more)] : []));
  }

  function row(entry) {
    const name = nameOf(module.kind, entry) || say("no_name");
    const hint = hintOf(module.kind, entry);
    const text = hint.date ? words.date(hint.date, true) : hint.text;
    return el("li", {}, el("a", { href: `#/${module.kind}/${encodeURIComponent(entry.id)}`, class: "row" },
      el("span", { class: "avatar", "aria-hidden": "true" }, initials(name)),
      el("span", { class: "row-text" }, el("span", { class: "row-name" }, name), text ? el("span", { class: "faint" }, text) : null),
      icon("forward", "icon faint")));
  }
}

/** One or two letters for the circle before a name. */
export function initials(name) {
  const parts = name.split(/\s+/).filter((part) => /\p{L}|\p{N}/u.test(part));
  return parts.slice(0, 2).map((part) => part.match(/\p{L}|\p{N}/u)[0].toUpperCase()).join("") || "–";
}
