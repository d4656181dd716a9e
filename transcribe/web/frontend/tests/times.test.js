import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { history, undo } from "prosemirror-history";
import { EditorState } from "prosemirror-state";
import { docFromText, posOf, textFromDoc } from "../text.js";
import { TimesHistory, WordTimes } from "../times.js";

const TEXT = Array.from({ length: 30 }, (_, p) =>
  p % 5 === 0 ? `HEADING ${"ABCDEFGHIJ"[p / 5]}:` : Array.from({ length: 12 }, (_, w) => `w${p}x${w}`).join(" ") + ".",
).join("\n\n");

function timed(text) {
  const doc = docFromText(text);
  const { runs } = textFromDoc(doc);
  const words = [...text.matchAll(/[^\s.]+/g)].map((found, index) => ({
    from: posOf(runs, found.index), to: posOf(runs, found.index + found[0].length, true),
    start: index * 0.4, end: index * 0.4 + 0.3, probability: 1, text: found[0],
  }));
  return { doc, words };
}

function started(text) {
  const { doc, words } = timed(text);
  return { state: EditorState.create({ doc, plugins: [history({ newGroupDelay: 0 })] }), times: new WordTimes(words), words };
}

// Living words stay in order and do not overlap.
function check(state, times, words) {
  let last = 0;
  words.forEach((word, i) => {
    if (!times.alive[i]) return;
    assert.ok(times.from[i] >= last && times.to[i] >= times.from[i], `word ${i} out of order`);
    last = times.to[i];
  });
}

const edit = fc.record({
  kind: fc.constantFrom("insert", "delete", "replace", "split", "join"),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.integer({ min: 1, max: 40 }),
  text: fc.stringMatching(/^[ab ]{1,9}$/),
});

function perform(state, { kind, at, length, text }) {
  const size = state.doc.content.size;
  const from = Math.min(size - 1, 1 + Math.floor(at * (size - 2)));
  const to = Math.min(size - 1, from + length);
  const tr = state.tr;
  const inText = (pos) => state.doc.resolve(pos).parent.inlineContent;
  if (!inText(from) || !inText(to)) return null;
  if (kind === "insert") tr.insertText(text, from);
  else if (kind === "delete") tr.delete(from, to);
  else if (kind === "replace") tr.insertText(text, from, to);
  else if (kind === "split") tr.split(from);
  else {
    const after = state.doc.resolve(from).after();
    if (after >= size || state.doc.resolve(after).nodeAfter?.type !== state.doc.resolve(from).parent.type) return null;
    tr.join(after);
  }
  return tr;
}

test("after 500 random edits every word that no edit touched points to its own second", () => {
  fc.assert(
    fc.property(fc.array(edit, { minLength: 500, maxLength: 500 }), (edits) => {
      let { state, times, words } = started(TEXT);
      const untouched = new Set(words.keys());
      for (const each of edits) {
        const tr = perform(state, each);
        if (!tr) continue;
        // What an edit touches: words that share a character with, or touch, a replaced range.
        tr.mapping.maps.forEach((map, index) => {
          const back = tr.mapping.slice(0, index).invert();
          map.forEach((start, end) => {
            const [low, high] = [back.map(start, -1), back.map(end, 1)];
            for (const i of untouched) if (times.from[i] <= high && times.to[i] >= low) untouched.delete(i);
          });
        });
        times = times.apply(tr);
        state = state.apply(tr);
        for (const i of untouched) {
          assert.equal(times.alive[i], 1);
          assert.equal(state.doc.textBetween(times.from[i], times.to[i]), words[i].text);
        }
        check(state, times, words);
      }
    }),
    { numRuns: 12 },
  );
});

test("undoing everything brings every word back to its place", () => {
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 12 }), (edits) => {
      let { state, times: first, words } = started(TEXT);
      let kept = new TimesHistory(first);
      const run = (tr) => {
        kept = kept.apply(tr, Boolean(tr.getMeta("history$")));
        state = state.apply(tr);
      };
      for (const each of edits) {
        const tr = perform(state, each);
        if (tr) run(tr);
      }
      while (undo(state, run));
      words.forEach((word, i) => {
        assert.equal(kept.times.alive[i], 1, `word ${word.text} is lost`);
        assert.deepEqual([kept.times.from[i], kept.times.to[i]], [word.from, word.to], word.text);
      });
    }),
    { numRuns: 300 },
  );
});

test("a letter typed into 9,000 timed words costs under five milliseconds", () => {
  const text = Array.from({ length: 90 }, (_, p) => Array.from({ length: 100 }, (_, w) => `word${p}n${w}`).join(" ")).join("\n\n");
  let { state, times } = started(text);
  const begun = performance.now();
  for (let i = 0; i < 50; i++) {
    const tr = state.tr.insertText("a", 3);
    times = times.apply(tr);
    state = state.apply(tr);
  }
  assert.ok((performance.now() - begun) / 50 < 5);
});

test("the word at a position and the word that sounds at a second are found", () => {
  const { times, words } = started("Blood pressure is high.");
  assert.equal(times.at(words[1].from + 2), 1);
  assert.equal(times.at(words[1].to + 0), 1);
  assert.equal(times.sounding(0.85), 2);
  assert.equal(times.sounding(-1), -1);
});

test("a word written otherwise, in capitals or anew, keeps its second", () => {
  const { state, times, words } = started("Blood pressure is high.");
  const upper = times.apply(state.tr.insertText("BLOOD", words[0].from, words[0].to));
  assert.equal(upper.alive[0], 1);
  const other = times.apply(state.tr.insertText("tension", words[1].from, words[1].to));
  assert.deepEqual([other.alive[1], other.from[1], other.to[1]], [1, words[1].from, words[1].from + 7]);
});
