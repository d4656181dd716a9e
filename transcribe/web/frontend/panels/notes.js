// What people asked and answered about this report.
import { dayAndTime, el, fill } from "../dom.js";
import { t } from "../strings.js";

export function notes(room, body) {
  function shown() {
    const { notes: all, may } = room.editor.report;
    fill(body, el("h2", { class: "hidden" }, t("panel_notes")),
      all.length
        ? el("ul", { class: "items" }, all.map((note, i) => el("li", { "data-item": note.id, tabindex: i ? -1 : 0, class: note.settled ? "settled" : "" },
            el("span", { class: "badge" }, t(`note_${note.kind}`)), el("p", {}, note.text), el("span", { class: "muted" }, `${note.name ?? ""} ${dayAndTime(note.at)}`))))
        : el("p", { class: "empty small" }, t("no_notes")),
      may.includes("answer") ? answerForm() : null);
  }
  function answerForm() {
    const text = el("textarea", { "aria-label": t("your_answer"), required: true, maxlength: 2000 });
    return el("form", { onsubmit: async (event) => {
      event.preventDefault();
      await room.act("answer", { note: text.value });
      await room.reload();
    } }, el("h3", {}, t("your_answer")), text, el("div", { class: "actions" }, el("button", { class: "primary small" }, t("send"))));
  }
  return { shown, count: () => room.editor.report.notes.filter((note) => !note.settled).length };
}
