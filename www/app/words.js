// What this page says, in the six languages of the plugin: app/words/<language>.json. `{name}` stands for a value;
// a text with a number in it has one form for each plural of the language (`files.one`, `files.other`).

const LANGUAGES = ["de", "en", "es", "fr", "it", "nl"];

/** Loads the words of a BCP 47 language, or English. */
export async function loadWords(locale) {
  const asked = String(locale ?? "").toLowerCase().split(/[-_]/)[0];
  const language = LANGUAGES.includes(asked) ? asked : "en";
  const response = await fetch(new URL(`words/${language}.json`, import.meta.url));
  if (!response.ok) throw new Error(`words/${language}.json: ${response.status}`);
  return new Words(language, locale ?? language, await response.json());
}

class Words {
  #texts;
  #plural;

  constructor(language, locale, texts) {
    this.language = language;
    this.locale = asLocale(locale, language);
    this.#texts = texts;
    this.#plural = new Intl.PluralRules(language);
  }

  /** A text; a key that does not exist shows itself, which no test overlooks. */
  say = (key, values = {}) => {
    const form = "count" in values ? `${key}.${this.#plural.select(values.count)}` : key;
    const text = this.#texts[form] ?? this.#texts[`${key}.other`] ?? key;
    return text.replace(/\{(\w+)\}/g, (_, name) => (name === "count" ? this.number(values.count) : String(values[name])));
  };

  number = (value) => new Intl.NumberFormat(this.locale).format(value);

  date = (text, withTime = false) => new Intl.DateTimeFormat(this.locale, { dateStyle: "medium", ...(withTime ? { timeStyle: "short" } : {}) }).format(new Date(text));

  /** 1.2 MB, as people write it there. */
  size(bytes) {
    if (bytes < 1000) return `${bytes} B`;
    const [unit, value] = bytes < 1e6 ? ["kilobyte", bytes / 1e3] : ["megabyte", bytes / 1e6];
    return new Intl.NumberFormat(this.locale, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
  }
}

/** A locale that Intl takes; what the CRM stores is not always one. */
function asLocale(text, otherwise) {
  try {
    return Intl.getCanonicalLocales(String(text).replace("_", "-"))[0] ?? otherwise;
  } catch {
    return otherwise;
  }
}
