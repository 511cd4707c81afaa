// The entry module: loads the WebAssembly module, mounts its panels in shadow roots, and calls `sync` on a timer.
// What it is given and what it answers stands in plugin.d.ts. All decisions are made in the module.

import init, * as wasm from "./pkg/teamleader_dropbox.js";

const LANGUAGES = ["de", "en", "es", "fr", "it", "nl"];
/** Of the database, and before the names of what is stored for a moment. */
const NAME = "teamleader-dropbox";
/** How often the due time is looked at (ms). The due time itself is stored. */
const LOOK_MS = 60_000;

const here = (path) => new URL(path, import.meta.url).href;

/** Starts the plugin; once per page. */
export async function start(host) {
  const words = await loadWords(host.locale);
  const shown = new Map();
  let dead = false;

  await init({ module_or_path: here("pkg/teamleader_dropbox_bg.wasm") });
  const options = {
    apiBase: host.apiBase,
    account: { id: host.account.id },
    user: { id: host.user.id },
    locale: host.locale,
    settings: { ...host.settings },
    redirectUri: host.redirectUri ?? here("oauth.html"),
    translations: words.text,
  };
  await wasm.start(JSON.stringify(options), host, () => {
    // The instance is poisoned: nothing of it may run again. Its panels are drawn from here, without it.
    dead = true;
    for (const root of shown.values()) showCrash(root, words.all);
  });

  const alive = (call, otherwise) => (dead ? otherwise : call());

  async function runIfDue() {
    if (!alive(wasm.isDue, false)) return;
    await wasm.sync();
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
    const { holder, root, ready } = shadow(element);
    let panel;
    let gone = false;
    shown.set(holder, root);
    ready.then(() => {
      if (gone) return;
      if (dead) showCrash(root, words.all);
      else panel = fill(root);
    });
    return {
      unmount() {
        gone = true;
        shown.delete(holder);
        if (panel !== undefined) alive(() => wasm.unmount(panel));
        holder.remove();
      },
    };
  }

  return {
    mountDocumentsPanel: (element, record) => mount(element, (root) => wasm.mountDocumentsPanel(root, record)),
    mountSettings: (element) => mount(element, (root) => wasm.mountSettings(root)),
    sync: async () => {
      if (dead) throw new Error("The plugin has stopped; reload the page.");
      return wasm.sync();
    },
    async stop() {
      rest();
      await alive(wasm.stop);
    },
    async remove() {
      rest();
      await alive(wasm.remove);
      await forget();
    },
  };
}

/** An element of its own with a shadow root: no style and no selector crosses. Ready when its styles are there. */
function shadow(element) {
  const holder = document.createElement("div");
  const inside = holder.attachShadow({ mode: "open" });
  const styles = document.createElement("link");
  styles.rel = "stylesheet";
  styles.href = here("panel.css");
  const root = document.createElement("div");
  root.className = "plugin";
  inside.append(styles, root);
  const ready = new Promise((resolve) => {
    styles.addEventListener("load", resolve, { once: true });
    // Without styles the panel is plain, and works.
    styles.addEventListener("error", resolve, { once: true });
  });
  element.append(holder);
  return { holder, root, ready };
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

/** What is left to say when the module died: the same words the panel would use. */
function showCrash(root, words) {
  const panel = document.createElement("section");
  panel.className = "panel";
  panel.dataset.screen = "crashed";
  const title = document.createElement("p");
  title.className = "title";
  title.setAttribute("role", "alert");
  title.textContent = words.crashed;
  const detail = document.createElement("p");
  detail.className = "detail";
  detail.textContent = words.crashed_what;
  const reload = document.createElement("button");
  reload.type = "button";
  reload.className = "button primary";
  reload.textContent = words.reload;
  reload.addEventListener("click", () => location.reload());
  panel.append(title, detail, reload);
  root.replaceChildren(panel);
}
