// What a page loads, without what only readers need: comments, white space, the names of local variables. Takes files and
// writes them back.

import { readFile, writeFile } from "node:fs/promises";
import { transform } from "esbuild";

for (const file of process.argv.slice(2)) {
  const kind = file.endsWith(".css") ? { loader: "css" } : { loader: "js", format: "esm" };
  const { code } = await transform(await readFile(file, "utf8"), { ...kind, minify: true, legalComments: "none", target: "es2022" });
  await writeFile(file, code);
}
