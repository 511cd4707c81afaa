// Starts the plugin in a page of the extension: settings, session, user, host.

import { Api } from "../app/api.js";
import { hostFor } from "../app/host.js";
import { loadWords } from "../app/words.js";
import { start } from "../plugin.js";
import { useIdentityWindow } from "./dropbox_window.js";

/** For a session that has a token. Answers `{ api, plugin, words }`. */
export async function startPlugin(config, session) {
  const api = new Api(config.teamleader.api, session);
  const user = await api.me();
  session.speaksForUs = async (token) => {
    const other = await api.me(token);
    return other.id === user.id && other.account === user.account;
  };
  const words = await loadWords(user.language ?? navigator.language);
  document.documentElement.lang = words.language;
  useIdentityWindow();
  const host = { ...hostFor(config, session, user, words.locale), redirectUri: config.redirectUris.dropbox };
  return { api, words, plugin: await start(host) };
}
