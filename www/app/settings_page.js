// The plugin's settings, and who is signed in.

import { el } from "./dom.js";

/** Shows them; the answer is what to call when the page is left. */
export function settingsPage(main, { plugin, failure, user, words: { say } }) {
  const slot = el("div", { class: "slot", "data-plugin-slot": "settings" });
  main.replaceChildren(el("div", { class: "narrow" },
    el("h1", { tabindex: "-1" }, say("settings")),
    slot,
    el("p", { class: "faint" }, say("signed_in_as", { name: user.name, email: user.email }))));
  if (!plugin) {
    slot.append(el("p", { class: "island padded" }, failure));
    return () => {};
  }
  const mounted = plugin.mountSettings(slot);
  return () => mounted.unmount();
}
