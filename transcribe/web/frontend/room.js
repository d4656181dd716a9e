// The review room: opens one report with its recording, its panels and its keys, and leads on when it is done.
import { Api, Offline, Problem } from "./api.js";
import { Dialogs } from "./dialogs.js";
import { Editor } from "./editor.js";
import { FindBar } from "./find.js";
import { Frame, keyOfRoom } from "./frame.js";
import { openLog } from "./log.js";
import { openMarks } from "./marks.js";
import { Panels } from "./panels.js";
import { Pedal } from "./pedal.js";
import { place, tell } from "./places.js";
import { Player } from "./player.js";
import { Reader } from "./reader.js";
import { settingsOf } from "./settings.js";
import { signInAgain } from "./signin.js";
import { Speller } from "./spelling.js";
import { t } from "./strings.js";
import { secondsAt } from "./timing.js";
import { Wave } from "./wave.js";

const RENEW = 4 * 60 * 1000; // ms between renewals of the claim, while somebody works
const IDLE = 9 * 60 * 1000; // ms without a key or a sound after which nobody works

class Room {
  constructor({ job, person, name, nonce, worker, english }) {
    Object.assign(this, { job, person, name, nonce });
    this.api = new Api({ token: document.querySelector("meta[name=csrf]").content, signIn: () => this.#signIn() });
    this.speller = worker && new Speller(worker, english, "/api/v1/spelling");
  }

  async open() {
    const path = `/api/v1/jobs/${this.job}`;
    const [report, me, forms] = await Promise.all([`${path}/report`, "/api/v1/me", "/api/v1/expander"].map((each) => this.api.get(each)));
    if (report.may.includes("claim")) report.claim = await this.api.send("POST", `${path}/claim`).catch((error) => error.body?.claim ?? report.claim);
    this.settings = settingsOf(me, forms);
    this.speller?.add([...this.settings.own_words, ...namesIn(report.header)]);
    this.keyOf = keyOfRoom(this.settings);
    const { log, left } = await openLog(`${this.person} ${this.job}`, () => ({ ...this.editor.content(), version: this.keeper.version }));
    const player = (this.player = new Player(new Audio(), { backstep: this.settings.backstep, duration: report.duration }));
    this.editor = new Editor({ mount: document.getElementById("report"), report, left, log, api: this.api, player, speller: this.speller, settings: this.settings, forms: () => this.settings.expander });
    this.editor.room = this;
    Object.assign(this, { view: this.editor.view, marks: this.editor.marks, keeper: this.editor.keeper });
    this.pedal = new Pedal(this);
    this.dialogs = new Dialogs(this);
    this.frame = new Frame(this);
    this.find = new FindBar(this.view, document.getElementById("tools"));
    this.panels = new Panels(this, document.getElementById("panels"));
    this.reader = new Reader(this);
    this.keeper.addEventListener("state", ({ detail }) => detail.state === "clash" && this.dialogs.clash(detail.theirs));
    document.addEventListener("keydown", (event) => this.#anywhere(event));
    addEventListener("session-over", (event) => {
      event.preventDefault();
      this.asked(() => this.api.get("/api/v1/me")); // Which asks for the password over the page.
    });
    addEventListener("beforeunload", (event) => this.keeper.dirty && this.keeper.state !== "offline" && this.keeper.save() && event.preventDefault());
    this.#stay();
    if (report.claim && !report.claim.mine) this.frame.told("claimed_by", { name: report.claim.name });
    this.view.focus();
    document.body.dataset.ready = "yes";
    this.#sound();
  }

  get attached() {
    return this.editor.attached;
  }

  set attached(on) {
    this.editor.attached = on;
  }

  told = (name, values) => this.frame.told(name, values);

  may(act) {
    return this.editor.report.may.includes(act) || (this.frame.told("may_not"), false);
  }

  // The recording and its outline; a report can be read without either.
  async #sound() {
    const path = `/api/v1/jobs/${this.job}`;
    const ok = (answer) => (answer.ok ? answer : Promise.reject(new Problem(answer.status)));
    try {
      const [sound, peaks] = await Promise.all([
        this.api.fetch("GET", `${path}/audio`, undefined, { Accept: "audio/*" }).then(ok).then((answer) => answer.blob()),
        this.api.fetch("GET", `${path}/peaks`, undefined, { Accept: "*/*" }).then(ok).then((answer) => answer.arrayBuffer()),
      ]);
      this.player.audio.preload = "auto";
      this.player.audio.src = URL.createObjectURL(sound); // In memory, so that any word sounds at once and without a line.
      this.wave = new Wave({ mount: this.frame.wave, player: this.player, peaks, duration: this.editor.report.duration, nonce: this.nonce });
      const marked = () => this.wave.mark(openMarks(this.view.state));
      for (const name of ["marks", "read"]) this.editor.addEventListener(name, marked);
      marked();
      document.body.dataset.sounds = "yes";
    } catch (error) {
      this.frame.told(error instanceof Problem && error.status === 404 ? "no_recording" : "cannot_play");
    }
  }

  // Keys work wherever the focus is, except in fields and dialogs, which have their own.
  #anywhere(event) {
    if (event.defaultPrevented || event.target.closest?.("dialog, .pop, .ProseMirror")) return;
    const typing = event.target.closest?.("input:not([type=checkbox], [type=range]), textarea, select");
    if (event.key === "?" && !typing) this.dialogs.sheet();
    else if (typing && !event.altKey && !event.ctrlKey && !/^F\d/.test(event.key)) return;
    else if (/^(Tab|Enter|Escape|Arrow.*| )$/.test(event.key) && !event.ctrlKey && !event.altKey) return;
    else if (!this.editor.handle(this.view, event)) return;
    event.preventDefault();
  }

  // Keep the claim while somebody works, and give up a page that nobody looks at.
  #stay() {
    let seen = Date.now();
    for (const name of ["keydown", "pointerdown"]) document.addEventListener(name, () => (seen = Date.now()), { passive: true });
    setInterval(() => {
      const working = this.player.playing || Date.now() - seen < IDLE;
      if (working && this.editor.report.may.includes("claim") && this.editor.report.claim?.mine) this.api.send("POST", `/api/v1/jobs/${this.job}/claim`).catch(() => {});
    }, RENEW);
  }

