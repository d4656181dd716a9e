// Foot pedals that speak HID, where the browser can hear them; the others send keys, which key maps know.
const BUTTONS = ["back", "play", "forward"]; // left, middle, right
const PEDALS = [{ vendorId: 0x05f3 }, { vendorId: 0x0911 }, { vendorId: 0x07b4 }, { usagePage: 0x0c, usage: 0x03 }];

// Which of the three is down in a report of a pedal of the Infinity kind: one bit each, left, middle, right.
export function downOf(data) {
  const bits = data.byteLength ? data.getUint8(0) : 0;
  return BUTTONS.filter((_, i) => bits & (1 << i));
}

export class Pedal {
  #down = new Set();

  // `room.settings.pedal_mode`: hold plays while the middle is down, toggle starts and stops at each press.
  constructor(room) {
    this.room = room;
    if (this.possible) navigator.hid.getDevices().then((devices) => devices.forEach((device) => this.#listen(device)));
  }

  get possible() {
    return "hid" in navigator;
  }

  // The browser asks which device; it must be asked for by a person's click or key.
  async choose() {
    const devices = await navigator.hid.requestDevice({ filters: PEDALS }).catch(() => []);
    devices.forEach((device) => this.#listen(device));
  }

  async #listen(device) {
    if (!device.opened) await device.open().catch(() => {});
    device.addEventListener("inputreport", ({ data }) => this.pressed(downOf(data)));
  }

  // `down`: the buttons that are down now.
  pressed(down) {
    const { player, settings } = this.room;
    const now = new Set(down);
    const fresh = (name) => now.has(name) && !this.#down.has(name);
    if (settings.pedal_mode === "toggle") fresh("play") && player.toggle();
    else if (fresh("play")) player.play();
    else if (this.#down.has("play") && !now.has("play")) player.pause();
    if (fresh("back")) player.skip(-2);
    if (fresh("forward")) player.skip(2);
    this.#down = now;
  }
}
