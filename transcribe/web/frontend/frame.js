// Around the report: who it is about, what can be done, whether all is saved, the recording's controls and the figures below.
import { keyOf, written } from "./commands.js";
import { clock, el, fill, icon, timeOfDay } from "./dom.js";
import { openMarks } from "./marks.js";
import { t } from "./strings.js";

const byId = (id) => document.getElementById(id);

export class Frame {
  constructor(room) {
    this.room = room;
    const { editor } = room;
    this.#subject(editor.report);
    this.actions();
    this.#player();
    editor.keeper.addEventListener("state", ({ detail }) => this.saved(detail));
    for (const name of ["text", "marks", "read"]) editor.addEventListener(name, () => this.#count());
    editor.addEventListener("selection", () => this.#spot());
    this.#count();
    this.#theme();
  }

  #subject({ header, work_type, duration }) {
    byId("patient").textContent = header.patient || t("no_patient");
    const facts = [header.record_number, titleOf(work_type), header.author, header.date_of_service, duration && clock(duration)];
    fill(byId("about"), facts.filter(Boolean).map((each) => el("span", {}, each)), header.stat ? el("span", { class: "badge", "data-kind": "stat" }, "STAT") : null);
  }

  // The acts that the server allows this person now.
  actions() {
    const { report } = this.room.editor;
    const shown = [["release", "primary"], ["sign", "primary"], ["send_back"], ["addenda", "primary"], ["qa"], ["question"], ["hold"], ["skip"]].filter(([name]) => report.may.includes(name));
    fill(byId("actions"), shown.map(([name, kind]) => this.#act(name, kind ?? "quiet")), this.#act("settings", "quiet icon-only", "more"), this.#act("sheet", "quiet icon-only", "keys"));
  }

  #act(name, kind, sign) {
    const key = written(this.room.keyOf(name));
    return el("button", { type: "button", class: `${kind} small`, onclick: () => this.room.editor.perform(name), title: `${t(`do_${name}`)} (${key})`, "data-act": name, "aria-keyshortcuts": key.replace("Ctrl", "Control"), ...(sign ? { "aria-label": t(`do_${name}`) } : {}) },
      sign ? icon(sign) : t(`act_${name}`));
  }

  menu() {
    byId("actions").querySelector("button")?.focus();
  }

  saved({ state, at, why }) {
    const said = { saved: () => t("saved", { time: timeOfDay(at) }), locked: () => t("locked", { why }), refused: () => t("refused", { why }) };
    byId("saved").dataset.state = state;
    byId("saved").textContent = said[state]?.() ?? t(state);
  }

  #player() {
    const { player, editor } = this.room;
    const control = (name, sign, more = {}) => el("button", { type: "button", class: "quiet", "aria-label": typeof sign === "string" ? `${sign}: ${t(`do_${name}`)}` : t(`do_${name}`), title: `${t(`do_${name}`)} (${written(this.room.keyOf(name))})`, onclick: () => { editor.perform(name); editor.view.focus(); }, "data-act": name, ...more }, sign);
    const play = control("play", icon("play"));
    const attach = control("attach", t("follow"), { class: "quiet small toggle" });
    const loop = control("loop", t("loop"), { class: "quiet small toggle" });
    const speed = el("input", { type: "range", min: 50, max: 200, step: 5, value: 100, "aria-label": t("speed"), oninput: () => (player.speed = speed.value / 100) });
    const shown = el("output", {}, "100 %");
    const time = el("span", { class: "time" });
    this.wave = el("div", { class: "wave", "aria-hidden": "true" });
    fill(byId("player"), el("div", { class: "controls" }, control("back", "−2 s"), play, control("forward", "+2 s"), time), this.wave,
      el("div", { class: "controls" }, attach, loop, el("label", { class: "speed" }, speed, shown)));
    const state = () => {
      fill(play, icon(player.playing ? "pause" : "play"));
      loop.setAttribute("aria-pressed", String(player.looping));
      attach.setAttribute("aria-pressed", String(editor.attached));
      speed.value = Math.round(player.speed * 100);
      shown.textContent = `${speed.value} %`;
    };
    player.addEventListener("state", state);
    editor.addEventListener("attached", state);
    let last = -1;
    player.addEventListener("time", () => {
      const second = Math.floor(player.time);
      if (second !== last) time.textContent = `${clock(last = second)} / ${clock(player.duration)}`;
    });
    time.textContent = `0:00 / ${clock(editor.report.duration)}`;
    player.addEventListener("silent", () => this.told("cannot_play"));
    state();
  }

  // Words, lines of 65 characters and open places, when typing has rested.
  #count() {
    clearTimeout(this.counting);
    this.counting = setTimeout(() => {
      const { text, view } = this.room.editor;
      const [words, lines, open] = [text.match(/\S+/g)?.length ?? 0, (text.replace(/\n+/g, "").length / 65).toFixed(1), openMarks(view.state).length];
      byId("counts").textContent = t("counts", { words, lines, open });
    }, 300);
  }

  // Why the place at the cursor is marked.
  #spot() {
    const { view } = this.room.editor;
    const { from, to } = view.state.selection;
    const here = openMarks(view.state).find((each) => each.from <= to && each.to >= from);
    const spot = byId("spot");
    const said = here?.reason ?? "";
    if (spot.textContent !== said) spot.textContent = said;
    spot.dataset.severity = here?.severity ?? "";
  }

  told(name, values) {
    const spot = byId("spot");
    spot.textContent = t(name, values);
    spot.dataset.severity = "";
  }

  // Light and dark without leaving the page.
  #theme() {
    const form = document.querySelector("form.theme");
    form?.addEventListener("submit", (event) => {
      event.preventDefault();
      const chosen = event.submitter?.value ?? "light";
      document.documentElement.dataset.theme = chosen;
      event.submitter.value = chosen === "dark" ? "light" : "dark";
      const sent = new URLSearchParams({ csrf: this.room.api.token, back: location.pathname, theme: chosen });
      fetch("/theme", { method: "POST", body: sent, redirect: "manual" }).catch(() => {});
      this.room.wave?.colour();
    });
  }
}

function titleOf(key) {
  const words = (key || "").replaceAll("_", " ");
  return words && words[0].toUpperCase() + words.slice(1);
}

export function keyOfRoom(settings) {
  return (name) => keyOf(name, settings.keys, settings.own_keys);
}

