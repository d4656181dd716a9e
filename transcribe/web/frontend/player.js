// The recording: plays at any speed with its pitch kept, steps back when it stops, repeats a stretch, hears one word.
const TICK = 1 / 60;

export class Player extends EventTarget {
  #until = null; // Where a single word or a loop ends, in seconds.
  #loop = null; // [start, end] in seconds.

  constructor(audio, { backstep = 1.0, duration = 0 } = {}) {
    super();
    Object.assign(this, { audio, backstep, duration });
    this.audio.preservesPitch = true;
    const tick = () => {
      this.#watch();
      this.dispatchEvent(new Event("time"));
      if (!this.audio.paused) requestAnimationFrame(tick);
    };
    this.audio.addEventListener("play", () => requestAnimationFrame(tick));
    for (const name of ["seeked", "pause", "loadedmetadata"]) this.audio.addEventListener(name, () => this.dispatchEvent(new Event("time")));
    for (const name of ["play", "pause"]) this.audio.addEventListener(name, () => this.dispatchEvent(new Event("state")));
  }

  get time() {
    return this.audio.currentTime;
  }

  get playing() {
    return !this.audio.paused;
  }

  // Playing on, not just one word.
  get walking() {
    return this.playing && this.#until === null;
  }

  seek(seconds) {
    this.#until = null;
    this.audio.currentTime = Math.max(0, seconds);
  }

  play() {
    this.#until = null;
    return this.#start();
  }

  // Stopping goes back a little, so that going on repeats the last words.
  pause() {
    this.audio.pause();
    if (this.#until === null) this.audio.currentTime = Math.max(0, this.audio.currentTime - this.backstep);
    this.#until = null;
  }

  toggle() {
    return this.playing ? this.pause() : this.play();
  }

  skip(seconds) {
    this.seek(this.time + seconds);
  }

  // Play from `start` to `end` (s) and stop there, to the hundredth.
  hear(start, end) {
    this.audio.currentTime = start;
    this.#until = end;
    return this.#start();
  }

  // Repeat `start`..`end` (s) until called without.
  loop(start, end) {
    this.#loop = start === undefined ? null : [start, end];
    if (this.#loop) this.seek(start);
    this.dispatchEvent(new Event("state"));
  }

  get looping() {
    return this.#loop !== null;
  }

  set speed(rate) {
    this.audio.playbackRate = Math.min(2, Math.max(0.5, Math.round(rate * 20) / 20));
    this.dispatchEvent(new Event("state"));
  }

  get speed() {
    return this.audio.playbackRate;
  }

  async #start() {
    try {
      await this.audio.play();
    } catch (error) {
      if (error.name !== "AbortError") this.dispatchEvent(new Event("silent")); // Stopped again before it began is no fault.
    }
  }

  #watch() {
    if (this.#until !== null && this.time >= this.#until - TICK) {
      this.audio.pause();
      this.#until = null;
    } else if (this.#loop && this.time >= this.#loop[1] - TICK) {
      this.audio.currentTime = this.#loop[0];
    }
  }
}
