// The page that Teamleader's sign-in comes back to, the script of teamleader.html. It hands the token to the page of the
// same origin that asked, and goes away: through the tab's storage if the whole page went there, else over a channel.

import { CHANNEL, leave, readAnswer } from "./grant.js";
import { loadWords } from "./words.js";

const fragment = location.hash;
// Neither the history nor a glance over the shoulder keeps the token.
history.replaceState(null, "", location.pathname);
const answer = readAnswer(fragment);

if (answer.way === "page") {
  leave(answer);
  location.replace(new URL(`./${answer.back}`, location.href));
} else if (answer.way === "window" || answer.way === "frame") {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage({ said: "answer", ...answer });
  // What stands in the queue is delivered before the window goes.
  setTimeout(() => window.close());
} else {
  const words = await loadWords(navigator.language);
  document.documentElement.lang = words.language;
  const link = document.createElement("a");
  link.href = "./";
  link.textContent = words.say("sign_in_again");
  document.querySelector("main").append(words.say("sign_in_unknown"), " ", link);
}
