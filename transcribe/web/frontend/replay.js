// Changes as plain data for the log, and the way back: the same document, the same times, the same things to undo.
//
// An entry is {steps, time, at: [anchor, head], meta} or {undo: 1}, {redo: 1}, {meta}, {sent: true}, {saved: version}, {decisions}.
import { redo, undo } from "prosemirror-history";
import { TextSelection } from "prosemirror-state";
import { Step } from "prosemirror-transform";
import { schema } from "./schema.js";
import { textFromDoc } from "./text.js";

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
// were made: {state, saved, unsaved, unanswered, decisions}; `unanswered`: texts that were sent since, and may have
// arrived without an answer.
export function replay(state, entries, version) {
  let [saved, unanswered, decisions] = [version, [], null];
  for (const entry of entries) {
    if (entry.saved !== undefined) [saved, unanswered] = [entry.saved, []];
    else if (entry.sent) unanswered.push(textFromDoc(state.doc).text);
    else if (entry.decisions) decisions = entry.decisions;
    else state = step(state, entry);
  }
  return { state, saved, unsaved: isUnsaved(entries), unanswered, decisions };
}

// Whether anything among the entries never reached the server; what was typed while a save was on its way did not.
export function isUnsaved(entries) {
  let [open, since] = [false, false]; // Since the last save that is answered, and since the last one set out.
  for (const entry of entries) {
    if (entry.saved !== undefined) open = since;
    else if (entry.sent) since = false;
    else open = since = true;
  }
  return open;
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
