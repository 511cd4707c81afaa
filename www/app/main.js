// Composes the page: configuration, session, plugin, and the page that the address names.
//
// #/companies … #/products   a module's list          #/company/<id> …   one record          #/settings   the settings

import { Api } from "./api.js";
import { readConfig } from "./config.js";
import { el, toast } from "./dom.js";
import { hostFor } from "./host.js";
import { listPage } from "./list_page.js";
import { recordPage } from "./record_page.js";
import { MODULES, moduleOf } from "./records.js";
import { Session } from "./session.js";
import { settingsPage } from "./settings_page.js";
import { setupPage, signInPage } from "./sign_in_page.js";
import { frame, pausedBar } from "./frame.js";
import { loadWords } from "./words.js";

const BASE = new URL("..", import.meta.url);

async function start() {
  let words = await loadWords(navigator.language);
  document.documentElement.lang = words.language;
  let config;
  try {
    config = await readConfig(BASE);
  } catch {
    return setupPage(document.body, words, undefined);
  }
  if (!config.teamleaderClientId || !config.dropboxAppKey) return setupPage(document.body, words, config);

  const session = new Session(config);
  if (!(await session.open())) {
    // Somebody who was here before, by a link from the CRM: Teamleader knows them, and one hop brings a token.
    if (session.wouldSignInSilently()) return session.signIn();
    return signInPage(document.body, words, session);
  }
  const api = new Api(config.teamleader.api, session);
  const user = await api.me();
  session.speaksForUs = async (token) => {
    const other = await api.me(token);
    return other.id === user.id && other.account === user.account;
  };
  words = await loadWords(user.language ?? navigator.language);
  document.documentElement.lang = words.language;

  const app = { api, config, session, user, words, plugin: null, failure: null, uploads: 0 };
  session.isBusy = () => app.uploads > 0;
  window.addEventListener("beforeunload", (event) => app.uploads > 0 && event.preventDefault());
  try {
    const { start: startPlugin } = await import("../plugin.js");
    app.plugin = await startPlugin(hostFor(config, session, user, words.locale));
  } catch (error) {
    console.error("The plugin did not start:", error);
    app.failure = words.say("plugin_failed");
  }
  run(app);
}

function run(app) {
  const { session, words } = app;
  const { main, bar, mark } = frame(document.body, app, async () => {
    await app.plugin?.stop();
    session.signOut();
  });
  session.onChange((state) => {
    if (state === "signed-out") return location.reload();
    pausedBar(bar, words, session);
  });
  pausedBar(bar, words, session);

  let leave = () => {};
  let visit = 0;
  const show = async (first = false) => {
    const place = location.hash || `#/${MODULES[0].module}`;
    if (session.leadsAway(place)) return;
    const mine = ++visit;
    leave();
    leave = () => {};
    const [, name = "", id = ""] = place.match(/^#\/([\w-]+)(?:\/([^/?]+))?/) ?? [];
    const current = () => mine === visit;
    const module = MODULES.find((module) => module.module === name) ?? moduleOf(name);
    mark(module?.module ?? name);
    main.replaceChildren(el("p", { class: "loading", role: "status" }, words.say("loading")));
    try {
      if (name === "settings") leave = settingsPage(main, app);
      else if (module && id) leave = (await recordPage(main, app, module, decodeURIComponent(id), current)) ?? leave;
      else if (module) leave = (await listPage(main, app, module, current)) ?? leave;
      else location.replace(`#/${MODULES[0].module}`);
    } catch (error) {
      if (current()) main.replaceChildren(failure(app, error, () => show()));
    }
    if (!current()) return;
    // A reader of the screen hears where they are; the first page needs no such help.
    if (!first) main.querySelector("h1")?.focus();
    document.title = [main.querySelector("h1")?.textContent, "Dropbox for Teamleader"].filter(Boolean).join(" · ");
  };
  window.addEventListener("hashchange", () => show());
  window.addEventListener("unhandledrejection", (event) => {
    console.error(event.reason);
    toast(words.say("failed"));
    event.preventDefault();
  });
  show(true);
}

/** What a page says that could not be shown. */
function failure({ words }, error, again) {
  const key = { 403: "forbidden", 404: "not_found" }[error.status] ?? "unreachable";
  if (error.status === undefined) console.error(error);
  return el(
    "section", { class: "island empty" },
    el("h1", { tabindex: "-1" }, words.say(key)),
    el("p", {}, words.say(`${key}_what`)),
    el("button", { type: "button", class: "button", onclick: again }, words.say("again")));
}

start().catch((error) => {
  console.error(error);
  document.body.replaceChildren(el("main", { class: "alone" }, el("section", { class: "island card" },
    el("h1", {}, "Dropbox for Teamleader"),
    el("p", { role: "alert" }, `Teamleader cannot be reached. Check the connection and reload the page. (${error.message})`))));
});
