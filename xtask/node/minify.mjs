// What a page loads, without what only readers need: comments, white space, the names of local variables and of the styles'
// own properties, and of the glue what nothing calls. Takes files and writes them back.

import { readFile, writeFile } from "node:fs/promises";
import { build, transform } from "esbuild";

/** How wasm-bindgen lets a module be started without a promise. The entry module starts it with one. */
const UNUSED = "initSync";
const COMMON = { minify: true, legalComments: "none", target: "es2022" };

for (const file of process.argv.slice(2)) {
  const source = await readFile(file, "utf8");
  const small = file.endsWith(".css") ? styles : source.includes(`export { ${UNUSED}`) ? glue : script;
  await writeFile(file, await small(source));
}

async function script(source) {
  return (await transform(source, { ...COMMON, loader: "js", format: "esm" })).code;
}

/** All that the glue gives, but what is not used. */
async function glue(source) {
  const used = source.replace(`export { ${UNUSED}, `, "export { ");
  const bundled = await build({ ...COMMON, stdin: { contents: used, loader: "js" }, bundle: true, format: "esm", write: false });
  return bundled.outputFiles[0].text;
}

/** Own properties (`--surface`) by letters, in the order in which they are first named. */
async function styles(source) {
  const { code } = await transform(source, { ...COMMON, loader: "css" });
  const letters = new Map();
  return code.replace(/--[a-z][a-z-]*/g, (name) => {
    if (!letters.has(name)) letters.set(name, `--${(letters.size + 10).toString(36)}`);
    return letters.get(name);
  });
}
