// Everything the room can do from the keyboard, by name, with its key in each key map; what it is called is in strings.js.
//
// A command gets the room ({view, player, marks, panels, …}) and says whether it did something.
import { redo, undo } from "prosemirror-history";
import { TextSelection } from "prosemirror-state";
import { blockCommands, toggleSentence } from "./blocks.js";
import { misspeltAt, nextMisspelt } from "./spelling.js";
import { nextDoubt, secondsAt, timesOf } from "./timing.js";
import { takeBack } from "./voice.js";

export const KEYMAPS = ["transcribe", "express-scribe", "otranscribe", "infraware"];

// {group: {name: keys by key map}}; a map that names none uses the key of "transcribe".
export const COMMANDS = {
  listening: {
    play: { transcribe: "F8", "express-scribe": "F9", otranscribe: "Escape" },
    back: { transcribe: "F6", "express-scribe": "F7", otranscribe: "F1" },
    forward: { transcribe: "F7", "express-scribe": "F8", otranscribe: "F2" },
    stop: { transcribe: "Shift-F8", "express-scribe": "F4" },
    slower: { transcribe: "F3", "express-scribe": "F2" },
    faster: { transcribe: "F4", "express-scribe": "F3" },
    plain_speed: { transcribe: "Shift-F4", "express-scribe": "F10" },
    second_speed: { transcribe: "Alt-s" },
    hear: { transcribe: "Mod-Enter" },
    play_from_here: { transcribe: "Alt-Enter" },
    loop: { transcribe: "Mod-Shift-Enter" },
    attach: { transcribe: "F2", "express-scribe": "Mod-Space", otranscribe: "Mod-Space", infraware: "F12" },
    go_to_sound: { transcribe: "Alt-ArrowDown" },
  },
  looking: {
    next_mark: { transcribe: "Tab" },
    last_mark: { transcribe: "Shift-Tab" },
    resolve_mark: { transcribe: "Mod-Shift-Space" },
    next_doubt: { transcribe: "Alt-ArrowRight" },
    last_doubt: { transcribe: "Alt-ArrowLeft" },
    show_doubts: { transcribe: "Alt-u" },
    next_misspelt: { transcribe: "Alt-F7" },
    suggest: { transcribe: "Mod-Alt-s" },
    find: { transcribe: "Mod-f" },
    compare: { transcribe: "Alt-v" },
  },
  correcting: {
    take_back: { transcribe: "Alt-Backspace" },
    blank: { transcribe: "Mod-b" },
    normal: { transcribe: "Mod-j" },
    sentence: { transcribe: "Mod-;" },
    upper: { transcribe: "Mod-." },
    lower: { transcribe: "Mod-," },
    capitalise: { transcribe: "Mod-/" },
    toggle_case: { transcribe: "Shift-F3" },
    heading: { transcribe: "Mod-Alt-1" },
    list: { transcribe: "Mod-Shift-l" },
    paragraph: { transcribe: "Mod-Alt-0" },
    undo: { transcribe: "Mod-z" },
    redo: { transcribe: "Mod-y" },
  },
  panels: {
    checks: { transcribe: "Alt-1" },
    codes: { transcribe: "Alt-2" },
    entities: { transcribe: "Alt-3" },
    outline: { transcribe: "Alt-4" },
    notes: { transcribe: "Alt-5" },
    history: { transcribe: "Alt-6" },
    preview: { transcribe: "Alt-7" },
    tables: { transcribe: "Alt-8" },
    text: { transcribe: "Alt-0" },
    menu: { transcribe: "Alt-m" },
  },
  finishing: {
    save: { transcribe: "Mod-s" },
    release: { transcribe: "Mod-Shift-s" },
    sign: { transcribe: "Alt-g" },
    send_back: { transcribe: "Alt-r" },
    addenda: { transcribe: "Alt-a" },
    hold: { transcribe: "Alt-h" },
    qa: { transcribe: "Alt-q" },
    question: { transcribe: "Alt-w" },
    skip: { transcribe: "Alt-k" },
    settings: { transcribe: "Alt-o" },
    sheet: { transcribe: "F1", otranscribe: "Shift-F1" },
  },
};

const KEYS = Object.assign({}, ...Object.values(COMMANDS));

export function keyOf(name, map, own = {}) {
  return own[name] ?? KEYS[name][map] ?? KEYS[name].transcribe;
}

// {key: name} of a key map with a person's own keys over it; whose key somebody else's own took has none.
export function bindings(map, own = {}) {
  const names = Object.keys(KEYS);
  const bound = Object.fromEntries(names.map((name) => [keyOf(name, map), name]));
  for (const name of names) if (own[name]) delete bound[keyOf(name, map)];
  for (const name of names) if (own[name]) bound[own[name]] = name;
  return bound;
}

