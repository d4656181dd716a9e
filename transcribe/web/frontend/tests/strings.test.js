import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import test from "node:test";
import { COMMANDS, KEYMAPS, bindings, keyOf, run, written } from "../commands.js";
import { formsOf, writtenForms } from "../expander.js";
import { downOf } from "../pedal.js";
import { ENGLISH, t } from "../strings.js";

const names = Object.values(COMMANDS).flatMap((group) => Object.keys(group));

test("Everything the scripts say stands in the catalogue", async () => {
  for (const folder of ["../", "../panels/", "../dialogs/"]) {
    for (const file of await readdir(new URL(folder, import.meta.url))) {
      if (!file.endsWith(".js")) continue;
      const source = await readFile(new URL(folder + file, import.meta.url), "utf8");
      for (const [, name] of source.matchAll(/(?<![\w.])t\("([^"]+)"/g)) assert.ok(name in ENGLISH, `${file}: ${name}`);
    }
  }
  assert.equal(t("saved", { time: "12:03" }), "Saved 12:03");
});

test("Every command has its words and does something", () => {
  for (const name of names) {
    assert.ok(`do_${name}` in ENGLISH, name);
    assert.equal(typeof run[name], "function", name);
  }
});

test("In no key map do two commands share a key, and a key of one's own takes it from the other", () => {
  for (const map of KEYMAPS) {
    const seen = new Map();
    for (const name of names) {
      const key = keyOf(name, map);
      assert.ok(!seen.has(key), `${map}: ${key} for ${seen.get(key)} and ${name}`);
      seen.set(key, name);
      assert.ok(!["F5", "F11"].includes(key) && (key !== "F12" || map === "infraware"), `${map}: ${key}`);
    }
  }
  assert.equal(bindings("transcribe", { hold: "F8" }).F8, "hold");
  assert.ok(!Object.values(bindings("transcribe", { hold: "F8" })).includes("play"));
  assert.equal(written("Mod-Shift-s"), "Ctrl+Shift+S");
  assert.equal(written("Mod-,"), "Ctrl+,");
});

test("Short forms are read from lines, CSV and tabs, and come back as lines", () => {
  const forms = { htn: "hypertension", sob: "shortness of breath", pt: "patient" };
  assert.deepEqual(formsOf('htn = hypertension\nsob,"shortness of breath"\npt\tpatient\n\nnothing'), forms);
  assert.deepEqual(formsOf(writtenForms(forms)), forms);
});

test("A pedal's report says which of its three buttons are down", () => {
  assert.deepEqual(downOf(new DataView(Uint8Array.of(0b101, 0).buffer)), ["back", "forward"]);
  assert.deepEqual(downOf(new DataView(new ArrayBuffer(0))), []);
});
