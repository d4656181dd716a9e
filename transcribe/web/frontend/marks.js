// The places an editor must look at: kept through edits, visited by one key, ticked off by another.
import { Plugin, PluginKey } from "prosemirror-state";
import { Decoration, DecorationSet } from "prosemirror-view";
import { select } from "./commands.js";

export const markKey = new PluginKey("marks");

// `marks`: [{from, to, kind, reason, audio, id}], positions in the document, audio in seconds or null.
export function marksPlugin(marks) {
  const draw = (doc, open) => DecorationSet.create(doc, open.map((mark) =>
    Decoration.inline(mark.from, Math.max(mark.to, mark.from + 1), { class: `mark mark-${mark.kind}`, title: mark.reason }, { mark })));
  return new Plugin({
    key: markKey,
    state: {
      init: (_, state) => draw(state.doc, marks),
      apply(transaction, drawn) {
        const resolved = transaction.getMeta(markKey);
        const mapped = drawn.map(transaction.mapping, transaction.doc);
        return resolved ? mapped.remove(mapped.find(undefined, undefined, (spec) => spec.mark.id === resolved)) : mapped;
      },
    },
    props: { decorations: (state) => markKey.getState(state) },
  });
}

// What is still to be looked at, in order: [{from, to, mark}].
export function openMarks(state) {
  return markKey.getState(state).find().map(({ from, to, spec }) => ({ from, to, mark: spec.mark })).sort((a, b) => a.from - b.from);
}

export class Marks {
  // `heard(mark)` is called at every mark visited, so that it sounds.
  constructor(view, { onVisit = () => {}, onResolve = () => {} } = {}) {
    Object.assign(this, { view, onVisit, onResolve });
  }

  // To the next mark after the cursor, or the last before it; round at the ends.
  go(direction) {
    const open = openMarks(this.view.state);
    if (!open.length) return false;
    const { from } = this.view.state.selection;
    const found = direction > 0
      ? open.find((each) => each.from > from) ?? open[0]
      : open.findLast((each) => each.from < from) ?? open.at(-1);
    select(this.view, found.from, found.to);
    this.onVisit(found.mark);
    return true;
  }

  // The mark at the cursor needs nothing more.
  resolve() {
    const { from, to } = this.view.state.selection;
    const here = openMarks(this.view.state).find((each) => each.from <= to && each.to >= from);
    if (!here) return false;
    this.view.dispatch(this.view.state.tr.setMeta(markKey, here.mark.id));
    this.onResolve(here.mark);
    return true;
  }
}
