// The CRM's shell: sign-in, navigation, user menu, and which page stands behind which address.

import { ask, attempt, el, icon, menuButton } from "./dom.js";
import { marketplacePage, pluginPage } from "./marketplace.js";
import { startPlugin, stopPlugin } from "./plugin-host.js";
import { MODULES, listPage, recordPage } from "./record-page.js";
import { repeatTour, startTour } from "./tour.js";

const app = document.getElementById("app");
let session = null;
let main = null;
let leave = () => {};
let visit = 0;

async function boot() {
  session = await ask("GET", "session");
  if (!session.user) return signInPage();
  shell();
  await startPlugin(session);
  await show();
  startTour();
}

function signInPage() {
  document.title = "Sign in · CRM";
  app.className = "sign-in";
  app.replaceChildren(
    el("main", { class: "island sign-in-card" },
      el("div", { class: "brand" }, el("span", { class: "brand-mark", "aria-hidden": "true" }), session.account.name),
      el("h1", {}, "Sign in"),
      el("p", { class: "faint" }, "This is a demo CRM. Choose who you are."),
      session.users.map((user) =>
        el("button", { type: "button", class: "button button-large", onclick: () => attempt(() => signIn(user)) },
          el("span", { class: "avatar", "aria-hidden": "true" }, user.first_name[0]), `Sign in as ${user.first_name} ${user.last_name}`))),
  );
}

async function signIn(user) {
  await ask("POST", "session", { user: user.id });
  if (location.pathname === "/") history.replaceState(null, "", "/companies");
  await boot();
}

async function signOut() {
  leave();
  leave = () => {};
  await stopPlugin();
  await ask("DELETE", "session");
  location.assign("/");
}

function shell() {
  main = el("main", { id: "main", tabindex: "-1" });
  const name = `${session.user.first_name} ${session.user.last_name}`;
  app.className = "shell";
  app.replaceChildren(
    el("a", { class: "skip", href: "#main" }, "Skip to content"),
    el("header", { class: "top" },
      el("div", { class: "brand" }, el("span", { class: "brand-mark", "aria-hidden": "true" }), el("span", { class: "brand-name" }, session.account.name)),
      menuButton(name, [el("span", { class: "avatar", "data-initials": session.user.first_name[0] }), el("span", { class: "user-name" }, name), icon("down")], [
        { label: "Marketplace", icon: "marketplace", action: () => navigate("/marketplace") },
        { label: "Take the tour", icon: "compass", action: repeatTour },
        { label: "Sign out", icon: "leave", action: () => attempt(signOut) },
      ], "user-button")),
    el("nav", { class: "side", "aria-label": "Modules" },
      MODULES.map((module) => el("a", { href: `/${module.path}`, "data-module": module.path }, icon(module.path), el("span", {}, module.title)))),
    main,
  );
}

/** Goes to another page of the CRM without loading it anew, so that the plugin goes on. */
function navigate(path) {
  history.pushState(null, "", path);
  show();
}

async function show() {
  const mine = ++visit;
  leave();
  leave = () => {};
  const [first = "", second] = location.pathname.split("/").filter(Boolean);
  const module = MODULES.find((entry) => entry.path === first);
  for (const link of document.querySelectorAll(".side a")) {
    if (link.dataset.module === first) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${module?.title ?? "Marketplace"} · CRM`;
  try {
    let left;
    // What answers late must not take the place of the page that was opened since.
    const current = () => mine === visit;
    if (module && second) left = await recordPage(main, module, decodeURIComponent(second), session, current);
    else if (module) await listPage(main, module, current);
    else if (first === "marketplace" && second === "dropbox") left = pluginPage(main, session);
    else if (first === "marketplace") marketplacePage(main, session);
    else if (first === "") return navigate("/companies");
    else return missing("This page does not exist.");
    // A page that was left while it loaded must not stay mounted behind the next one.
    if (mine !== visit) left?.();
    else leave = left ?? leave;
  } catch (error) {
    if (mine !== visit) return;
    if (error.status === 401) location.reload();
    else missing(error.message);
  }
}

function missing(text) {
  main.replaceChildren(el("div", { class: "empty" }, icon("file", "icon icon-large"), el("h1", {}, "Not found"), el("p", { class: "hint" }, text)));
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href^='/']");
  if (!link || link.hasAttribute("download") || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  navigate(link.getAttribute("href"));
});
window.addEventListener("popstate", show);

attempt(boot);
