// Never loses an edit: saves by itself, goes on trying while the line is down, and stops at a clash of two editors.
import { Offline, Problem } from "./api.js";

const PAUSE = 1200; // ms without typing before saving
const LONGEST = 8000; // ms of typing without a pause before saving all the same
const AGAIN = 4000; // ms between attempts while the line is down

export class Keeper extends EventTarget {
  #timer = null;
  #running = null;
  #since = 0;
  #unanswered; // The texts of PUTs whose answers never came: one of them may have arrived.
  dirty = false;

  // `content()` gives what is saved; it follows `version`; `sending()` notes that it sets out and `saved(version)` a new
  // version; `unanswered`: texts that set out before a reload.
  constructor({ api, url, version, content, sending = () => {}, saved = () => {}, unanswered = [] }) {
    super();
    Object.assign(this, { api, url, version, content, sending, saved });
    this.#unanswered = new Set(unanswered);
    addEventListener("online", () => this.dirty && this.save());
  }

  // Something was typed or decided.
  changed() {
    if (!this.dirty) this.#since = Date.now();
    this.dirty = true;
    if (this.state !== "clash") this.#tell(this.state === "offline" ? "offline" : "unsaved");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.save(), Math.max(0, Math.min(PAUSE, this.#since + LONGEST - Date.now())));
  }

  // Send now; waits for one that is on its way. Resolves to whether all is saved.
  async save() {
    clearTimeout(this.#timer);
    if (this.#running) {
      await this.#running;
      return this.dirty && this.state === "unsaved" ? this.save() : !this.dirty;
    }
    if (!this.dirty) return true;
    if (this.state === "clash") return false;
    this.#running = this.#send().finally(() => (this.#running = null));
    return this.#running;
  }

  async #send() {
    this.dirty = false;
    if (this.state !== "offline") this.#tell("saving");
    const content = this.content();
    this.sending();
    try {
      const { version } = await this.api.send("PUT", this.url, content, { "If-Match": `"${this.version}"` });
      return this.#arrived(version);
    } catch (error) {
      this.dirty = true;
      if (error instanceof Offline) this.#unanswered.add(content.text);
      if (error instanceof Offline || error.status >= 500 || error.status === 429) return this.#later("offline");
      if (error.status === 412) return this.#clash(error.body.theirs, content);
      if (!(error instanceof Problem)) throw error;
      this.#tell(error.status === 423 ? "locked" : "refused", { why: error.message });
      return false;
    }
  }

  #arrived(version) {
    this.version = version;
    this.#unanswered.clear();
    this.saved(version);
    this.#tell(this.dirty ? "unsaved" : "saved", { at: Date.now() });
    return !this.dirty;
  }

  #later(state, wait = AGAIN) {
    this.#tell(state);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.save(), wait);
    return false;
  }

  // Somebody saved in between; if it was this page, whose answer got lost, all is well.
  #clash(theirs, content) {
    if (theirs.text === content.text) {
      this.dirty = false;
      return this.#arrived(theirs.version);
    }
    if (this.#unanswered.has(theirs.text)) {
      this.version = theirs.version;
      return this.#later("unsaved", 0);
    }
    this.#tell("clash", { theirs });
    return false;
  }

  // After a clash: what stands here follows their version.
  follow(version) {
    this.version = version;
    this.state = "unsaved";
    this.changed();
    return this.save();
  }

  #tell(state, detail = {}) {
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: { state, ...detail } }));
  }
}