  async #signIn() {
    this.api.token = await signInAgain();
  }

  // Ask the server for something; what goes wrong is said below, and null comes back.
  async asked(ask) {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof Offline) this.frame.told("offline");
      else if (error instanceof Problem) this.frame.told("refused", { why: error.message });
      else throw error;
      return null;
    }
  }

  // Do an act of the API on this job; undefined when it was refused, which `said` tells.
  async act(name, body = {}, said = null) {
    try {
      return await this.api.send("POST", `/api/v1/jobs/${this.job}/${name}`, body);
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Offline)) throw error;
      const words = error instanceof Offline ? t("offline") : [error.message, ...(error.body.checks ?? error.body.open ?? []).map((each) => each.reason ?? "")].filter(Boolean).join(" ");
      if (said) said.textContent = words;
      else this.frame.told("refused", { why: words });
      this.refused = error.status;
      return undefined;
    }
  }

  async savedAll() {
    const all = await this.keeper.save();
    if (!all) this.frame.told("not_saved_yet");
    return all;
  }

  async reload() {
    const report = await this.asked(() => this.api.get(`/api/v1/jobs/${this.job}/report`));
    if (!report) return;
    this.editor.read({ ...report, claim: report.claim ?? this.editor.report.claim });
    this.frame.actions();
  }

  // Done with this report: forget what the browser kept of it, and on to the list.
  async leaveFor(what) {
    await this.editor.log.clear();
    location.assign(`${this.editor.report.may.includes("sign") ? "/sign" : "/review"}?said=${what}`);
  }

  // Go to a place of the report and show it; with `play` it sounds.
  goTo(id, { play = false } = {}) {
    const at = place(this.view.state, "known", id);
    if (!at) return;
    this.editor.select(at.from, at.to);
    tell(this.view, "known", { show: { ...this.view.state.places$known.show, evidence: [id] } });
    const [first, last] = [secondsAt(this.view.state, at.from), secondsAt(this.view.state, Math.max(at.from, at.to - 1))];
    if (play && first) this.player.hear(Math.max(0, first[0] - 0.1), Math.max(first[1], last[1]) + 0.2);
  }

  // Codes of the tables in force on the date of service, by the beginning of a code or by words.
  async codes(words, system = "") {
    const asked = new URLSearchParams({ q: words });
    if (system) asked.set("system", system);
    if (this.editor.report.header.date_of_service) asked.set("date", this.editor.report.header.date_of_service);
    return (await this.asked(() => this.api.get(`/api/v1/codes?${asked}`))) ?? [];
  }

  async titleOf({ system, code }) {
    return (await this.codes(code, system)).find((each) => each.code === code)?.title ?? "";
  }

  // Doubts on and off by one key.
  showDoubts() {
    this.configure({ doubts: !this.settings.doubts });
    this.frame.told(this.settings.doubts ? "doubts_on" : "doubts_off");
  }

  async suggest(found) {
    if (!this.speller) return;
    this.dialogs.suggestions(found, await this.speller.suggest(found.word));
  }

  // A word of one's own: right from now on, for this person.
  keepWord(word) {
    this.configure({ own_words: [...new Set([...this.settings.own_words, word])] });
  }

  async configure(changed) {
    Object.assign(this.settings, changed);
    this.player.backstep = this.settings.backstep;
    this.editor.configure(this.settings);
    this.frame.actions();
    const { expander, ...settings } = this.settings;
    await this.asked(() => this.api.send("PUT", "/api/v1/me/settings", settings));
    if (changed.expander) await this.asked(() => this.api.send("PUT", "/api/v1/expander", expander));
  }
}

// The names in a header are nobody's mistake.
function namesIn(header) {
  return [header.patient, header.author, header.referring, header.clinic, ...(header.copies_to ?? [])].filter(Boolean).map((name) => name.replace(/[.,]/g, " "));
}

const room = new Room(document.getElementById("room").dataset);
room.open().catch((error) => {
  if (!(error instanceof Problem || error instanceof Offline)) throw error;
  document.getElementById("about").textContent = error instanceof Offline ? t("offline") : error.message;
});
