// The extension's frame in a page of the CRM: the plugin, and its panel if the page is about a record. Without a record
// it only keeps the time of the sync. `?place=` widget, drawer or hidden, as content.js chose; `#/<kind>/<id>` the record.

import { el } from "../app/dom.js";
import { emit } from "../app/host.js";
import { find, moduleOf, nameOf } from "../app/records.js";
import { loadWords } from "../app/words.js";
import { browser } from "./browser.js";
import { startPlugin } from "./plugin_in_frame.js";
import { IdentitySession } from "./session.js";
import { readSettings } from "./settings.js";

const query = new URLSearchParams(location.search);
const [, kind, id] = location.hash.match(/^#\/(\w+)\/([\w-]+)$/) ?? [];
const notice = el("div", { role: "status" });
const slot = el("div", { "data-plugin-slot": "documents" });
document.body.append(notice, slot);
new ResizeObserver(() => parent.postMessage({ said: "height", height: document.documentElement.getBoundingClientRect().height }, "*")).observe(document.documentElement);

/** The page's list changed; until the plugin has started it is only remembered. */
let changedMeanwhile = false;
let tell = () => (changedMeanwhile = true);
window.addEventListener("message", ({ source, data }) => {
  if (source === parent && data?.said === "documents") tell();
});

async function begin() {
  const words = await loadWords(navigator.language);
  if (!(await mayStore())) return note(words.say("extension_storage"), words.say("extension_window"), openWindow);
  const config = await readSettings();
  if (!config.teamleaderClientId || !config.dropboxAppKey) return note(words.say("extension_setup"), words.say("extension_options"), () => browser.openOptions());
  const session = new IdentitySession(config);
  if (await session.open()) return run(config, session);
  // Another frame's sign-in does for this one.
  session.onChange((state) => state === "well" && location.reload());
  return note(words.say("extension_sign_in"), words.say("sign_in"), () => session.signIn());
}

/** The same page in a window of its own. */
const openWindow = () => browser.openWindow({ url: location.href.replace(/\?[^#]*/, ""), type: "popup", width: 440, height: 760 });

/** Where third-party cookies are blocked, a frame of an extension may store nothing; a window of its own may. */
async function mayStore() {
  try {
    await navigator.locks.request("teamleader-dropbox/probe", () => {});
    return true;
  } catch {
    return false;
  }
}

async function run(config, session) {
  const { api, words, plugin } = await startPlugin(config, session);
  const { say } = words;
  const pause = () => {
    if (session.state === "paused") note(say("paused"), say("go_on"), () => session.signIn(), "note pause");
    else hint(say);
  };
  session.onChange(pause);
  pause();
  if (!kind) return;
  const module = moduleOf(kind);
  const { row } = await find(api, module, id);
  const record = { kind, id, name: nameOf(kind, row) };
  plugin.mountDocumentsPanel(slot, record);
  emit("record.changed", record);
  tell = () => emit("documents.changed", record);
  if (changedMeanwhile) tell();
}

/** What of the page was not as expected; nothing if all was. */
function hint(say) {
  notice.replaceChildren(...(query.get("failed") ? [el("p", { class: "hint", "data-failed": query.get("failed") }, say("extension_page", { what: query.get("failed") }))] : []));
}

function note(text, button, act, className = "note") {
  notice.replaceChildren(el("div", { class: className }, el("p", {}, text), el("button", { type: "button", class: "button primary", onclick: act }, button)));
}

begin().catch(async (error) => {
  console.error(error);
  const { say } = await loadWords(navigator.language);
  note(say({ 403: "forbidden", 404: "not_found" }[error.status] ?? "unreachable"), say("again"), () => location.reload());
});
