// The places an editor must look at: kept through edits, visited by one key, ticked off by another.
import { select } from "./commands.js";
import { placesOf, placesPlugin, tell } from "./places.js";

// `marks`: [{id, from, to, kind, reason, severity, audio}], positions in the document, audio in seconds or null.
export function marksPlugin(marks) {
  return placesPlugin("marks", marks, (mark) => ({ class: `mark mark-${mark.kind} ${mark.severity ?? "warning"}`, title: mark.reason }));
}

// What is still to be looked at, in order of the text.
export function openMarks(state) {
  return placesOf(state, "marks");
}

export class Marks {
  // `onVisit(mark)` is called at every mark visited, so that it sounds and its reason is told.
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
    return this.visit(found);
  }

  visit(mark) {
    select(this.view, mark.from, mark.to);
    this.onVisit(mark);
    return true;
  }

  // The mark at the cursor needs nothing more.
  resolve() {
    const { from, to } = this.view.state.selection;
    const here = openMarks(this.view.state).find((each) => each.from <= to && each.to >= from);
    return here ? this.settle(here) : false;
  }

  settle(mark) {
    tell(this.view, "marks", { remove: mark.id });
    this.onResolve(mark);
    return true;
  }
}
