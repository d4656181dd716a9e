// Bundles the scripts of the pages into ../static; nothing is fetched when a page is shown.
import { build } from "esbuild";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { wordsOf } from "./words.mjs";

const here = (path) => new URL(path, import.meta.url).pathname;
const out = here("../static");
await mkdir(out, { recursive: true });
await build({
  absWorkingDir: here("."), entryPoints: ["room.js", "spelling-worker.js", "pages.js", "upload.js"], bundle: true,
  format: "esm", minify: true, sourcemap: false, target: "es2022", outdir: out, legalComments: "linked",
  logLevel: "warning",
});
await writeFile(`${out}/english.txt`, (await wordsOf(here("node_modules/dictionary-en/index"))).join("\n"));
await copyFile(here("node_modules/dictionary-en/license"), `${out}/english.LICENSE.txt`);
