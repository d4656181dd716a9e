import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { docFromText, offsetOf, posOf, textFromDoc } from "../text.js";

const line = fc.stringMatching(/^[A-Za-z][A-Za-z0-9 ,.%/()-]{0,40}[a-z]$/);
const heading = fc.stringMatching(/^[A-Z][A-Z ]{2,20}[A-Z]:$/);
const paragraph = fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) => lines.join("\n"));
const list = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.array(line, { minLength: 1, maxLength: 5 }))
  .map(([first, lines]) => lines.map((each, index) => `${first + index}. ${each}`).join("\n"));
const report = fc.array(fc.oneof(heading, paragraph, list), { minLength: 1, maxLength: 12 }).filter((parts) =>
  // Two lists that follow each other, the second going on where the first ends, read as one.
  parts.every((part, index) => index === 0 || !/^\d/.test(part) || !/^\d/.test(parts[index - 1]) || part.startsWith("1. ")));

test("a report's text comes back from the document as it went in", () => {
  fc.assert(fc.property(report, (parts) => {
    const text = parts.join("\n\n");
    assert.equal(textFromDoc(docFromText(text)).text, text);
  }));
});

test("every character of the text has its place in the document and back", () => {
  fc.assert(fc.property(report, (parts) => {
    const text = parts.join("\n\n");
    const doc = docFromText(text);
    const { runs } = textFromDoc(doc);
    for (const run of runs) {
      for (let i = 0; i < run.length; i++) {
        assert.equal(posOf(runs, run.offset + i), run.pos + i);
        assert.equal(offsetOf(runs, run.pos + i), run.offset + i);
        assert.equal(doc.textBetween(run.pos + i, run.pos + i + 1, "\n", "\n"), text[run.offset + i]);
      }
    }
  }));
});

test("an empty text is an empty paragraph", () => {
  assert.equal(textFromDoc(docFromText("")).text, "");
});
