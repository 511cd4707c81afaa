// The words of the hosted page and of the extension: every language has them all, with the same values in them, and none is left unused.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";

const APP = new URL("../../www/app/", import.meta.url);
/** It says what the hosted page says. */
const EXTENSION = new URL("../../extension/", import.meta.url);
const wordsOf = async (language) => JSON.parse(await readFile(new URL(`words/${language}.json`, APP), "utf8"));
const values = (text) => (text.match(/\{\w+\}/g) ?? []).sort();

const english = await wordsOf("en");

for (const language of ["de", "es", "fr", "it", "nl"]) {
  test(`${language} says everything that English says`, async () => {
    const words = await wordsOf(language);
    assert.deepEqual(Object.keys(words), Object.keys(english));
    for (const [key, text] of Object.entries(english)) assert.deepEqual(values(words[key]), values(text), key);
    const same = Object.keys(english).filter((key) => english[key] === words[key] && english[key].includes(" "));
    assert.deepEqual(same, [], "left in English");
  });
}

test("no word is left unused", async () => {
  const scriptsIn = async (folder) => (await readdir(folder)).filter((name) => name.endsWith(".js")).map((name) => new URL(name, folder));
  const files = [...(await scriptsIn(APP)), ...(await scriptsIn(EXTENSION))];
  const scripts = (await Promise.all(files.map((file) => readFile(file, "utf8")))).join("\n");
  // Names of modules, and those made of a key and an ending.
  const made = /^(companies|contacts|projects|meetings|products|error_\w+|\w+_what)$/;
  const unused = Object.keys(english).map((key) => key.replace(/\.(one|other)$/, "")).filter((key) => !made.test(key) && !scripts.includes(`"${key}"`));
  assert.deepEqual(unused, []);
});
