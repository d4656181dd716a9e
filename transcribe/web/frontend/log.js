// Every change of the document on a shelf of the browser, so that a reload loses neither text nor undo.
import { isUnsaved } from "./replay.js";

const SNAPSHOT_AFTER = 750; // changes; what is older than the last two snapshots cannot be undone after a reload
const FORGET_AFTER = 14 * 24 * 3600 * 1000; // ms; then even what never reached the server goes

export class Log {
  #seq = 0;
  #since = 0;
  #last = Promise.resolve();

  // `room` names person and job; `content()` gives {text, words, marks} as they are now.
  constructor(db, room, content) {
    Object.assign(this, { db, room, content });
  }

  // What was kept: {base, entries} with `base` {version, text, words, marks}; null when there is nothing.
  async left() {
    const row = await act(this.db, "rooms", "readonly", (store) => store.get(this.room));
    if (!row) return null;
    const all = await act(this.db, "entries", "readonly", (store) => store.getAll(within(this.room)));
    const [base] = row.bases;
    this.#seq = (all.at(-1)?.seq ?? base.seq) + 1;
    this.#since = all.filter((each) => each.seq >= row.bases.at(-1).seq).length;
    return { base: base.content, entries: all.filter((each) => each.seq >= base.seq).map((each) => each.entry), at: row.at };
  }

  // Start anew from `content`, {version, text, words, marks}.
  begin(content) {
    this.#seq = this.#since = 0;
    this.#write(({ rooms, entries }) => {
      entries.delete(within(this.room));
      rooms.put({ room: this.room, at: Date.now(), bases: [{ seq: 0, content }] });
    });
  }

  // Keep one more; see replay.js for what an entry is.
  add(entry) {
    const seq = this.#seq++;
    this.#write(({ entries }) => entries.put({ room: this.room, seq, entry }));
    if (++this.#since >= SNAPSHOT_AFTER) this.#snapshot();
  }

  #snapshot() {
    this.#since = 0;
    const base = { seq: this.#seq, content: this.content() }; // {version, text, words, marks, decisions}
    this.#write(({ rooms, entries }) => {
      rooms.get(this.room).onsuccess = ({ target: { result: row } }) => {
        if (!row) return;
        const bases = [...row.bases, base].slice(-2);
        rooms.put({ ...row, at: Date.now(), bases });
        entries.delete(within(this.room, bases[0].seq));
      };
    }, { open: true });
  }

  // Resolves when nothing is kept any more.
  clear() {
    return this.#write(({ rooms, entries }) => {
      rooms.delete(this.room);
      entries.delete(within(this.room));
    });
  }

  // Resolves when all that was given is kept.
  settled() {
    return this.#last;
  }

  // Everything is asked for at once and, unless it is `open` for more, committed at once: what waited here for its turn
  // would be lost with the page. The browser does one after the other.
  #write(use, { open = false } = {}) {
    try {
      const transaction = this.db.transaction(["rooms", "entries"], "readwrite");
      this.#last = new Promise((resolve) => (transaction.oncomplete = transaction.onabort = resolve));
      use({ rooms: transaction.objectStore("rooms"), entries: transaction.objectStore("entries") });
      if (!open) transaction.commit();
    } catch {
      // A full or forbidden shelf must not stop anybody's typing.
    }
    return this.#last;
  }
}

function within(room, before = Infinity) {
  return IDBKeyRange.bound([room, 0], [room, before], false, before !== Infinity);
}

function act(db, name, mode, use) {
  return new Promise((resolve, reject) => {
    const request = use(db.transaction(name, mode).objectStore(name));
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

// The log of one person's work on one job, and what was left in it: {log, left}; a dummy where the browser keeps nothing.
// Each window has a log of its own; one that was closed in mid-edit is taken up first.
export async function openLog(room, content) {
  try {
    const db = await opened();
    await forgetOld(db);
    const free = [];
    for (const name of [room, `${room} 2`, `${room} 3`]) {
      const release = await held(name);
      if (release) free.push({ release, log: new Log(db, name, content) });
    }
    for (const each of free) each.left = await each.log.left();
    const chosen = free.find(({ left }) => left && isUnsaved(left.entries)) ?? free[0];
    free.filter((each) => each !== chosen).forEach((each) => each.release());
    return chosen;
  } catch {
    return { log: { begin: async () => {}, add() {}, clear: async () => {}, settled: async () => {} }, left: null };
  }
}

// Hold the name against other windows until the page goes; gives what lets go of it, or null when another has it.
function held(name) {
  return new Promise((resolve) => {
    navigator.locks.request(name, { ifAvailable: true }, (lock) => (lock ? new Promise((release) => resolve(release)) : resolve(null)));
  });
}

function opened(name = "transcribe-room") {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("rooms", { keyPath: "room" });
      request.result.createObjectStore("entries", { keyPath: ["room", "seq"] });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function forgetOld(db) {
  const rows = await act(db, "rooms", "readonly", (store) => store.getAll());
  for (const { room, at } of rows) if (Date.now() - at > FORGET_AFTER) await new Log(db, room).clear();
}
