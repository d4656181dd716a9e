// Everything the room can do from the keyboard, by name: what it is called, what it does, and its key in each key map.
//
// A command gets the room ({view, player, marks, …}) and says whether it did something.
import { redo, undo } from "prosemirror-history";
import { TextSelection } from "prosemirror-state";
import { secondsAt, timesOf } from "./timing.js";

export const KEYMAPS = ["transcribe", "express-scribe", "otranscribe", "infraware"];

// [name, what the sheet says, keys by key map (the first is used where a map names none)]
export const COMMANDS = [
  ["play", "Play, or stop and step back", { transcribe: "F8", "express-scribe": "F9", otranscribe: "Escape", infraware: "F8" }],
  ["back", "Two seconds back", { transcribe: "F6", "express-scribe": "F7", otranscribe: "F1", infraware: "F6" }],
  ["forward", "Two seconds forward", { transcribe: "F7", "express-scribe": "F8", otranscribe: "F2", infraware: "F7" }],
  ["slower", "Slower", { transcribe: "F3", "express-scribe": "F2", otranscribe: "F3", infraware: "F3" }],
  ["faster", "Faster", { transcribe: "F4", "express-scribe": "F3", otranscribe: "F4", infraware: "F4" }],
  ["plain_speed", "Real speed", { transcribe: "Shift-F4", "express-scribe": "F10" }],
  ["hear", "Hear the word at the cursor", { transcribe: "Mod-Enter" }],
  ["loop", "Repeat the selected words until pressed again", { transcribe: "Mod-Shift-Enter" }],
  ["attach", "Cursor follows the recording, or stands by itself", { transcribe: "F2", "express-scribe": "Mod-Space", otranscribe: "Mod-Space", infraware: "F12" }],
  ["go_to_sound", "Bring the cursor to what sounds", { transcribe: "Alt-ArrowDown" }],
  ["play_from_here", "Play from the cursor", { transcribe: "Alt-Enter" }],
  ["next_mark", "To the next place to look at", { transcribe: "Tab" }],
  ["last_mark", "To the one before", { transcribe: "Shift-Tab" }],
  ["resolve_mark", "This place is right as it stands", { transcribe: "Mod-Shift-Space" }],
  ["blank", "Put a timed blank here", { transcribe: "Mod-b" }],
  ["upper", "Capitals", { transcribe: "Mod-." }],
  ["lower", "Small letters", { transcribe: "Mod-," }],
  ["toggle_case", "Small, Capitalised, CAPITALS", { transcribe: "Shift-F3" }],
  ["find", "Find and replace", { transcribe: "Mod-f" }],
  ["save", "Save now", { transcribe: "Mod-s" }],
  ["release", "Release to the signer", { transcribe: "Mod-Shift-s" }],
  ["undo", "Undo", { transcribe: "Mod-z" }],
  ["redo", "Do again", { transcribe: "Mod-y" }],
  ["sheet", "This sheet", { transcribe: "F1", otranscribe: "Shift-F1" }],
];

export function keyOf(name, map, own = {}) {
  if (name in own) return own[name];
  const keys = COMMANDS.find(([each]) => each === name)[2];
  return keys[map] ?? keys.transcribe;
}

// {key: name} of a key map with a person's own keys over it.
export function bindings(map, own = {}) {
  return Object.fromEntries(COMMANDS.map(([name]) => [keyOf(name, map, own), name]));
}

const STEP = 2.0; // seconds
const CHANGE = 0.1; // of the speed

