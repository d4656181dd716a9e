// The review room: one report, its recording, and the keys that work both.
import { baseKeymap, chainCommands, newlineInCode, splitBlock } from "prosemirror-commands";
import { history } from "prosemirror-history";
import { keydownHandler, keymap } from "prosemirror-keymap";
import { search } from "prosemirror-search";
import { EditorState, Plugin } from "prosemirror-state";
import { EditorView } from "prosemirror-view";
import WaveSurfer from "wavesurfer.js";
import { bindings, run, select } from "./commands.js";
import { expanderPlugin } from "./expander.js";
import { Keeper, shelf } from "./keeper.js";
import { Marks, marksPlugin, openMarks } from "./marks.js";
import { Player } from "./player.js";
import { schema } from "./schema.js";
import { docFromText, offsetOf, posOf, textFromDoc } from "./text.js";
import { timesOf, timing, timingPlugin } from "./timing.js";

// `report`: {text, words: [{start, end, audio, probability}], marks: [{start, end, kind, reason, audio}], version};
// ranges are places in the text, audio is [start, end] in seconds.
export class Room {
  constructor({ mount, audio, waveform, report, peaks, keys = "transcribe", ownKeys = {}, forms = {}, url, token, backstep, panel }) {
    this.attached = true;
    this.panel = panel;
    this.player = new Player(audio, { backstep });
    const doc = docFromText(report.text);
    const { runs } = textFromDoc(doc);
    const place = ({ start, end }) => ({ from: posOf(runs, start), to: posOf(runs, end, true) });
    const words = report.words.map((word) => ({
      ...place(word), start: word.audio[0], end: word.audio[1], probability: word.probability,
      text: report.text.slice(word.start, word.end),
    }));
    const marks = report.marks.map((mark, id) => ({ ...mark, ...place(mark), id: id + 1 }));
    this.view = new EditorView(mount, {
      state: EditorState.create({
        schema, doc,
        plugins: [
          this.#keys(bindings(keys, ownKeys)), keymap({ ...baseKeymap, Enter: chainCommands(newlineInCode, splitBlock), "Shift-Enter": lineBreak }),
          history(), search(), timingPlugin(words), marksPlugin(marks), expanderPlugin(forms), this.#watch(),
        ],
      }),
      attributes: { "aria-label": "Report", role: "textbox", "aria-multiline": "true", spellcheck: "false" },
      handleClickOn: (view, pos) => this.#clicked(pos),
    });
    this.marks = new Marks(this.view, { onVisit: (mark) => mark.audio && this.player.hear(mark.audio[0] - 0.5, mark.audio[1] + 0.5) });
    this.keeper = new Keeper({ url, token, base: report.version, content: () => this.content(), store: shelf() });
    this.player.addEventListener("time", () => this.#follow());
    if (waveform) this.wave = WaveSurfer.create({ container: waveform, media: audio, peaks: [peaks], duration: report.duration, height: 64, normalize: false });
  }

  // What is saved: the text and where each living word stands in it.
  content() {
    const { text, runs } = textFromDoc(this.view.state.doc);
    const times = timesOf(this.view.state);
    const words = [];
    times.words.forEach((word, i) => {
      if (times.alive[i]) words.push({ start: offsetOf(runs, times.from[i]), end: offsetOf(runs, times.to[i]), audio: [word.start, word.end], probability: word.probability });
    });
    const marks = openMarks(this.view.state).map(({ from, to, mark }) => ({
      start: offsetOf(runs, from), end: offsetOf(runs, to), kind: mark.kind, reason: mark.reason, audio: mark.audio ?? null,
    }));
    return { text, words, marks };
  }

  #keys(bound) {
    const commands = Object.fromEntries(Object.entries(bound).map(([key, name]) => [key, () => run[name](this)]));
    const handle = keydownHandler(commands);
    return new Plugin({ props: { handleKeyDown: (view, event) => handle(view, event) } });
  }

  #watch() {
    return new Plugin({
      view: () => ({
        update: (view, before) => {
          if (before.doc.eq(view.state.doc)) return;
          this.attached = false; // Who types decides where the cursor stands.
          this.keeper?.changed();
        },
      }),
    });
  }

  // The word that sounds is shown, and the cursor goes with it while attached.
  #follow() {
    const { state } = this.view;
    const index = timesOf(state).sounding(this.player.time);
    if (index === timing.getState(state).sounding) return;
    this.view.dispatch(state.tr.setMeta(timing, { sounding: index }).setMeta("addToHistory", false));
    if (this.attached && this.player.walking && index >= 0) select(this.view, timesOf(this.view.state).from[index]);
  }

  // While attached, the recording goes where the cursor is put.
  #clicked(pos) {
    if (!this.attached) return false;
    const times = timesOf(this.view.state);
    const index = times.at(pos);
    if (index >= 0) this.player.seek(times.words[index].start);
    return false;
  }

  close() {
    this.player.close();
    this.wave?.destroy();
    this.view.destroy();
  }
}

function lineBreak(state, dispatch) {
  if (state.selection.$from.parent.type === schema.nodes.heading) return false;
  dispatch?.(state.tr.replaceSelectionWith(schema.nodes.line_break.create()).scrollIntoView());
  return true;
}
