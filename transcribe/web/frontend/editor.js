// One report being edited: the document with its plugins, the recording beside it, and what is saved of both.
import { baseKeymap } from "prosemirror-commands";
import { history } from "prosemirror-history";
import { keydownHandler, keymap } from "prosemirror-keymap";
import { search } from "prosemirror-search";
import { EditorState, Plugin } from "prosemirror-state";
import { EditorView } from "prosemirror-view";
import { blockKeys, listsAsTyped } from "./blocks.js";
import { bindings, run, select } from "./commands.js";
import { expanderPlugin } from "./expander.js";
import { Keeper } from "./keeper.js";
import { Marks, marksPlugin, openMarks } from "./marks.js";
import { places } from "./layout.js";
import { placesPlugin, tell } from "./places.js";
import { entryOf, isUnsaved, replay } from "./replay.js";
import { retype } from "./retype.js";
import { schema } from "./schema.js";
import { spellingPlugin } from "./spelling.js";
import { t } from "./strings.js";
import { docFromText, offsetOf, textFromDoc } from "./text.js";
import { secondsAt, timesOf, timing, timingPlugin } from "./timing.js";
import { voicePlugin } from "./voice.js";

export class Editor extends EventTarget {
  #attached = true;

  // `report` as the API shows it; `left`: what the log kept of an earlier visit; see Log.
  constructor({ mount, report, left, log, api, player, speller, settings, forms }) {
    super();
    Object.assign(this, { report, log, player, settings });
    const kept = goesOn(left, report) ? left : null;
    const start = kept?.base ?? report;
    const plain = EditorState.create({ schema, doc: docFromText(start.text), plugins: this.#plugins(places(start), speller, forms) });
    const { state, saved, unsaved, unanswered, decisions } = replay(plain, kept?.entries ?? [], start.version);
    this.decisions = decisions ?? start.decisions ?? [];
    this.keeper = new Keeper({
      api, url: `/api/v1/jobs/${report.job}/report`, version: saved, content: () => this.content(), unanswered,
      sending: () => this.log.add({ sent: true }), saved: (version) => this.log.add({ saved: version }),
    });
    this.view = this.#shown(mount, state);
    this.marks = new Marks(this.view, { onVisit: (mark) => this.#visited(mark), onResolve: () => this.keeper.changed() });
    this.player.addEventListener("time", () => this.#follow());
    if (!kept) this.log.begin({ version: report.version, text: report.text, words: report.words, marks: report.marks, decisions: report.decisions, commands: report.commands });
    if (unsaved) this.keeper.changed();
    this.read(report);
  }

  // Take what was read from the text as it stands: its sections, entities, codes and, with `marks`, its checks.
  read(report, { marks = false } = {}) {
    this.report = report;
    const found = places(report);
    const same = report.text === this.text;
    tell(this.view, "known", { items: same ? found.known : [] });
    if (marks && same) tell(this.view, "marks", { items: found.marks });
    this.dispatchEvent(new Event("read"));
  }

  // Whether the cursor goes with the recording and the recording with the cursor.
  get attached() {
    return this.#attached;
  }

  set attached(on) {
    if (on === this.#attached) return;
    this.#attached = on;
    this.dispatchEvent(new Event("attached"));
  }

  select(from, to = from) {
    return select(this.view, from, to);
  }

  openPlaces() {
    return openMarks(this.view.state);
  }

  get text() {
    return textFromDoc(this.view.state.doc).text;
  }

  #plugins({ words, marks, voice }, speller, forms) {
    return [
      this.#guard(), this.#keys(), keymap({ ...blockKeys }), keymap(baseKeymap), history({ depth: 1000 }), search(),
      timingPlugin(words, { doubtBelow: this.settings.doubts ? this.settings.threshold : 0 }), marksPlugin(marks), voicePlugin(voice),
      placesPlugin("known", [], lookOfKnown), listsAsTyped(), expanderPlugin(forms), ...(speller ? [spellingPlugin(speller, { on: this.settings.spelling })] : []),
    ];
  }

  #shown(mount, state) {
    return new EditorView(mount, {
      state,
      editable: () => this.editable,
      dispatchTransaction: (transaction) => this.#dispatch(transaction),
      attributes: () => ({ "aria-label": t("report_text"), role: "textbox", "aria-multiline": "true", "aria-readonly": String(!this.editable), spellcheck: "false", autocorrect: "off", tabindex: "0" }),
      handleClick: (view, pos, event) => this.#clicked(pos, event),
      handleDOMEvents: { wheel: () => this.#letGo(), touchmove: () => this.#letGo() },
      clipboardTextSerializer: (slice) => textFromDoc(schema.node("doc", null, slice.content.firstChild?.isBlock ? slice.content : schema.node("paragraph", null, slice.content))).text,
    });
  }

  get editable() {
    return this.report.may.includes("edit") && this.report.claim?.mine !== false;
  }

  #dispatch(transaction) {
    const before = this.view.state;
    const { state, transactions } = before.applyTransaction(transaction);
    this.view.updateState(state);
    for (const each of transactions) {
      const entry = entryOf(each, before.selection);
      if (entry) this.log.add(entry);
    }
    if (!state.doc.eq(before.doc)) {
      this.attached = false; // Who types decides where the cursor stands.
      if (this.settings.stop_typing && this.player.walking) this.player.pause();
      this.keeper.changed();
      this.dispatchEvent(new Event("text"));
    }
    if (state.places$marks.items !== before.places$marks.items && state.places$marks.items.length !== before.places$marks.items.length) this.dispatchEvent(new Event("marks"));
    if (!state.selection.eq(before.selection)) this.#moved(state, before);
  }

  // While attached, the recording goes where the cursor is put, by key or by pointer.
  #moved(state, before) {
    this.dispatchEvent(new Event("selection"));
    const hearing = this.player.playing && !this.player.walking; // One word or place, to its end.
    const moved = this.#attached && !this.following && !hearing && state.doc === before.doc && state.selection.empty;
    const seconds = moved && secondsAt(state, state.selection.head);
    if (seconds) this.player.seek(seconds[0]);
  }

  // What is saved: the text and where each living word stands in it.
  content() {
    const { text, runs } = textFromDoc(this.view.state.doc);
    const times = timesOf(this.view.state);
    const words = [];
    times.words.forEach((word, i) => {
      if (!times.alive[i]) return;
      const [start, end] = [offsetOf(runs, times.from[i]), offsetOf(runs, times.to[i])];
      if (start < end) words.push({ start, end, audio: [word.start, word.end], probability: word.probability }); // A list's number has no letters here.
    });
    const marks = openMarks(this.view.state).map(({ from, to, kind, reason, severity, audio }) => {
      const start = offsetOf(runs, from);
      return { start, end: Math.max(start, offsetOf(runs, to)), kind, reason, ...(severity ? { severity } : {}), ...(audio ? { audio } : {}) };
    });
    return { text, words, marks, decisions: this.decisions };
  }

  decide(decisions) {
    this.decisions = decisions;
    this.log.add({ decisions });
    this.keeper.changed();
    this.dispatchEvent(new Event("decisions"));
  }

  // Make the text another's: that of a merge, of an earlier version, of the other editor. Can be undone.
  retype(text, { words, marks } = {}) {
    const transaction = retype(this.view.state.tr, text).setMeta("closeHistory$", true);
    const placed = places({ text: textFromDoc(transaction.doc).text, words: words ?? [], marks: marks ?? [] });
    if (words) transaction.setMeta(timing, { words: placed.words });
    this.view.dispatch(transaction);
    if (marks) tell(this.view, "marks", { items: placed.marks });
  }

  // Other keys, doubts or spelling from now on.
  configure(settings) {
    Object.assign(this.settings, settings);
    this.handle = keydownHandler(this.#commands());
    this.view.dispatch(this.view.state.tr.setMeta(timing, { doubtBelow: this.settings.doubts ? this.settings.threshold : 0 }));
  }

  #commands() {
    const bound = bindings(this.settings.keys, this.settings.own_keys);
    return Object.fromEntries(Object.entries(bound).map(([key, name]) => [key, () => this.perform(name)]));
  }

  // Do a command of commands.js by its name.
  perform(name) {
    return run[name](this.room);
  }

  // Who may only read changes neither text nor marks, by whatever key.
  #guard() {
    return new Plugin({
      filterTransaction: (transaction) => !this.view || this.editable || !(transaction.docChanged || transaction.getMeta("places$marks")?.remove !== undefined),
    });
  }

  #keys() {
    this.handle = keydownHandler(this.#commands());
    return new Plugin({ props: { handleKeyDown: (view, event) => this.handle(view, event) } });
  }

  // The word that sounds is shown, and the cursor goes with it while attached.
  #follow() {
    const { state } = this.view;
    const index = timesOf(state).sounding(this.player.time);
    if (index === timing.getState(state).sounding) return;
    this.view.dispatch(state.tr.setMeta(timing, { sounding: index }).setMeta("addToHistory", false));
    if (!this.attached || !this.player.walking || index < 0) return;
    this.following = true;
    select(this.view, timesOf(this.view.state).from[index]);
    this.following = false;
  }

  // With Alt, a click makes the word sound.
  #clicked(pos, event) {
    const seconds = event.altKey && secondsAt(this.view.state, pos);
    if (seconds) this.player.hear(Math.max(0, seconds[0] - 0.05), seconds[1] + 0.1);
    return false;
  }

  // Who scrolls away while it plays wants to read there.
  #letGo() {
    if (this.player.walking) this.attached = false;
    return false;
  }

  #visited(mark) {
    if (mark.audio) this.player.hear(Math.max(0, mark.audio[0] - 0.5), mark.audio[1] + 0.5);
    this.dispatchEvent(new CustomEvent("visited", { detail: mark }));
  }
}

// Whether to go on with what the browser kept: it follows the newest version, or was never sent.
function goesOn(left, report) {
  if (!left) return false;
  const saved = left.entries.findLast((entry) => entry.saved !== undefined)?.saved ?? left.base.version;
  return saved === report.version || isUnsaved(left.entries);
}

// How entities and evidence look: entities when they are shown, evidence of what is looked at.
function lookOfKnown(item, show) {
  if (show?.evidence?.includes(item.id)) return { class: "evidence" };
  if (item.entity && show?.entities) {
    const { label, assertions } = item.entity;
    return { class: `entity ${label.toLowerCase()} ${assertions.join(" ")}`, title: [label.toLowerCase(), ...assertions].join(", ") };
  }
  return null;
}
