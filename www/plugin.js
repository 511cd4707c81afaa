// The entry module: loads the WebAssembly module, mounts its panels in shadow roots, and calls `sync` on a timer.
// What it is given and what it answers stands in plugin.d.ts. All decisions are made in the module.

import init, * as wasm from "./pkg/teamleader_dropbox.js";

const LANGUAGES = ["de", "en", "es", "fr", "it", "nl"];
/** Of the database, and before the names of what is stored for a moment. */
const NAME = "teamleader-dropbox";
/** How often the due time is looked at (ms). The due time itself is stored. */
const LOOK_MS = 60_000;
/** The module. */
const MODULE = "pkg/teamleader_dropbox_bg.wasm";
/** Module and glue, as the stack of what went wrong in them names one or the other. */
const OURS = "pkg/teamleader_dropbox";

const here = (path) => new URL(path, import.meta.url).href;

/** Starts the plugin; once per page. */
export async function start(host) {
  const [words] = await Promise.all([loadWords(host.locale), init({ module_or_path: here(MODULE) })]);
  const shown = new Map();
  let dead = false;

  const options = {
    apiBase: host.apiBase,
    account: { id: host.account.id },
    user: { id: host.user.id },
    locale: host.locale,
    settings: { ...host.settings },
    redirectUri: host.redirectUri ?? here("oauth.html"),
    translations: words.text,
  };
  let die;
  const died = new Promise((_, reject) => {
    die = () => reject(new Error("The plugin has stopped; reload the page."));
  });
  // Told to whoever waits for an answer, and to nobody else.
  died.catch(() => {});
  // A panic, or memory or stack that ran out: the instance trapped, and no code of it was told.
  const onError = ({ error, reason }) => {
    const thrown = error ?? reason;
    if (dead || !(thrown instanceof WebAssembly.RuntimeError) || !thrown.stack?.includes(OURS)) return;
    // Nothing of it may run again. Its panels are drawn from here, without it.
    dead = true;
    die();
    try {
      wasm.poison();
    } catch {
      // It has not even the room for that.
    }
    for (const root of shown.values()) showCrash(root, words.all);
  };
  window.addEventListener("error", onError);
  window.addEventListener("unhandledrejection", onError);
  function stopListening() {
    window.removeEventListener("error", onError);
    window.removeEventListener("unhandledrejection", onError);
  }

  const alive = (call, otherwise) => {
    if (dead) return otherwise;
    try {
      return call();
    } catch (error) {
      // Whoever catches it next does not know what it means.
      onError({ error });
      throw error;
    }
  };
  // The promise of a module that trapped stays open for ever.
  const settled = async (call) => Promise.race([alive(call), died]);

  try {
    await settled(() => wasm.start(JSON.stringify(options), host));
  } catch (error) {
    stopListening();
    throw error;
  }

  async function runIfDue() {
    if (!alive(wasm.isDue, false)) return;
    await settled(wasm.sync);
  }
  const look = () => {
    alive(wasm.pageChanged);
    // A cycle that fails says so in the panel.
    runIfDue().catch(() => {});
  };
  const timer = setInterval(look, LOOK_MS);
  const onVisible = () => document.visibilityState === "visible" && look();
  const onNetwork = () => look();
  document.addEventListener("visibilitychange", onVisible);
  window.addEventListener("online", onNetwork);
  window.addEventListener("offline", onNetwork);
  look();
  function rest() {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", onVisible);
    window.removeEventListener("online", onNetwork);
    window.removeEventListener("offline", onNetwork);
  }

  function mount(element, fill) {
    const { holder, root } = shadow(element);
    shown.set(holder, root);
    const leave = () => {
      shown.delete(holder);
      holder.remove();
    };
    let panel;
    try {
      panel = alive(() => fill(root));
    } catch (error) {
      if (!dead) {
        leave();
        throw error;
      }
      // What ends the module is told by the panel, not to the host.
      console.error(error);
    }
    if (dead) showCrash(root, words.all);
    return {
      unmount() {
        if (panel !== undefined) alive(() => wasm.unmount(panel));
        leave();
      },
    };
  }

  return {
    mountDocumentsPanel: (element, record) => mount(element, (root) => wasm.mountDocumentsPanel(root, record)),
    mountSettings: (element) => mount(element, (root) => wasm.mountSettings(root)),
    sync: () => (dead ? died : settled(wasm.sync)),
    async stop() {
      rest();
      // A module that died has stopped.
      if (!dead) await settled(wasm.stop).catch((error) => dead || Promise.reject(error));
      // Last: what goes wrong while it stops has to be heard, too.
      stopListening();
    },
    async remove() {
      rest();
      if (!dead) await settled(wasm.remove);
      stopListening();
      await forget();
    },
  };
}

/** An element of its own with a shadow root: no style and no selector crosses. Seen when its styles are there. */
function shadow(element) {
  const holder = document.createElement("div");
  const inside = holder.attachShadow({ mode: "open" });
  const styles = document.createElement("link");
  styles.rel = "stylesheet";
  styles.href = here("panel.css");
  const root = document.createElement("div");
  root.className = "plugin";
  root.hidden = true;
  const show = () => {
    root.hidden = false;
  };
  styles.addEventListener("load", show, { once: true });
  // Without styles the panel is plain, and works.
  styles.addEventListener("error", show, { once: true });
  inside.append(styles, root);
  element.append(holder);
  return { holder, root };
}

/** The words of the page's language, or English. */
async function loadWords(locale) {
  const language = String(locale ?? "").toLowerCase().split(/[-_]/)[0];
  const name = LANGUAGES.includes(language) ? language : "en";
  const response = await fetch(here(`translations/${name}.json`));
  if (!response.ok) throw new Error(`translations/${name}.json: ${response.status}`);
  const text = await response.text();
  return { text, all: JSON.parse(text) };
}

/** Takes away what the plugin keeps in this browser. Other tabs let go of the database when it is to be deleted. */
async function forget() {
  for (const storage of [localStorage, sessionStorage]) {
    for (const key of Object.keys(storage).filter((key) => key.startsWith(`${NAME}/`))) storage.removeItem(key);
  }
  await new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(NAME);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
  });
}

/** What is left to say when the module died: the panel's own words and looks, without it. */
function showCrash(root, words) {
  const make = (tag, className, ...children) => {
    const element = document.createElement(tag);
    element.className = className;
    element.append(...children);
    return element;
  };
  const reload = make("button", "button primary", words.reload);
  reload.type = "button";
  reload.addEventListener("click", () => location.reload());
  const title = make("p", "title", make("strong", "what", words.crashed));
  title.setAttribute("role", "alert");
  const head = make("div", "head", title, make("p", "detail", words.crashed_what), make("div", "buttons", reload));
  const panel = make("section", "panel", make("header", "bar", make("h2", "brand", "Dropbox")), head);
  panel.dataset.screen = "crashed";
  panel.dataset.tone = "trouble";
  panel.setAttribute("aria-label", "Dropbox");
  root.replaceChildren(panel);
}