// "Mod-Shift-s" as people write it.
export function written(key) {
  const names = { Mod: "Ctrl", ArrowDown: "↓", ArrowUp: "↑", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc" };
  const parts = key.split(/-(?=.)/);
  return parts.map((part) => names[part] ?? (part.length === 1 ? part.toUpperCase() : part)).join("+");
}

const STEP = 2.0; // seconds
const CHANGE = 0.1; // of the speed

export const run = {
  play: ({ player }) => done(player.toggle()),
  stop: ({ player }) => (player.playing ? done(player.pause()) : false),
  back: ({ player }) => done(player.skip(-STEP)),
  forward: ({ player }) => done(player.skip(STEP)),
  slower: ({ player }) => done((player.speed -= CHANGE)),
  faster: ({ player }) => done((player.speed += CHANGE)),
  plain_speed: ({ player }) => done((player.speed = 1)),
  second_speed: ({ player, settings }) => done((player.speed = player.speed === settings.second_speed ? 1 : settings.second_speed)),
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
  next_doubt: (room) => toDoubt(room, 1),
  last_doubt: (room) => toDoubt(room, -1),
  show_doubts: (room) => done(room.showDoubts()),
  next_misspelt(room) {
    const found = nextMisspelt(room.view.state, room.view.state.selection.from);
    return found ? done(select(room.view, found.from, found.to), room.suggest(found)) : false;
  },
  suggest(room) {
    const found = misspeltAt(room.view.state, room.view.state.selection.head);
    return found ? done(room.suggest(found)) : false;
  },
  find: (room) => done(room.find.open()),
  compare: (room) => done(room.dialogs.compare()),
  take_back: ({ view, told }) => done(told(takeBack(view) ? "taken_back" : "nothing_to_take_back")),
  blank: ({ view }) => done(view.dispatch(view.state.tr.replaceSelectionWith(view.state.schema.text("[____]"), false))),
  normal: (room) => done(room.dialogs.normal()),
  sentence: ({ view }) => toggleSentence(view.state, view.dispatch),
  upper: ({ view }) => recase(view, (text) => text.toUpperCase()),
  lower: ({ view }) => recase(view, (text) => text.toLowerCase()),
  capitalise: ({ view }) => recase(view, capitalised),
  toggle_case: ({ view }) => recase(view, nextCase),
  heading: ({ view }) => blockCommands.heading(view.state, view.dispatch),
  list: ({ view }) => blockCommands.list(view.state, view.dispatch),
  paragraph: ({ view }) => blockCommands.paragraph(view.state, view.dispatch),
  undo: ({ view }) => undo(view.state, view.dispatch),
  redo: ({ view }) => redo(view.state, view.dispatch),
  ...Object.fromEntries(Object.keys(COMMANDS.panels).slice(0, 8).map((name) => [name, (room) => done(room.panels.open(name))])),
  text: ({ view }) => done(view.focus()),
  menu: (room) => done(room.frame.menu()),
  save: (room) => done(room.keeper.save()),
  release: (room) => done(room.dialogs.release()),
  sign: (room) => done(room.dialogs.sign()),
  send_back: (room) => done(room.dialogs.sendBack()),
  addenda: (room) => done(room.dialogs.addendum()),
  hold: (room) => done(room.dialogs.note("hold")),
  qa: (room) => done(room.dialogs.note("qa")),
  question: (room) => done(room.dialogs.note("question")),
  skip: (room) => done(room.dialogs.skip()),
  settings: (room) => done(room.dialogs.settings()),
  sheet: (room) => done(room.dialogs.sheet()),
};

function toDoubt({ view, player }, direction) {
  const found = nextDoubt(view.state, view.state.selection.from, direction);
  if (!found) return true; // Alt and an arrow would leave the page.
  const seconds = secondsAt(view.state, found[0]);
  select(view, ...found);
  if (seconds) player.hear(Math.max(0, seconds[0] - 0.5), seconds[1] + 0.5);
  return true;
}

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
  if (text === text.toLowerCase()) return capitalised(text);
  return text.toUpperCase();
}

function capitalised(text) {
  return text.toLowerCase().replace(/(^|[\s-])(\p{Ll})/gu, (_, before, letter) => before + letter.toUpperCase());
}

export function wordAround(doc, pos) {
  const inside = doc.resolve(pos);
  const text = inside.parent.textBetween(0, inside.parent.content.size, "\n", "\n");
  let [from, to] = [inside.parentOffset, inside.parentOffset];
  while (from > 0 && /[\p{L}\p{N}'-]/u.test(text[from - 1])) from--;
  while (to < text.length && /[\p{L}\p{N}'-]/u.test(text[to])) to++;
  return [inside.start() + from, inside.start() + to];
}
