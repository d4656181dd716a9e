// Never loses an edit: saves by itself, keeps what could not be sent in the browser, and stops at a clash of two editors.
const PAUSE = 1200; // ms without typing before saving
const AGAIN = 5000; // ms between attempts while the line is down

export class Keeper extends EventTarget {
  #timer = null;
  #running = null;
  #dirty = false;

  // `content()` gives what is saved; `base` is the version it was made from. `url` takes PUT with If-Match.
  constructor({ url, token, base, content, store }) {
    super();
    Object.assign(this, { url, token, base, content, store });
    addEventListener("online", () => this.#dirty && this.save());
  }

  // Something was typed.
  changed() {
    this.#dirty = true;
    this.#tell("unsaved");
    this.#keepHere();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.save(), PAUSE);
  }

  // Send now; waits for one that is on its way. Resolves to whether all is saved.
  async save() {
    clearTimeout(this.#timer);
    if (this.#running) {
      await this.#running;
      return this.#dirty ? this.save() : true;
    }
    if (!this.#dirty) return true;
    this.#running = this.#send();
    try {
      return await this.#running;
    } finally {
      this.#running = null;
    }
  }

  async #send() {
    this.#dirty = false;
    this.#tell("saving");
    let answer;
    try {
      answer = await fetch(this.url, {
        method: "PUT", body: JSON.stringify(this.content()),
        headers: { "Content-Type": "application/json", "If-Match": `"${this.base}"`, "X-CSRF-Token": this.token },
      });
    } catch {
      return this.#failed("offline");
    }
    if (answer.status === 412) return this.#clash(await answer.json());
    if (!answer.ok) return this.#failed(answer.status === 401 ? "signed_out" : "refused");
    this.base = (await answer.json()).version;
    if (!this.#dirty) await this.store.remove(this.url);
    this.#tell("saved", { at: new Date() });
    return true;
  }

  #failed(why) {
    this.#dirty = true;
    this.#tell(why);
    if (why !== "signed_out") this.#timer = setTimeout(() => this.save(), AGAIN);
    return false;
  }

  #clash(theirs) {
    this.#dirty = true;
    this.#tell("clash", { theirs });
    return false;
  }

  // After a clash: what stands here is to follow their version.
  rebase(version) {
    this.base = version;
    this.changed();
  }

  #keepHere() {
    this.store.put(this.url, { base: this.base, content: this.content(), at: Date.now() });
  }

  // What was typed before a reload and never reached the server; null when there is nothing.
  async left() {
    return (await this.store.get(this.url)) ?? null;
  }

  #tell(state, detail = {}) {
    this.dispatchEvent(new CustomEvent("state", { detail: { state, ...detail } }));
  }
}

// A small shelf in IndexedDB: get, put, remove.
export function shelf(name = "transcribe") {
  const opened = new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore("unsaved");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const act = async (mode, use) => {
    const store = (await opened).transaction("unsaved", mode).objectStore("unsaved");
    return new Promise((resolve, reject) => {
      const request = use(store);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  };
  return {
    get: (key) => act("readonly", (store) => store.get(key)),
    put: (key, value) => act("readwrite", (store) => store.put(value, key)),
    remove: (key) => act("readwrite", (store) => store.delete(key)),
  };
}
