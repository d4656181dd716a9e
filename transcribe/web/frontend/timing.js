// Ties the document to the recording: which word sounds, which are doubtful, and the way from one to the other.
import { Plugin, PluginKey } from "prosemirror-state";
import { Decoration, DecorationSet } from "prosemirror-view";
import { TimesHistory, WordTimes } from "./times.js";

// Transactions tell it {sounding: index}, {doubtBelow: probability} or {words: others}.
export const timing = new PluginKey("timing");

// `words`: [{from, to, start, end, probability, text}]; see WordTimes.
export function timingPlugin(words, { doubtBelow = 0.6 } = {}) {
  return new Plugin({
    key: timing,
    state: {
      init: (_, state) => drawn({ kept: new TimesHistory(new WordTimes(words)), sounding: -1, doubtBelow }, state.doc),
      apply(transaction, value) {
        const told = transaction.getMeta(timing);
        if (!transaction.docChanged && !told) return value;
        const { words: others, ...more } = told ?? {};
        const kept = value.kept.apply(transaction, Boolean(transaction.getMeta("history$"))).with(others);
        const next = { ...value, ...more, kept };
        const same = next.doubtBelow === value.doubtBelow && !others;
        next.doubts = same ? value.doubts.map(transaction.mapping, transaction.doc) : null;
        return same ? next : drawn(next, transaction.doc);
      },
    },
    props: {
      decorations(state) {
        const { kept: { times }, sounding, doubts } = timing.getState(state);
        if (sounding < 0 || !times.alive[sounding]) return doubts;
        return doubts.add(state.doc, [Decoration.inline(times.from[sounding], times.to[sounding], { class: "sounding" })]);
      },
    },
  });

  function drawn(value, doc) {
    const { kept: { times }, doubtBelow: bound } = value;
    const found = [];
    times.words.forEach((word, i) => {
      if (times.alive[i] && isDoubtful(word, bound)) found.push(Decoration.inline(times.from[i], times.to[i], { class: "doubtful" }));
    });
    return { ...value, doubts: DecorationSet.create(doc, found) };
  }
}

// Of a mark of punctuation nobody asks how surely it was heard.
function isDoubtful({ probability, text }, bound) {
  return probability < bound && /[\p{L}\p{N}]/u.test(text);
}

export function timesOf(state) {
  return timing.getState(state).kept.times;
}

// Seconds [start, end] of the word at `pos`, or of the last before it; null where nothing was heard.
export function secondsAt(state, pos) {
  const times = timesOf(state);
  const index = times.at(pos);
  return index < 0 ? null : [times.words[index].start, times.words[index].end];
}

// [from, to] of the next word (or the last one, backwards) that was heard with less certainty than is shown; null if none.
export function nextDoubt(state, pos, direction) {
  const { kept: { times }, doubtBelow } = timing.getState(state);
  const doubtful = times.words.map((_, i) => i).filter((i) => times.alive[i] && isDoubtful(times.words[i], doubtBelow));
  const i = direction > 0 ? doubtful.find((each) => times.from[each] > pos) ?? doubtful[0] : doubtful.findLast((each) => times.from[each] < pos) ?? doubtful.at(-1);
  return i === undefined ? null : [times.from[i], times.to[i]];
}
