import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EditorState } from "prosemirror-state";
import { blocks, merge } from "../difference.js";
import { retype } from "../retype.js";
import { schema } from "../schema.js";
import { docFromText, textFromDoc } from "../text.js";

const words = fc.array(fc.constantFrom("left", "right", "knee", "pain", "no", "5 mg", ".", "x"), { maxLength: 25 }).map((list) => list.join(" "));

test("The blocks of a difference put together give both texts", () => {
  fc.assert(fc.property(words, words, (left, right) => {
    const found = blocks(left, right);
    assert.equal(found.map((each) => each.left).join(""), left);
    assert.equal(found.map((each) => each.right).join(""), right);
  }), { numRuns: 1000 });
});

test("A shortest difference keeps what is common: one word replaced is one block", () => {
  assert.deepEqual(blocks("pain in the left knee.", "pain in the right knee."), [
    { op: "equal", left: "pain in the ", right: "pain in the " },
    { op: "replace", left: "left", right: "right" },
    { op: "equal", left: " knee.", right: " knee." },
  ]);
});

test("Merging with a side that changed nothing gives the other side, and equal changes are no clash", () => {
  fc.assert(fc.property(words, words, (base, other) => {
    assert.deepEqual(merge(base, other, base), { text: other, clashes: [] });
    assert.deepEqual(merge(base, base, other), { text: other, clashes: [] });
    assert.deepEqual(merge(base, other, other), { text: other, clashes: [] });
  }), { numRuns: 1000 });
});

test("A merge holds every word that either side typed, in the text or in a clash", () => {
  fc.assert(fc.property(words, words, words, (base, mine, theirs) => {
    const { text, clashes } = merge(base, `${mine} MINE`, `THEIRS ${theirs}`);
    const all = text + clashes.map((each) => each.theirs).join(" ");
    assert.ok(all.includes("MINE") && all.includes("THEIRS"));
    for (const { start, end } of clashes) assert.ok(start >= 0 && end <= text.length);
  }), { numRuns: 1000 });
});

test("Two editors who changed different words get both changes; the same word is a clash, and mine stands", () => {
  const base = "He has pain in the left knee. He takes aspirin 81 mg daily.";
  const both = merge(base, base.replace("left", "right"), base.replace("81", "325"));
  assert.deepEqual(both, { text: "He has pain in the right knee. He takes aspirin 325 mg daily.", clashes: [] });
  const clash = merge(base, base.replace("left", "right"), base.replace("left", "other"));
  assert.equal(clash.text, base.replace("left", "right"));
  assert.deepEqual(clash.clashes, [{ start: 19, end: 24, theirs: "other" }]);
});

const lines = fc.array(fc.oneof(words, fc.constant("PLAN:"), words.map((each) => `1. ${each || "x"}`), words.map((each) => `${each || "x"}\n${each || "y"}`)), { maxLength: 6 })
  .map((list) => textFromDoc(docFromText(list.filter(Boolean).join("\n\n"))).text);

test("Retyping makes the document of the other text", () => {
  fc.assert(fc.property(lines, lines, (one, other) => {
    const state = EditorState.create({ schema, doc: docFromText(one) });
    const tr = retype(state.tr, other);
    assert.ok(tr.doc.eq(docFromText(other)), `${JSON.stringify(one)} → ${JSON.stringify(other)}: ${tr.doc}`);
  }), { numRuns: 1000 });
});
