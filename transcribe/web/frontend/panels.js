// The panels beside the report: one shown at a time, each with its key; Escape leads back to the text.
import { written } from "./commands.js";
import { el, fill } from "./dom.js";
import { checks } from "./panels/checks.js";
import { codes } from "./panels/codes.js";
import { entities } from "./panels/entities.js";
import { history } from "./panels/history.js";
import { notes } from "./panels/notes.js";
import { outline } from "./panels/outline.js";
import { preview } from "./panels/preview.js";
import { tables } from "./panels/tables.js";
import { t } from "./strings.js";

// Each is made with the room and the element it fills, and has `shown()`; some `count()` for their tab, `hidden()` and
// `first()`, which takes the focus.
const PANELS = { checks, codes, entities, outline, notes, history, preview, tables };

export class Panels {
  constructor(room, mount) {
    this.room = room;
    this.tabs = {};
    this.made = {};
    const list = el("div", { role: "tablist", "aria-label": t("panels"), class: "tabs" });
    const bodies = Object.keys(PANELS).map((name) => {
      const key = written(room.keyOf(name));
      const body = el("div", { role: "tabpanel", id: `panel-${name}`, "aria-labelledby": `tab-${name}`, tabindex: "-1", hidden: true, class: `panel ${name}` });
      this.tabs[name] = el("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `panel-${name}`, tabindex: "-1", title: key, onclick: () => this.show(name) }, t(`panel_${name}`), el("span", { class: "count", hidden: true }));
      list.append(this.tabs[name]);
      this.made[name] = PANELS[name](room, body);
      return body;
    });
    list.addEventListener("keydown", (event) => this.#walk(event));
    mount.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      room.editor.view.focus();
      event.preventDefault();
    });
    fill(mount, list, bodies);
    for (const name of ["marks", "read", "decisions", "text"]) room.editor.addEventListener(name, () => this.refresh(name));
    this.show("checks");
  }

  // Show a panel; what it shows is brought up to date.
  show(name) {
    if (this.name !== name) this.made[this.name]?.hidden?.();
    this.name = name;
    for (const [each, tab] of Object.entries(this.tabs)) {
      const on = each === name;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      document.getElementById(`panel-${each}`)?.toggleAttribute("hidden", !on);
    }
    this.made[name].shown();
    this.counts();
  }

  // Show it and go into it.
  open(name) {
    this.show(name);
    const body = document.getElementById(`panel-${name}`);
    (body.querySelector("[data-item], input, button") ?? body).focus();
  }

  // While somebody types, nothing here is drawn until they rest.
  refresh(why) {
    clearTimeout(this.later);
    this.later = setTimeout(() => {
      if (why !== "text" || this.name === "outline") this.made[this.name].shown();
      this.counts();
    }, why === "text" ? 400 : 0);
  }

  counts() {
    for (const [name, made] of Object.entries(this.made)) {
      const count = made.count?.() ?? 0;
      const shown = this.tabs[name].querySelector(".count");
      shown.hidden = !count;
      shown.textContent = count || "";
    }
  }

  #walk(event) {
    const names = Object.keys(this.tabs);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === "ArrowDown") this.open(this.name);
    else if (step) {
      const next = names[(names.indexOf(this.name) + step + names.length) % names.length];
      this.show(next);
      this.tabs[next].focus();
    } else return;
    event.preventDefault();
  }
}
