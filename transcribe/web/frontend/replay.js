// Changes as plain data for the log, and the way back: the same document, the same times, the same things to undo.
//
// An entry is {steps, time, at: [anchor, head], meta} or {undo: 1}, {redo: 1}, {meta}, {saved: version}, {decisions}.
import { redo, undo } from "prosemirror-history";
import { TextSelection } from "prosemirror-state";
import { Step } from "prosemirror-transform";
import { schema } from "./schema.js";

// Metadata that other modules read, by the names under which transactions keep it.
const MARKS = "places$marks";
const METAS = ["addToHistory", "closeHistory$", "composition", MARKS, "timing$"];

// The entry for a transaction on a state with `selection`, or null when it changes nothing that must come back.
export function entryOf(transaction, { anchor, head }) {
  const back = transaction.getMeta("history$");
  if (back) return back.redo ? { redo: 1 } : { undo: 1 };
  const meta = {};
  for (const name of METAS) {
    const said = transaction.getMeta(name);
    if (said !== undefined && kept(name, said)) meta[name] = said;
  }
  if (!transaction.docChanged) return meta[MARKS] || meta.timing$ ? { meta } : null;
  const told = Object.keys(meta).length > 0;
  return { steps: transaction.steps.map((step) => step.toJSON()), time: transaction.time, at: [anchor, head], ...(told ? { meta } : {}) };
}

function kept(name, said) {
  return name !== "timing$" || said.words !== undefined; // What sounds now does not come back.
}

// `state` after all of `entries`, which version was saved last, whether anything followed, and the decisions if any
// were made: {state, saved, unsaved, decisions}.
export function replay(state, entries, version) {
  let [saved, unsaved, decisions] = [version, false, null];
  for (const entry of entries) {
    if (entry.saved !== undefined) [saved, unsaved] = [entry.saved, false];
    else {
      if (entry.decisions) decisions = entry.decisions;
      else state = step(state, entry);
      unsaved = true;
    }
  }
  return { state, saved, unsaved, decisions };
}

function step(state, entry) {
  if (entry.undo || entry.redo) {
    let after = state;
    (entry.undo ? undo : redo)(state, (transaction) => (after = state.apply(transaction)));
    return after;
  }
  if (entry.at) state = state.apply(state.tr.setSelection(selection(state.doc, entry.at)));
  const transaction = state.tr;
  for (const json of entry.steps ?? []) transaction.step(Step.fromJSON(schema, json));
  for (const [name, said] of Object.entries(entry.meta ?? {})) transaction.setMeta(name, said);
  if (entry.time) transaction.setTime(entry.time);
  return state.apply(transaction);
}

function selection(doc, [anchor, head]) {
  const inside = (pos) => Math.max(0, Math.min(pos, doc.content.size));
  return TextSelection.between(doc.resolve(inside(anchor)), doc.resolve(inside(head)));
}
