// What is shown to who is not signed in, and to who has not set the page up yet.

import { el } from "./dom.js";

const KNOWN_ERRORS = ["access_denied", "expired", "unknown_state"];

export function signInPage(body, { say }, session) {
  const error = session.error && say(`error_${KNOWN_ERRORS.includes(session.error) ? session.error : "other"}`, { error: session.error });
  body.replaceChildren(card(
    el("h1", {}, say("app")),
    el("p", {}, say("app_what")),
    error ? el("p", { class: "problem", role: "alert" }, error) : null,
    el("button", { type: "button", class: "button primary large", onclick: () => session.signIn() }, say("sign_in")),
    el("p", { class: "faint" }, say("sign_in_what"))));
  document.title = say("app");
}

/** For the person who installs: what is missing in config.json, and the addresses to register. */
export function setupPage(body, { say }, config) {
  const code = (text) => el("code", { class: "address" }, text);
  const steps = config && [
    el("li", {}, say("setup_teamleader"), code(config.redirectUris.teamleader)),
    el("li", {}, say("setup_dropbox"), code(config.redirectUris.dropbox)),
    el("li", {}, say("setup_config"), code('{ "teamleaderClientId": "…", "dropboxAppKey": "…" }')),
  ];
  body.replaceChildren(card(
    el("h1", {}, say("setup")),
    el("p", {}, say(config ? "setup_what" : "setup_unreadable")),
    steps ? el("ol", { class: "steps" }, steps) : null));
  document.title = say("setup");
}

function card(...content) {
  return el("main", { class: "alone" }, el("section", { class: "island card" },
    el("img", { src: new URL("icon.svg", import.meta.url).href, alt: "", width: "56", height: "56" }), content));
}
