// Sends one file by tus 1.0: in pieces, from where it was cut off, until all of it is received.

const VERSION = { "Tus-Resumable": "1.0.0" };
const PIECE = 8 * 1024 * 1024;
const PAUSES = [1, 2, 4, 8, 15, 30];
const MOST_HASHED = 128 * 1024 * 1024; // Hashing wants the whole file in memory.

// What the server will not take, however often it is sent.
export class Refusal extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

class Cut extends Error {}

// `on`: {progress(share), waiting(), sending()}. `url` is that of an upload to go on with.
export class Sender {
  constructor({ file, metadata, headers, on, at = "/api/v1/uploads", url = "" }) {
    Object.assign(this, { file, metadata, headers, on, at, url, paused: false });
  }

  // Resolves to {job, duplicateOf} when all is received, to null when paused; rejects with a Refusal.
  async run() {
    this.paused = false;
    for (let tries = 0; !this.paused; tries += 1) {
      try {
        return await this.#through(() => { tries = 0; });
      } catch (error) {
        if (!(error instanceof Cut)) throw error;
        if (this.paused) return null;
        this.on.waiting();
        await lineBack(PAUSES[Math.min(tries, PAUSES.length - 1)]);
        if (!this.paused) this.on.sending();
      }
    }
    return null;
  }

  pause() {
    this.paused = true;
    this.request?.abort();
  }

  // Forget what was sent of it.
  async drop() {
    this.pause();
    if (this.url) await this.#ask("DELETE", this.url).catch(() => {});
  }

  async #through(moved) {
    let answer = this.url ? await this.#where() : await this.#begin();
    while (!answer.job) {
      if (this.paused) throw new Cut();
      const sent = answer.offset;
      this.on.progress(sent / this.file.size);
      answer = await this.#piece(sent);
      if (answer.offset > sent) moved();
    }
    this.on.progress(1);
    return answer;
  }

  async #begin() {
    const metadata = { ...this.metadata, filename: this.file.name, modified: String(this.file.lastModified) };
    const sha256 = await digest(this.file);
    if (sha256) metadata.sha256 = sha256;
    const answer = await this.#ask("POST", this.at, { "Upload-Length": this.file.size, "Upload-Metadata": written(metadata) });
    this.url = answer.place;
    return answer;
  }

  async #where() {
    try {
      return await this.#ask("HEAD", this.url);
    } catch (error) {
      if (error.status !== 404 && error.status !== 410) throw error;
      return this.#begin(); // It was forgotten on the other side.
    }
  }

  async #piece(offset) {
    const body = this.file.slice(offset, offset + PIECE);
    const head = { "Upload-Offset": offset, "Content-Type": "application/offset+octet-stream" };
    try {
      return await this.#ask("PATCH", this.url, head, body, (sent) => this.on.progress((offset + sent) / this.file.size));
    } catch (error) {
      if (error.status === 409 || error.status === 423 || error.status === 460) throw new Cut(); // Ask where to go on.
      throw error;
    }
  }

  // XMLHttpRequest, because only it tells how much of a body has been sent.
  #ask(method, url, head = {}, body = null, sent = () => {}) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      this.request = request;
      request.open(method, url);
      for (const [name, value] of Object.entries({ ...VERSION, ...this.headers, ...head })) request.setRequestHeader(name, value);
      request.upload.onprogress = (event) => sent(event.loaded);
      request.onerror = request.onabort = request.ontimeout = () => reject(new Cut());
      request.onload = () => {
        if (request.status >= 500 || request.status === 429) reject(new Cut());
        else if (request.status >= 400) reject(new Refusal(request.status, detail(request)));
        else resolve(answerOf(request));
      };
      request.send(body);
    });
  }
}

function answerOf(request) {
  return {
    place: request.getResponseHeader("Location"),
    offset: Number(request.getResponseHeader("Upload-Offset") ?? 0),
    job: request.getResponseHeader("Transcribe-Job"),
    duplicateOf: request.getResponseHeader("Transcribe-Duplicate-Of"),
  };
}

function detail(request) {
  try {
    return JSON.parse(request.responseText).detail ?? "";
  } catch {
    return "";
  }
}

// Upload-Metadata: each value in base64 of its UTF-8.
export function written(metadata) {
  return Object.entries(metadata).filter(([, value]) => value !== "").map(([name, value]) => {
    const bytes = new TextEncoder().encode(value);
    return `${name} ${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))}`;
  }).join(",");
}

async function digest(file) {
  if (file.size > MOST_HASHED || !globalThis.crypto?.subtle) return "";
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// After so many seconds, or as soon as the browser says that the line is back.
function lineBack(seconds) {
  return new Promise((resolve) => {
    const timer = setTimeout(done, seconds * 1000);
    function done() {
      clearTimeout(timer);
      globalThis.removeEventListener?.("online", done);
      resolve();
    }
    globalThis.addEventListener?.("online", done);
  });
}
