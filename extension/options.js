// The options: which integration and which Dropbox app, the addresses to register with them, and the plugin's settings.

import { el } from "../app/dom.js";
import { loadWords } from "../app/words.js";
import { startPlugin } from "./plugin_in_frame.js";
import { IdentitySession } from "./session.js";
import { readSettings, writeSettings } from "./settings.js";

const { say, language } = await loadWords(navigator.language);
document.documentElement.lang = language;
const config = await readSettings();
const main = document.querySelector("main");
const code = (text) => el("code", { class: "address" }, text);

const clientId = el("input", { value: config.teamleaderClientId, autocomplete: "off", spellcheck: "false", required: true });
const appKey = el("input", { value: config.dropboxAppKey, autocomplete: "off", spellcheck: "false", required: true });
const said = el("p", { role: "status" });
const form = el(
  "form", {},
  el("label", {}, say("extension_client_id"), clientId, el("span", { class: "faint" }, say("setup_teamleader")), code(config.redirectUris.teamleader)),
  el("label", {}, say("extension_app_key"), appKey, el("span", { class: "faint" }, say("setup_dropbox")), code(config.redirectUris.dropbox)),
  el("div", {}, el("button", { class: "button primary" }, say("save"))),
  said);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  await writeSettings({ teamleaderClientId: clientId.value.trim(), dropboxAppKey: appKey.value.trim() });
  said.textContent = say("extension_saved");
});
const slot = el("div", { "data-plugin-slot": "settings" });
main.append(
  el("div", {}, el("h1", {}, say("app")), el("p", {}, say("app_what"))),
  el("section", { class: "card" }, el("h2", {}, say("extension_registered")), form),
  slot);

if (config.teamleaderClientId && config.dropboxAppKey) {
  const session = new IdentitySession(config);
  if (await session.open()) {
    const { plugin } = await startPlugin(config, session);
    plugin.mountSettings(slot);
  }
}
