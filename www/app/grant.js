// Teamleader's implicit grant: the address to ask at, and the answer that came back. No secret, no refresh token; a
// token lives fifteen minutes (the vendor's blueprint, `src/authentication.apib`). Who asks when is session.js's business.
//
// Each question has a `state` of its own, kept in this browser's storage until the answer comes, once: an answer to a
// question that this browser did not ask is not taken.

const ASKED = "teamleader-dropbox/grant/";
const ANSWER = "teamleader-dropbox/grant-answer";
export const CHANNEL = "teamleader-dropbox/grant";
/** An answer later than this belongs to no question any more (ms). */
const QUESTION_LIFE_MS = 10 * 60_000;

/**
 * Begins a question. `way`: "page" if this tab goes there itself (it comes back to `back`), "window" or "frame" if the
 * answer is to be spoken over the channel. Answers the address and the state.
 */
export function ask(config, way, back = "") {
  const state = random();
  localStorage.setItem(ASKED + state, JSON.stringify({ way, back, at: Date.now() }));
  const address = new URL("/oauth2/authorize", config.teamleader.www);
  address.search = new URLSearchParams({
    client_id: config.teamleaderClientId,
    redirect_uri: config.redirectUris.teamleader,
    response_type: "token",
    state,
  });
  return { address: address.href, state };
}

/**
 * Reads the answer out of a redirect address's fragment and closes its question.
 * `{ way, back, token, expiresAt }` or `{ way, back, error }`; without `way` nobody here asked.
 */
export function readAnswer(fragment) {
  const fields = new URLSearchParams(fragment.replace(/^#/, ""));
  const key = ASKED + fields.get("state");
  const text = localStorage.getItem(key);
  localStorage.removeItem(key);
  sweep();
  if (!fields.get("state") || text === null) return { error: "unknown_state" };
  const { way, back, at } = JSON.parse(text);
  if (Date.now() - at > QUESTION_LIFE_MS) return { way, back, error: "expired" };
  const token = fields.get("access_token");
  const seconds = Number(fields.get("expires_in"));
  if (fields.has("error") || !token) return { way, back, error: fields.get("error") ?? "malformed" };
  return { way, back, token, expiresAt: Date.now() + (seconds > 0 ? seconds : 900) * 1000 };
}

/** Leaves an answer for the page that this tab goes back to. */
export function leave(answer) {
  sessionStorage.setItem(ANSWER, JSON.stringify(answer));
}

/** Takes the answer that the redirect page left in this tab, if there is one. */
export function take() {
  const text = sessionStorage.getItem(ANSWER);
  sessionStorage.removeItem(ANSWER);
  return text === null ? undefined : JSON.parse(text);
}

/** Questions that nobody answered: the window was closed. */
function sweep() {
  for (const key of Object.keys(localStorage).filter((name) => name.startsWith(ASKED))) {
    const { at } = JSON.parse(localStorage.getItem(key));
    if (Date.now() - at > QUESTION_LIFE_MS) localStorage.removeItem(key);
  }
}

function random() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
