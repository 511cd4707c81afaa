// The guided tour of the demo: five steps beside the navigation, each with a ring around what it speaks of. It goes on by
// itself when a step is done, is closed for good with one click, and never stands in the way of what it shows.

import { el, icon } from "./dom.js";
import { onDocumentsChanged } from "./plugin-host.js";

const STORED = "crm-tour";
/** How often the page is looked at (ms). */
const LOOK_MS = 400;
/** Screens of the plugin's panel before anything is connected. */
const UNCONNECTED = ["not-connected", "connecting", "connect-failed"];
/** Screens that say that the record is in Dropbox. */
const IN_DROPBOX = ["up-to-date", "conflict", "part-failed", "one-way", "syncing"];

const SLOT = ".documents-panel .plugin-slot";
/** The company with the most to show, then any record. */
const ROWS = ["tr[data-name='Lumen Lighting'] a.row-link", "a.row-link", ".side a[data-module='companies']"];

/** Each step: what it says, what it rings (the first of these that stands on the page), and how one sees that it is done. */
const STEPS = [
  {
    title: "Open a company",
    text: "Every record of this CRM has a Documents panel. Open Lumen Lighting: it holds seven documents.",
    rings: ROWS,
    done: () => document.querySelector(".documents-panel") !== null,
  },
  {
    title: "Connect a Dropbox",
    text: "Press Connect Dropbox. The Dropbox that opens is emulated as well: choose an account and allow the folder.",
    rings: [SLOT, ...ROWS],
    done: () => screen() !== undefined && !UNCONNECTED.includes(screen()),
  },
  {
    title: "Copy the documents",
    text: "Press Sync to Dropbox. From now on this record and its folder in Dropbox are kept in sync.",
    rings: [SLOT, ...ROWS],
    done: () => IN_DROPBOX.includes(screen()),
  },
  {
    title: "Change a file in Dropbox",
    text: "Press Open in Dropbox; add, edit or rename a file there, and come back: seconds later it is here. It works the other way, too.",
    rings: [SLOT, ...ROWS],
    done: () => changedByPlugin,
  },
  {
    title: "Everything in one place",
    text: "Your name › Marketplace › Dropbox: all linked records, linking many at once, and how to stop. No document is ever lost by it.",
    rings: [".plugin-settings", ".tile a.button-primary", ".user-button"],
    done: () => false,
  },
];

/** The step that is shown, and whether what it asks for was done already when it was last looked at. */
let at = 0;
let wasDone = false;
let changedByPlugin = false;
let card = null;
let end = () => {};

/** Which screen the plugin's panel shows: the name stands in its `data-screen`. */
function screen() {
  const holder = document.querySelector(".documents-panel .plugin-slot > div");
  return holder?.shadowRoot?.querySelector("[data-screen]")?.dataset.screen;
}

/** Begins, or goes on where the visitor was; does nothing once it was closed. Call when the navigation stands there. */
export function startTour() {
  const stored = localStorage.getItem(STORED);
  if (stored !== "closed") open(Math.min(Number(stored) || 0, STEPS.length - 1));
}

/** Begins again, because somebody asked for it. */
export function repeatTour() {
  end();
  open(0);
}

function open(step) {
  const shown = el("aside", { class: "tour", "aria-label": "Tour" });
  const stopListening = onDocumentsChanged(() => (changedByPlugin = true));
  const timer = setInterval(look, LOOK_MS);
  end = () => {
    stopListening();
    clearInterval(timer);
    shown.remove();
    for (const ringed of document.querySelectorAll(".tour-ring")) ringed.classList.remove("tour-ring");
  };
  card = shown;
  document.querySelector(".shell").append(shown);
  go(step);
}

function look() {
  // Signed out: the next one who signs in goes on from here.
  if (!card.isConnected) return end();
  const isDone = STEPS[at].done();
  if (!isDone || wasDone) {
    wasDone = isDone;
    return ring();
  }
  // Who is quick has done the next one, too.
  let next = at + 1;
  while (next < STEPS.length - 1 && STEPS[next].done()) next += 1;
  go(next);
}

function go(step) {
  at = step;
  changedByPlugin = false;
  wasDone = STEPS[at].done();
  localStorage.setItem(STORED, String(at));
  const last = at === STEPS.length - 1;
  const dots = STEPS.map((_, index) => el("span", { class: index === at ? "dot dot-now" : index < at ? "dot dot-done" : "dot" }));
  const next = el("button", { type: "button", class: "tour-button tour-next", onclick: last ? close : () => go(at + 1) }, last ? "Done" : "Next");
  const hadFocus = card.contains(document.activeElement);
  card.replaceChildren(
    el("div", { class: "tour-head" },
      el("p", { class: "tour-count" }, `Step ${at + 1} of ${STEPS.length}`),
      el("span", { class: "dots", "aria-hidden": "true" }, dots),
      el("button", { type: "button", class: "tour-close", "aria-label": "Close the tour", onclick: close }, icon("close"))),
    el("div", { class: "tour-said", role: "status" },
      el("h2", {}, STEPS[at].title),
      el("p", {}, STEPS[at].text)),
    el("div", { class: "tour-foot" },
      at > 0 ? el("button", { type: "button", class: "tour-button", onclick: () => go(at - 1) }, "Back") : null,
      next),
  );
  if (hadFocus) next.focus();
  ring();
}

/** For good. */
function close() {
  localStorage.setItem(STORED, "closed");
  end();
  document.getElementById("main").focus();
}

function ring() {
  const target = STEPS[at].rings.map((selector) => document.querySelector(selector)).find((found) => found !== null);
  for (const ringed of document.querySelectorAll(".tour-ring")) if (ringed !== target) ringed.classList.remove("tour-ring");
  target?.classList.add("tour-ring");
}
