// The dialogs of the room: each opens by a key, takes the focus, and gives it back to the text.
import { el } from "./dom.js";
import { clash } from "./dialogs/clash.js";
import { compare } from "./dialogs/compare.js";
import { addendum, note, release, sendBack, sign, skip } from "./dialogs/finish.js";
import { normal, suggestions } from "./dialogs/insert.js";
import { settings } from "./dialogs/settings.js";
import { sheet } from "./dialogs/sheet.js";

export class Dialogs {
  constructor(room) {
    this.room = room;
  }

  // A dialog with `children`; `submit(form data)` says whether it may close.
  open(title, children, { submit, closed, kind = "" } = {}) {
    if (document.querySelector("dialog[open]")) return null;
    const form = el("form", { method: "dialog" }, el("h2", {}, title), children);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (!submit || (await submit(Object.fromEntries(new FormData(form)), form)) !== false) dialog.close();
    });
    const dialog = el("dialog", { "aria-label": title, class: kind, onclose: () => {
      dialog.remove();
      closed?.();
      this.room.editor.view.focus();
    } }, form);
    document.body.append(dialog);
    dialog.showModal();
    return dialog;
  }

  release() {
    return release(this.room);
  }

  sign() {
    return sign(this.room);
  }

  sendBack() {
    return sendBack(this.room);
  }

  addendum() {
    return addendum(this.room);
  }

  // `kind`: hold, qa or question.
  note(kind) {
    return note(this.room, kind);
  }

  skip() {
    return skip(this.room);
  }

  normal() {
    return normal(this.room);
  }

  suggestions(found, forms) {
    return suggestions(this.room, found, forms);
  }

  settings() {
    return settings(this.room);
  }

  sheet() {
    return sheet(this.room);
  }

  // `sides`: {left, right}, numbers of versions.
  compare(sides) {
    return compare(this.room, sides);
  }

  clash(theirs) {
    return clash(this.room, theirs);
  }
}
