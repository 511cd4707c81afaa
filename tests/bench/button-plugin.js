// The peer of the panel: a plugin of the same contract whose module is empty but for one button.

import init, { mount } from "./button.js";

export async function start() {
  await init({ module_or_path: new URL("button_bg.wasm", import.meta.url).href });
  return {
    mountDocumentsPanel(element) {
      const holder = document.createElement("div");
      element.append(holder);
      mount(holder.attachShadow({ mode: "open" }));
      return { unmount: () => holder.remove() };
    },
    mountSettings: () => ({ unmount() {} }),
    sync: async () => ({}),
    stop: async () => {},
  };
}
