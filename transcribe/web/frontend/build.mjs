// Bundles the scripts of the pages into ../static; nothing is fetched when a page is shown.
import { build } from "esbuild";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
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
await writeFile(`${out}/LICENSES.txt`, await licences());

// The licences of everything that is bundled.
async function licences() {
  const { packages } = JSON.parse(await readFile(here("package-lock.json"), "utf8"));
  const bundled = Object.entries(packages).filter(([path, { dev }]) => path && !dev);
  const texts = await Promise.all(bundled.map(async ([path, { version, license }]) => {
    const file = (await readdir(here(path))).find((name) => /^licen[cs]e/i.test(name));
    return `${path.replace("node_modules/", "")} ${version} (${license})\n\n${file ? await readFile(here(`${path}/${file}`), "utf8") : ""}`;
  }));
  return texts.join(`\n${"-".repeat(80)}\n`);
}
