// The signed-in user and the token that speaks for them. A token lives fifteen minutes and nothing renews it but asking
// Teamleader again, so a lapse pauses whoever waits for a token, and lets them go on when there is one:
//
// 1. In a hidden frame, which nobody sees. Teamleader may refuse frames; then it is not tried again for a day.
// 2. A page that nobody looks at goes there and comes back to its place.
// 3. Else the person is asked for one click, which opens a window that closes by itself.
//
// All tabs share a token over a channel: whichever renews it, all go on.

import { CHANNEL, ask, take } from "./grant.js";

const TOKEN = "teamleader-dropbox/token";
/** This browser has signed in before: a new tab may ask at once instead of showing a button. */
const REMEMBERED = "teamleader-dropbox/remembered";
/** When a frame was refused. */
const NO_FRAMES = "teamleader-dropbox/no-frames";
const FRAMES_AGAIN_MS = 24 * 3_600_000;
/** So long before its end a token is taken for lapsed (ms): what is sent with it has to arrive. */
const MARGIN_MS = 20_000;
/** A page that is seen renews so long before the end (ms). */
const EARLY_MS = 90_000;
/** A frame that brought nothing by then will not (ms). */
const FRAME_PATIENCE_MS = 10_000;
/** The same, after it showed some page (ms): ours speaks at once. */
const FRAME_LOADED_MS = 2_000;
/** Other tabs answer at once or are not there (ms). */
const TABS_PATIENCE_MS = 250;

export class Session {
  #config;
  #channel = new BroadcastChannel(CHANNEL);
  #token = null;
  #renewing = null;
  #waiting = new Set();
  #timer = 0;
  #listeners = new Set();
  /** What the last question was refused with; null while all is well. */
  error = null;
  /** "signed-out", "well", or "paused": the person has to do something. */
  state = "signed-out";
  /** A reason not to lead this tab away: an upload under way. */
  isBusy = () => false;
  /** Whether a token speaks for the user of this page. One of somebody else starts the page anew. */
  speaksForUs = async () => true;

  constructor(config) {
    this.#config = config;
    this.#channel.onmessage = ({ data }) => this.#hear(data);
    document.addEventListener("visibilitychange", () => this.#schedule());
  }

  /** Calls back when `state` changed. */
  onChange = (listener) => this.#listeners.add(listener);

  /** Looks for a token: the answer that brought this tab here, the tab's own, another tab's. Whether there is one. */
  async open() {
    const answer = take();
    if (answer?.error) this.error = answer.error;
    else await this.#accept(answer ?? JSON.parse(sessionStorage.getItem(TOKEN) ?? "null"));
    if (!this.#isGood() && !answer) {
      this.#channel.postMessage({ said: "token?" });
      await this.#answered(TABS_PATIENCE_MS);
    }
    return this.#isGood();
  }

  /** Whether to sign in without being asked to: this browser did before, and the last try did not fail. */
  wouldSignInSilently = () => this.error === null && localStorage.getItem(REMEMBERED) !== null;

  /** Leads this tab to Teamleader; it comes back to `back`, a fragment. */
  signIn(back = location.hash) {
    location.assign(ask(this.#config, "page", back).address);
  }

  /** Forgets the user here and in the other tabs. */
  signOut() {
    this.#forget();
    this.#channel.postMessage({ said: "signed-out" });
  }

  /** A token; waits for one while there is none. `refused`: the API just answered 401 to this one. */
  async token(refused) {
    if (refused !== undefined && refused === this.#token?.token) this.#drop();
    if (!this.#isGood()) {
      const arrived = new Promise((resolve) => this.#waiting.add(resolve));
      this.#renew();
      await arrived;
    }
    return this.#token.token;
  }

  /** The person wants to go on, by a click: a window may be opened now. */
  renewInWindow() {
    const { address } = ask(this.#config, "window");
    const opened = window.open(address, "_blank", "popup,width=520,height=640");
    if (opened === null) this.signIn();
  }

  /** Nothing goes on without the person, who is about to see another place: go there by way of Teamleader. */
  leadsAway(back) {
    if (this.state !== "paused" || this.error !== null || this.isBusy()) return false;
    this.signIn(back);
    return true;
  }

  #isGood = () => this.#token !== null && this.#token.expiresAt - MARGIN_MS > Date.now();

  /** Renews without the person where that is possible; else says that they are needed. Once at a time. */
  #renew() {
    this.#renewing ??= this.#renewSilently().then((renewed) => {
      this.#renewing = null;
      if (renewed || this.#isGood()) return;
      if (document.hidden && this.#waiting.size > 0 && this.error === null && !this.isBusy()) this.signIn();
      else this.#become("paused");
    });
  }

  async #renewSilently() {
    const refusedAt = Number(localStorage.getItem(NO_FRAMES) ?? 0);
    if (Date.now() - refusedAt < FRAMES_AGAIN_MS) return false;
    const frame = document.createElement("iframe");
    frame.hidden = true;
    frame.title = "Teamleader";
    frame.src = ask(this.#config, "frame").address;
    const loaded = new Promise((resolve) => frame.addEventListener("load", () => setTimeout(resolve, FRAME_LOADED_MS, false)));
    document.body.append(frame);
    const renewed = await Promise.race([this.#answered(FRAME_PATIENCE_MS), loaded]);
    frame.remove();
    if (!renewed) localStorage.setItem(NO_FRAMES, String(Date.now()));
    return renewed;
  }

  /** Whether a token came within so many milliseconds. */
  #answered(patienceMs) {
    return new Promise((resolve) => {
      const settle = (arrived) => {
        clearTimeout(timer);
        this.#waiting.delete(settle);
        resolve(arrived);
      };
      const timer = setTimeout(settle, patienceMs, false);
      this.#waiting.add(settle);
    });
  }

  #hear(message) {
    if (message.said === "token?" && this.#isGood()) this.#channel.postMessage({ said: "answer", ...this.#token });
    else if (message.said === "answer" && message.token) this.#accept(message);
    else if (message.said === "answer" && message.way === "window") {
      this.error = message.error;
      this.#tell();
    } else if (message.said === "signed-out") this.#forget();
  }

  async #accept(answer) {
    if (!answer?.token || answer.expiresAt <= Date.now()) return;
    const ours = await this.speaksForUs(answer.token).catch(() => undefined);
    // Nobody could say whose it is: the next one may be told.
    if (ours === undefined) return;
    this.#token = { token: answer.token, expiresAt: answer.expiresAt };
    sessionStorage.setItem(TOKEN, JSON.stringify(this.#token));
    localStorage.setItem(REMEMBERED, "yes");
    // Whoever waits, waits for the other user's page: two users are never mixed.
    if (!ours) return location.reload();
    this.error = null;
    this.#become("well");
    for (const go of [...this.#waiting]) go(true);
    this.#waiting.clear();
    this.#schedule();
  }

  #drop() {
    this.#token = null;
    sessionStorage.removeItem(TOKEN);
  }

  #forget() {
    this.#drop();
    localStorage.removeItem(REMEMBERED);
    clearTimeout(this.#timer);
    this.#become("signed-out");
  }

  /** A page that is seen does not wait until somebody needs a token. */
  #schedule() {
    clearTimeout(this.#timer);
    if (document.hidden || this.#token === null) return;
    this.#timer = setTimeout(() => !document.hidden && this.#renew(), Math.max(0, this.#token.expiresAt - EARLY_MS - Date.now()));
  }

  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.#tell();
  }

  #tell() {
    for (const listener of this.#listeners) listener(this.state);
  }
}
