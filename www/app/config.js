// What the installer wrote into config.json: which integration and which Dropbox app this page belongs to.

const TEAMLEADER = { www: "https://focus.teamleader.eu", api: "https://api.focus.teamleader.eu" };

/**
 * Reads config.json beside index.html. Fields that are missing take their defaults; a client id or app key that is
 * missing stays empty, and the page then explains what to register. Throws if the file is not JSON.
 */
export async function readConfig(base) {
  const response = await fetch(new URL("config.json", base), { cache: "no-cache" });
  const written = response.status === 404 ? {} : await response.json();
  return {
    teamleaderClientId: String(written.teamleaderClientId ?? "").trim(),
    dropboxAppKey: String(written.dropboxAppKey ?? "").trim(),
    teamleader: { ...TEAMLEADER, ...written.teamleaderEndpoints },
    dropboxEndpoints: written.dropboxEndpoints,
    syncIntervalMinutes: written.syncIntervalMinutes ?? 60,
    deleteGuardPercent: written.deleteGuardPercent ?? 50,
    redirectUris: { teamleader: new URL("teamleader.html", base).href, dropbox: new URL("oauth.html", base).href },
  };
}
