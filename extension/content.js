// On a page of the CRM: puts the extension's own page into it, visible on the detail page of a record, hidden elsewhere,
// where it only keeps the time of the sync. Everything else happens in that frame: this script reads the address and the
// documents' place, and knows no token, no document and no plugin.

const FRAME = chrome.runtime.getURL("extension/panel.html");
const FRAME_ORIGIN = new URL(FRAME).origin;
/** Pages are drawn in many steps; so long after the last one the place is looked for (ms). */
const SETTLED_MS = 300;
/** A page without the documents' place by then has none (ms). */
const PATIENCE_MS = 4_000;
/** The drawer was left open. */
const OPEN = "drawerOpen";

/** What stands in the page now: `{ place, element, frame }`. */
let mounted = null;
/** What the page shows, and since when. */
let shown;
let shownSince = 0;
let settling = 0;
let changes = null;

/** Puts the frame where it belongs; called again and again, and does nothing where it stands well. */
function arrange() {
  const record = recordAt(location.href);
  const address = record ? `#/${record.kind}/${record.id}` : "";
  if (shown !== address) {
    unmount();
    shown = address;
    shownSince = Date.now();
  }
  const widget = record && documentsWidget(document);
  const waits = record && !widget && Date.now() - shownSince < PATIENCE_MS;
  const place = !record ? "hidden" : widget ? "widget" : waits ? null : "drawer";
  if (place === null) {
    settle(SETTLED_MS);
    return;
  }
  const inside = place !== "widget" || mounted?.element.parentElement === widget;
  const stands = mounted?.element.isConnected && mounted.place === place && inside;
  if (stands) return;
  unmount();
  const checks = record ? checkPage(document).filter(([, holds]) => !holds).map(([name]) => name) : [];
  const frame = document.createElement("iframe");
  frame.src = `${FRAME}?${new URLSearchParams({ place, failed: checks.join(" ") })}${address}`;
  frame.title = "Dropbox";
  frame.className = "teamleader-dropbox-frame";
  const element = document.createElement("div");
  element.className = `teamleader-dropbox teamleader-dropbox-${place}`;
  mounted = { place, element, frame };
  if (place === "drawer") drawer(element, frame);
  else element.append(frame);
  (widget || document.body).append(element);
  if (widget) watch(widget);
}

function unmount() {
  changes?.disconnect();
  mounted?.element.remove();
  mounted = null;
}

/** A tab at the edge that opens and closes the frame, as the person left it last time. */
function drawer(element, frame) {
  const tab = document.createElement("button");
  tab.type = "button";
  tab.textContent = "Dropbox";
  const open = (is) => {
    tab.setAttribute("aria-expanded", String(is));
    frame.hidden = !is;
  };
  tab.addEventListener("click", () => {
    const is = frame.hidden;
    open(is);
    chrome.storage.local.set({ [OPEN]: is });
  });
  open(false);
  element.append(tab, frame);
  chrome.storage.local.get(OPEN).then(({ [OPEN]: left = true }) => open(left));
}

/** The CRM's list changed: a person may have added or deleted something. */
function watch(widget) {
  let telling = 0;
  changes = new MutationObserver((records) => {
    if (records.every(({ target }) => mounted?.element.contains(target))) return;
    clearTimeout(telling);
    telling = setTimeout(() => mounted?.frame.contentWindow?.postMessage({ said: "documents" }, FRAME_ORIGIN), SETTLED_MS);
  });
  changes.observe(widget, { childList: true, subtree: true });
}

window.addEventListener("message", ({ source, origin, data }) => {
  if (origin !== FRAME_ORIGIN || source !== mounted?.frame.contentWindow) return;
  if (data.said === "height") mounted.frame.style.height = `${Math.ceil(data.height)}px`;
});

function settle(ms) {
  clearTimeout(settling);
  settling = setTimeout(arrange, ms);
}

// The CRM turns pages without loading them anew: what it draws tells, and so does the address.
new MutationObserver((records) => {
  if (!records.every(({ target }) => mounted?.element.contains(target))) settle(SETTLED_MS);
}).observe(document.documentElement, { childList: true, subtree: true });
window.addEventListener("popstate", () => settle(0));
arrange();
