// Dropbox comes back only to https addresses, and the pages of an extension have none. The browser's own window for
// sign-ins catches such an address; to the plugin it looks like the window it opens anywhere else, and its answer comes
// over the same channel as from oauth.html.

import { browser } from "./browser.js";

const CHANNEL = "teamleader-dropbox/sign-in";

/** From now on the windows that the plugin opens are the browser's for sign-ins. */
export function useIdentityWindow() {
  window.open = () => {
    const opened = { closed: false, close: () => (opened.closed = true), location: { replace: (url) => show(url, opened) } };
    return opened;
  };
}

async function show(url, opened) {
  let back;
  try {
    back = new URL(await browser.signIn({ url, interactive: true }));
  } catch {
    // The person closed it.
    opened.closed = true;
    return;
  }
  const channel = new BroadcastChannel(CHANNEL);
  const field = (name) => back.searchParams.get(name);
  channel.postMessage(JSON.stringify({ state: field("state") ?? "", code: field("code"), error: field("error") }));
  channel.close();
}
