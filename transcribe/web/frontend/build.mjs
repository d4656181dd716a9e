// Bundles the review room into ../static; nothing is fetched when a page is shown.
import { build } from "esbuild";
import { copyFile, mkdir } from "node:fs/promises";

const out = new URL("../static/", import.meta.url).pathname;
await mkdir(out, { recursive: true });
await build({
  entryPoints: ["room.js"], bundle: true, format: "esm", minify: true, sourcemap: false,
  target: "es2022", outdir: out, legalComments: "linked", logLevel: "warning",
});
await copyFile(new URL("node_modules/htmx.org/dist/htmx.min.js", import.meta.url), `${out}/htmx.min.js`);
