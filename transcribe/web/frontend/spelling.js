// Underlines words that nobody knows; what is being typed is left in peace until the cursor has gone on.
import { Plugin, PluginKey } from "prosemirror-state";
import { Decoration, DecorationSet } from "prosemirror-view";

export const spellingKey = new PluginKey("spelling");

const REST = 350; // ms after the last change before looking
const WORD = /[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu;

// Asks the worker; every question has its answer as a promise.
export class Speller {
  #asked = new Map();
  #count = 0;

  constructor(script, english, terms) {
    this.worker = new Worker(script, { type: "module" });
    this.worker.onmessage = ({ data: { id, ...answer } }) => {
      this.#asked.get(id)?.(answer);
      this.#asked.delete(id);
    };
    this.worker.postMessage({ open: [english, terms] });
  }

  #ask(question) {
    const id = ++this.#count;
    this.worker.postMessage({ id, ...question });
    return new Promise((resolve) => this.#asked.set(id, resolve));
  }

  async wrong(words) {
    return (await this.#ask({ check: words })).wrong;
  }

  async suggest(word) {
    return (await this.#ask({ suggest: word })).forms;
  }

  add(words) {
    this.worker.postMessage({ add: words });
  }
}

// `known`: words of this report that are nobody's mistake: the names in its header.
export function spellingPlugin(speller, { on = true } = {}) {
  const right = new Map(); // word → whether it is known
  return new Plugin({
    key: spellingKey,
    state: {
      init: () => ({ on, drawn: DecorationSet.empty }),
      apply(transaction, value) {
        const told = transaction.getMeta(spellingKey);
        const next = transaction.docChanged ? { ...value, drawn: value.drawn.map(transaction.mapping, transaction.doc) } : value;
        if (told?.forget) right.delete(told.forget);
        return told ? { ...next, ...told } : next;
      },
    },
    props: { decorations: (state) => (spellingKey.getState(state).on ? spellingKey.getState(state).drawn : null) },
    view(view) {
      let timer = setTimeout(look, REST);
      async function look() {
        if (!spellingKey.getState(view.state)?.on) return;
        const unknown = [...new Set(wordsIn(view.state.doc).map(({ word }) => word))].filter((word) => !right.has(word));
        if (unknown.length) {
          const wrong = new Set(await speller.wrong(unknown));
          unknown.forEach((word) => right.set(word, !wrong.has(word)));
          if (view.isDestroyed) return;
        }
        view.dispatch(view.state.tr.setMeta(spellingKey, { drawn: drawn(view.state) }).setMeta("addToHistory", false));
      }
      function drawn(state) {
        const { head } = state.selection;
        const wrong = wordsIn(state.doc).filter(({ word, from, to }) => right.get(word) === false && (head < from || head > to || !view.hasFocus()));
        return DecorationSet.create(state.doc, wrong.map(({ from, to }) => Decoration.inline(from, to, { class: "misspelt" })));
      }
      return {
        update(_, before) {
          const changed = before.doc !== view.state.doc || spellingKey.getState(before).on !== spellingKey.getState(view.state).on;
          if (!changed) return;
          clearTimeout(timer);
          timer = setTimeout(look, REST);
        },
        destroy: () => clearTimeout(timer),
      };
    },
  });
}

function wordsIn(doc) {
  const found = [];
  doc.descendants((node, pos) => {
    if (!node.isText) return true;
    for (const match of node.text.matchAll(WORD)) found.push({ word: match[0], from: pos + match.index, to: pos + match.index + match[0].length });
    return false;
  });
  return found;
}

// The misspelt word at or after `pos` (before it, backwards), round at the ends: {from, to, word} or null.
export function nextMisspelt(state, pos, direction = 1) {
  const all = spellingKey.getState(state).drawn.find().sort((a, b) => a.from - b.from);
  const found = direction > 0 ? all.find((each) => each.from > pos) ?? all[0] : all.findLast((each) => each.to < pos) ?? all.at(-1);
  return found ? { from: found.from, to: found.to, word: state.doc.textBetween(found.from, found.to) } : null;
}

export function misspeltAt(state, pos) {
  const [found] = spellingKey.getState(state).drawn.find(pos, pos);
  return found ? { from: found.from, to: found.to, word: state.doc.textBetween(found.from, found.to) } : null;
}
