// This page's half of the plugin's contract (plugin.d.ts): everything by the public API, nothing by pages of the CRM.

const listeners = { "documents.changed": new Set(), "record.changed": new Set() };
const reloaders = new Set();

/** The Host object for a signed-in user. */
export function hostFor(config, session, user, locale) {
  return {
    apiBase: config.teamleader.api,
    getAccessToken: (refused) => session.token(refused),
    account: { id: user.account },
    user: { id: user.id },
    locale,
    settings: {
      dropboxAppKey: config.dropboxAppKey,
      dropboxEndpoints: config.dropboxEndpoints,
      syncIntervalMinutes: config.syncIntervalMinutes,
      deleteGuardPercent: config.deleteGuardPercent,
    },
    on(event, listener) {
      listeners[event].add(listener);
      return () => listeners[event].delete(listener);
    },
    notifyDocumentsChanged(record) {
      for (const reload of reloaders) reload(record);
    },
  };
}

/** Tells the plugin that a person changed something here. */
export function emit(event, record) {
  for (const listener of listeners[event]) listener(record);
}

/** Calls back when the plugin changed documents of a record; the answer stops that. */
export function onDocumentsChanged(reload) {
  reloaders.add(reload);
  return () => reloaders.delete(reload);
}
