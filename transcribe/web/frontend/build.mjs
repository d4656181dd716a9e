// Bundles the scripts of the pages into ../static; nothing is fetched when a page is shown.
import { build } from "esbuild";
import { mkdir } from "node:fs/promises";

const out = new URL("../static/", import.meta.url).pathname;
await mkdir(out, { recursive: true });
await build({
  entryPoints: ["room.js", "pages.js", "upload.js"], bundle: true, format: "esm", minify: true, sourcemap: false,
  target: "es2022", outdir: out, legalComments: "linked", logLevel: "warning",
});
