// The page that Dropbox's sign-in comes back to. It hands the answer to the CRM page of the same origin and goes away:
// over a channel if it is a window of its own, through the tab's storage if the whole page went to Dropbox.
// The answer is worth nothing without the verifier, which only the page that began the sign-in can open.

const CHANNEL = "teamleader-dropbox/sign-in";
const RETURN = "teamleader-dropbox/return/";
const ANSWER = "teamleader-dropbox/answer";
/** A page that waits takes the answer at once; without one the person is told (ms). */
const PATIENCE_MS = 3000;

const WORDS = {
  en: ["Connecting to Dropbox …", "Go back to the CRM and choose “Connect Dropbox” once more. You can close this window."],
  de: ["Verbindung mit Dropbox wird hergestellt …", "Gehen Sie zurück zum CRM und wählen Sie noch einmal „Dropbox verbinden“. Dieses Fenster können Sie schließen."],
  nl: ["Verbinden met Dropbox …", "Ga terug naar het CRM en kies nog eens ‘Dropbox verbinden’. U kunt dit venster sluiten."],
  fr: ["Connexion à Dropbox …", "Revenez au CRM et choisissez de nouveau « Connecter Dropbox ». Vous pouvez fermer cette fenêtre."],
  it: ["Collegamento a Dropbox …", "Torna al CRM e scegli di nuovo «Collega Dropbox». Puoi chiudere questa finestra."],
  es: ["Conectando con Dropbox …", "Vuelva al CRM y elija de nuevo «Conectar Dropbox». Puede cerrar esta ventana."],
};

const language = navigator.language.toLowerCase().split("-")[0];
const [working, lost] = WORDS[language] ?? WORDS.en;
const say = (text) => (document.querySelector("main").textContent = text);
document.documentElement.lang = language in WORDS ? language : "en";

const query = new URLSearchParams(location.search);
const answer = { state: query.get("state") ?? "", code: query.get("code"), error: query.get("error") };
// Neither the history nor a glance over the shoulder keeps the code.
history.replaceState(null, "", location.pathname);
say(working);

const back = localStorage.getItem(RETURN + answer.state);
localStorage.removeItem(RETURN + answer.state);
if (back !== null && new URL(back, location.href).origin === location.origin) {
  sessionStorage.setItem(ANSWER, JSON.stringify(answer));
  location.replace(back);
} else {
  const channel = new BroadcastChannel(CHANNEL);
  const patience = setTimeout(() => say(lost), PATIENCE_MS);
  channel.onmessage = ({ data }) => {
    if (typeof data !== "string" || !data.includes(`"taken":"${answer.state}"`)) return;
    clearTimeout(patience);
    channel.close();
    window.close();
  };
  channel.postMessage(JSON.stringify(answer));
}
