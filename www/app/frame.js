// What stands around every page: the bar with the five modules, the notice of a pause, the toasts.

import { el, icon } from "./dom.js";
import { MODULES } from "./records.js";

/** Draws it into `body`. Answers the place of the page, the place of the notice, and how to mark the current module. */
export function frame(body, { words, user }, signOut) {
  const { say } = words;
  const main = el("main", { id: "main" });
  const bar = el("div", { class: "notice-place", role: "status" });
  const links = MODULES.map(({ module }) =>
    el("a", { href: `#/${module}`, "data-module": module }, icon(module), el("span", {}, say(module))));
  const settings = el("a", { href: "#/settings", class: "quiet", "data-module": "settings", "aria-label": say("settings"), title: say("settings") }, icon("settings"));
  const skip = (event) => {
    event.preventDefault();
    main.querySelector("h1")?.focus();
  };
  body.replaceChildren(
    el("a", { href: "#main", class: "skip", onclick: skip }, say("skip")),
    el("header", { class: "top" },
      el("a", { class: "brand", href: `#/${MODULES[0].module}`, "aria-label": say("app") }, el("img", { src: new URL("icon.svg", import.meta.url).href, alt: "", width: "28", height: "28" }), el("span", {}, say("app"))),
      el("nav", { class: "modules", "aria-label": say("modules") }, links),
      el("div", { class: "who" },
        el("span", { class: "who-name" }, user.name),
        settings,
        el("button", { type: "button", class: "quiet", onclick: signOut, "aria-label": say("sign_out"), title: say("sign_out") }, icon("leave")))),
    bar,
    main,
    el("div", { id: "toasts", role: "status", "aria-live": "polite" }),
  );
  const mark = (name) => {
    for (const link of [...links, settings]) {
      if (link.dataset.module === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  };
  return { main, bar, mark };
}

/** The notice that nothing goes on without the person, while that is so. */
export function pausedBar(place, { say }, session) {
  if (session.state !== "paused") return place.replaceChildren();
  place.replaceChildren(
    el("div", { class: "notice" },
      icon("warning"),
      el("p", {}, el("strong", {}, say("paused")), " ", say(session.error ? "paused_refused" : "paused_what")),
      el("button", { type: "button", class: "button primary", onclick: () => session.renewInWindow() }, say("go_on"))));
}
