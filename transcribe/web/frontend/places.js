// Named stretches of the document (marks, entities, evidence, sections) that move with every edit and come back with undo.
import { Plugin, PluginKey } from "prosemirror-state";
import { Decoration, DecorationSet } from "prosemirror-view";

const REMEMBERED = 300;

// `name` makes the metadata key `places$NAME`, which takes {items}, {remove: id} or {show: anything}.
// `items`: [{id, from, to, …}]; `look(item, show)` gives the attributes under which an item is drawn, or null.
export function placesPlugin(name, items, look) {
  const key = new PluginKey(`places$${name}`);
  key.key = `places$${name}`; // Without the counter that the library adds: entries of the log name it.
  const drawn = (value, doc) => ({ ...value, drawn: DecorationSet.create(doc, value.items.flatMap((item) => decoration(item, look(item, value.show)))) });
  return new Plugin({
    key,
    state: {
      init: (_, state) => drawn({ items, show: null, past: [] }, state.doc),
      apply(transaction, value) {
        const told = transaction.getMeta(key);
        if (!transaction.docChanged && !told) return value;
        let next = transaction.docChanged ? moved(value, transaction) : value;
        if (told?.items) next = { ...next, items: told.items, past: [] };
        if (told?.remove !== undefined) next = without(next, told.remove);
        if (told && "show" in told) next = { ...next, show: told.show };
        return told || next.restored ? drawn({ ...next, restored: false }, transaction.doc) : next;
      },
    },
    props: { decorations: (state) => key.getState(state).drawn },
  });
}

function decoration(item, attributes) {
  return attributes && !gone(item) ? [Decoration.inline(item.from, Math.max(item.to, item.from + 1), attributes, { id: item.id })] : [];
}

// Whether all that the item stood on was deleted.
function gone(item) {
  return item.width !== 0 && item.to <= item.from;
}

function moved(value, transaction) {
  const past = [...value.past.slice(-REMEMBERED), { doc: transaction.before, items: value.items }];
  const known = transaction.getMeta("history$") && past.findLast((each) => each.doc.eq(transaction.doc));
  if (known) {
    const open = new Set(value.items.map((each) => each.id)); // What was settled since stays settled.
    return { ...value, past, items: known.items.filter((each) => open.has(each.id)), restored: true };
  }
  const items = value.items.map((item) => {
    const from = transaction.mapping.map(item.from, 1);
    return { ...item, width: item.width ?? item.to - item.from, from, to: Math.max(from, transaction.mapping.map(item.to, -1)) };
  });
  return { ...value, items, past, drawn: value.drawn.map(transaction.mapping, transaction.doc) };
}

function without(value, id) {
  const drop = (items) => items.filter((item) => item.id !== id);
  return { ...value, items: drop(value.items), past: value.past.map((each) => ({ ...each, items: drop(each.items) })) };
}

// The items that are still there, in order of the text.
export function placesOf(state, name) {
  return (state[`places$${name}`]?.items ?? []).filter((item) => !gone(item)).sort((a, b) => a.from - b.from || a.to - b.to);
}

export function place(state, name, id) {
  return placesOf(state, name).find((item) => item.id === id) ?? null;
}

// Tell the places of `name` something: {items}, {remove} or {show}.
export function tell(view, name, said) {
  view.dispatch(view.state.tr.setMeta(`places$${name}`, said).setMeta("addToHistory", false));
}
