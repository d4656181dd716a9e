import assert from "node:assert/strict";
import test from "node:test";
import { Spellbook, apart } from "../spellbook.js";
import { wordsOf } from "../words.mjs";

const book = new Spellbook(await wordsOf(new URL("../node_modules/dictionary-en/index", import.meta.url).pathname), ["metoprolol", "semaglutide", "Osage Valley Clinic"]);

test("Terms of the field and words of the clinic are right, and their presence makes nothing else right", () => {
  for (const word of ["patient", "patients", "PATIENTS", "re-examined", "metoprolol", "Metoprolol", "Osage", "56-year-old", "L4-L5", "doctor's", "PARKINSON"]) assert.ok(book.knows(word), word);
  for (const word of ["zzxqy", "recieve", "metropolol", "hypertnsion", "parkinson"]) assert.ok(!book.knows(word), word);
});

test("What was meant comes first, written as capitals demand", () => {
  assert.equal(book.suggest("metropolol")[0], "metoprolol");
  assert.equal(book.suggest("Recieve")[0], "Receive");
  assert.equal(book.suggest("teh")[0], "the");
  assert.equal(book.suggest("HYPERTNSION")[0], "HYPERTENSION");
});

test("The distance of two words counts a change of places as one slip", () => {
  assert.equal(apart("teh", "the", 2), 1);
  assert.equal(apart("kitten", "sitting", 3), 3);
  assert.equal(apart("abcdef", "uvwxyz", 2), 3);
});