export const run = {
  play: ({ player }) => done(player.toggle()),
  back: ({ player }) => done(player.skip(-STEP)),
  forward: ({ player }) => done(player.skip(STEP)),
  slower: ({ player }) => done((player.speed -= CHANGE)),
  faster: ({ player }) => done((player.speed += CHANGE)),
  plain_speed: ({ player }) => done((player.speed = 1)),
  hear({ view, player }) {
    const seconds = secondsAt(view.state, view.state.selection.head);
    return seconds ? done(player.hear(Math.max(0, seconds[0] - 0.05), seconds[1] + 0.1)) : false;
  },
  loop({ view, player }) {
    if (player.looping) return done(player.loop());
    const { from, to } = view.state.selection;
    const [first, last] = [secondsAt(view.state, from), secondsAt(view.state, to)];
    if (!first) return false;
    player.loop(first[0], Math.max(last[1], first[1]));
    return done(player.play());
  },
  attach: (room) => done((room.attached = !room.attached)),
  go_to_sound({ view, player }) {
    const times = timesOf(view.state);
    const index = times.sounding(player.time);
    return index < 0 ? false : select(view, times.from[index]);
  },
  play_from_here({ view, player }) {
    const seconds = secondsAt(view.state, view.state.selection.head);
    if (!seconds) return false;
    player.seek(seconds[0]);
    return done(player.play());
  },
  next_mark: (room) => room.marks.go(1),
  last_mark: (room) => room.marks.go(-1),
  resolve_mark: (room) => room.marks.resolve(),
  blank({ view }) {
    return done(view.dispatch(view.state.tr.replaceSelectionWith(view.state.schema.text("[____]"), false)));
  },
  upper: ({ view }) => recase(view, (text) => text.toUpperCase()),
  lower: ({ view }) => recase(view, (text) => text.toLowerCase()),
  toggle_case: ({ view }) => recase(view, nextCase),
  find: (room) => done(room.panel?.("find")),
  save: (room) => done(room.keeper.save()),
  release: (room) => done(room.panel?.("release")),
  undo: ({ view }) => undo(view.state, view.dispatch),
  redo: ({ view }) => redo(view.state, view.dispatch),
  sheet: (room) => done(room.panel?.("sheet")),
};

function done() {
  return true;
}

export function select(view, from, to = from) {
  view.dispatch(view.state.tr.setSelection(TextSelection.create(view.state.doc, from, to)).scrollIntoView());
  return true;
}

// The selection, or the word at the cursor, in another case; letter by letter, so that times stay.
function recase(view, change) {
  const { state } = view;
  let { from, to, empty } = state.selection;
  if (empty) [from, to] = wordAround(state.doc, from);
  if (from === to) return false;
  const tr = state.tr;
  state.doc.nodesBetween(from, to, (node, pos) => {
    if (!node.isText) return;
    const [start, end] = [Math.max(from, pos), Math.min(to, pos + node.nodeSize)];
    const text = node.text.slice(start - pos, end - pos);
    const changed = change(text);
    if (changed.length !== text.length) return; // "ß" has no capital of its own length.
    for (let i = 0; i < text.length; ) {
      if (changed[i] === text[i]) i++;
      else {
        let last = i;
        while (last < text.length && changed[last] !== text[last]) last++;
        tr.insertText(changed.slice(i, last), start + i, start + last);
        i = last;
      }
    }
  });
  if (!tr.docChanged) return false;
  if (!empty) tr.setSelection(TextSelection.create(tr.doc, from, to));
  view.dispatch(tr);
  return true;
}

function nextCase(text) {
  if (text === text.toUpperCase()) return text.toLowerCase();
  if (text === text.toLowerCase()) return text.replace(/(^|[\s-])(\p{Ll})/gu, (_, before, letter) => before + letter.toUpperCase());
  return text.toUpperCase();
}

export function wordAround(doc, pos) {
  const inside = doc.resolve(pos);
  const text = inside.parent.textBetween(0, inside.parent.content.size, "\n", "\n");
  let [from, to] = [inside.parentOffset, inside.parentOffset];
  while (from > 0 && /[\p{L}\p{N}'-]/u.test(text[from - 1])) from--;
  while (to < text.length && /[\p{L}\p{N}'-]/u.test(text[to])) to++;
  return [inside.start() + from, inside.start() + to];
}
