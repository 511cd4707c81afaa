// What only some pages of an extension may do: ask for sign-ins, keep something in the browser's memory, open pages. In
// Chromium a frame is such a page; in Firefox a frame inside a web page is not, and asks background.js.

const OWN = {
  redirectUri: async (path) => chrome.identity.getRedirectURL(path),
  signIn: (details) => chrome.identity.launchWebAuthFlow(details),
  recall: (keys) => chrome.storage.session.get(keys),
  remember: (values) => chrome.storage.session.set(values),
  openOptions: () => chrome.runtime.openOptionsPage(),
  openWindow: async (details) => void (await chrome.windows.create(details)),
};

const asked = Object.fromEntries(Object.keys(OWN).map((what) => [what, (...values) => chrome.runtime.sendMessage({ what, values })]));

export const browser = chrome.identity === undefined ? asked : OWN;

/** Does it for this extension's frames; for nobody else, not even its scripts in web pages. */
export function serve() {
  chrome.runtime.onMessage.addListener(({ what, values }, sender) => {
    if (sender.url?.startsWith(chrome.runtime.getURL("")) && Object.hasOwn(OWN, what)) return OWN[what](...values);
    return undefined;
  });
}
