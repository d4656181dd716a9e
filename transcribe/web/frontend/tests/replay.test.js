import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { history, redo, undo } from "prosemirror-history";
import { EditorState } from "prosemirror-state";
import { marksPlugin, openMarks } from "../marks.js";
import { entryOf, isUnsaved, replay } from "../replay.js";
import { docFromText, posOf, textFromDoc } from "../text.js";
import { timesOf, timingPlugin } from "../timing.js";

const TEXT = "HISTORY:\n\nPain in the left knee since May.\n\n1. Aspirin 81 mg daily.\n2. Rest.\n\nPLAN:\n\nReturn in two weeks.";

function begun() {
  const doc = docFromText(TEXT);
  const { runs } = textFromDoc(doc);
  const places = [...TEXT.matchAll(/\w+/g)].map((found) => ({ from: posOf(runs, found.index), to: posOf(runs, found.index + found[0].length, true) }));
  const words = places.map((each, i) => ({ ...each, start: i, end: i + 1, probability: 1 }));
  const marks = places.filter((_, i) => i % 4 === 1).map((each, i) => ({ ...each, id: i + 1, kind: "query", reason: "" }));
  return EditorState.create({ doc, plugins: [history(), timingPlugin(words), marksPlugin(marks)] });
}

const action = fc.record({
  kind: fc.constantFrom("type", "type", "delete", "undo", "redo", "resolve", "pause"),
  at: fc.double({ min: 0, max: 1, noNaN: true }), length: fc.integer({ min: 1, max: 12 }),
});

function act(state, { kind, at, length }, clock, log) {
  let after = state;
  const dispatch = (transaction) => {
    transaction.setTime(clock.now);
    const entry = entryOf(transaction, state.selection);
    if (entry) log.push(JSON.parse(JSON.stringify(entry)));
    after = state.apply(transaction);
  };
  const from = 1 + Math.floor(at * (state.doc.content.size - 2));
  const to = Math.min(from + length, state.doc.content.size - 1);
  clock.now += kind === "pause" ? 2000 : 50;
  if (kind === "undo") undo(state, dispatch);
  else if (kind === "redo") redo(state, dispatch);
  else if (kind === "resolve") dispatch(state.tr.setMeta("places$marks", { remove: 1 + (length % 4) }));
  else if (kind === "pause" || !state.doc.resolve(from).parent.inlineContent || !state.doc.resolve(to).parent.inlineContent) return state;
  else dispatch(kind === "type" ? state.tr.insertText("abc", from) : state.tr.delete(from, to));
  return after;
}

test("After a reload the document, its words, its marks and everything that can be undone are as they were", () => {
  fc.assert(fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
    const [log, clock] = [[], { now: 1000 }];
    let state = begun();
    for (const each of actions) state = act(state, each, clock, log);
    let again = replay(begun(), log, 1).state;
    for (let i = 0; i < 70; i++) {
      assert.ok(again.doc.eq(state.doc));
      assert.deepEqual([...timesOf(again).from], [...timesOf(state).from]);
      assert.deepEqual(openMarks(again).map(({ id, from, to }) => [id, from, to]), openMarks(state).map(({ id, from, to }) => [id, from, to]));
      const step = (one) => { let next = null; undo(one, (transaction) => (next = one.apply(transaction))); return next; };
      const [one, other] = [step(state), step(again)];
      assert.equal(one === null, other === null);
      if (!one) break;
      [state, again] = [one, other];
    }
    assert.ok(state.doc.eq(docFromText(TEXT)));
  }), { numRuns: 200 });
});

test("What was typed after the last save is known as unsaved", () => {
  const [log, clock] = [[], { now: 1000 }];
  let state = act(begun(), { kind: "type", at: 0.5, length: 1 }, clock, log);
  assert.equal(replay(begun(), log, 3).unsaved, true);
  log.push({ sent: true }, { saved: 4 });
  assert.deepEqual([replay(begun(), log, 3).unsaved, replay(begun(), log, 3).saved], [false, 4]);
  act(state, { kind: "undo", at: 0, length: 1 }, clock, log);
  assert.equal(replay(begun(), log, 3).unsaved, true);
});

test("What is only shown, and not said about the text, leaves nothing to save", () => {
  const state = begun();
  for (const [name, said] of [["places$known", { items: [] }], ["timing$", { sounding: 3 }], ["places$known", { show: null }]]) {
    assert.equal(entryOf(state.tr.setMeta(name, said).setMeta("addToHistory", false), state.selection), null);
  }
  assert.ok(entryOf(state.tr.setMeta("places$marks", { remove: 1 }), state.selection));
});

test("A mark whose words were deleted is gone, and back when they are", () => {
  let state = begun();
  const [mark] = openMarks(state);
  state = state.apply(state.tr.delete(mark.from, mark.to));
  assert.ok(!openMarks(state).some((each) => each.id === mark.id));
  undo(state, (transaction) => (state = state.apply(transaction)));
  assert.deepEqual(openMarks(state).map(({ id, from, to }) => [id, from, to])[0], [mark.id, mark.from, mark.to]);
});

test("What was typed while a save was on its way is not saved by its answer", () => {
  const typed = { steps: [] };
  assert.equal(isUnsaved([]), false);
  assert.equal(isUnsaved([typed, { sent: true }]), true);
  assert.equal(isUnsaved([typed, { sent: true }, { saved: 2 }]), false);
  assert.equal(isUnsaved([typed, { sent: true }, typed, { saved: 2 }]), true);
  assert.equal(isUnsaved([typed, { sent: true }, typed, { saved: 2 }, { sent: true }, { saved: 3 }]), false);
});

test("A text that was sent and never answered is known after a reload", () => {
  const state = begun();
  const transaction = state.tr.insertText("Left ", 1);
  const entries = [entryOf(transaction, state.selection), { sent: true }, { meta: { closeHistory$: true } }];
  assert.deepEqual(replay(state, entries, 1).unanswered, [textFromDoc(transaction.doc).text]);
  assert.deepEqual(replay(state, [...entries, { saved: 2 }], 1).unanswered, []);
});
