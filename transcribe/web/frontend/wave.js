// The outline of the recording, from the peaks that the server made, with the places to look at as ticks.
import WaveSurfer from "wavesurfer.js";
import { el } from "./dom.js";

const ZOOM = 12; // pixels a second at least: an hour can be scrolled, and is not drawn on one screen

// One channel of peaks for the bytes of the API: for each hundredth of a second the lowest and the highest, signed.
export function channelOf(bytes) {
  const signed = new Int8Array(bytes);
  const each = Math.max(2, 2 * Math.ceil(signed.length / 2 / 20_000)); // Some 20,000 values are enough for any screen.
  const found = [];
  for (let i = 0; i < signed.length; i += each) {
    let most = 0;
    for (let j = i; j < Math.min(i + each, signed.length); j++) if (Math.abs(signed[j]) > Math.abs(most)) most = signed[j];
    found.push(Math.abs(most) / 128);
  }
  return found;
}

export class Wave {
  constructor({ mount, player, peaks, duration, nonce }) {
    this.duration = duration;
    this.surfer = WaveSurfer.create({
      container: mount, media: player.audio, peaks: [channelOf(peaks)], duration, height: 48, normalize: true, barWidth: 2, barGap: 1, barRadius: 2,
      cursorWidth: 2, minPxPerSec: duration > 600 ? ZOOM : 0, hideScrollbar: duration <= 600, dragToSeek: true, cspNonce: nonce, ...colours(),
    });
    this.ticks = el("div", { class: "ticks" });
    mount.append(this.ticks);
  }

  colour() {
    this.surfer.setOptions(colours());
  }

  // `marks` with audio, by severity.
  mark(marks) {
    const shown = this.duration <= 600 ? marks.filter((each) => each.audio) : [];
    this.ticks.replaceChildren(...shown.map(({ audio, severity }) => {
      const tick = el("i", { class: severity ?? "warning" });
      tick.style.left = `${(100 * audio[0]) / this.duration}%`;
      return tick;
    }));
  }
}

function colours() {
  const style = getComputedStyle(document.documentElement);
  const named = (name) => style.getPropertyValue(name).trim();
  return { waveColor: named("--edge"), progressColor: named("--accent"), cursorColor: named("--ink") };
}
