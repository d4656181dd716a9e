// What must be looked at before the report goes out, the gravest first; Enter goes there and plays it.
import { button, el, fill, walkable } from "../dom.js";
import { openMarks } from "../marks.js";
import { t } from "../strings.js";

const ORDER = ["critical", "warning", "notice"];

export function checks(room, body) {
  const open = () => openMarks(room.editor.view.state);
  const byId = (item) => open().find((mark) => String(mark.id) === item.dataset.item);
  const list = walkable(el("ul", { class: "items" }), {
    Enter: (item) => go(item), d: (item) => settle(item), Delete: (item) => settle(item),
  });
  const go = (item) => {
    const mark = byId(item);
    if (mark) room.editor.marks.visit(mark);
    room.editor.view.focus();
  };
  const settle = (item) => {
    const at = [...list.children].indexOf(item);
    const mark = byId(item);
    if (mark && room.editor.editable) room.editor.marks.settle(mark);
    shown();
    (list.children[Math.min(at, list.children.length - 1)] ?? body).focus();
  };
  function shown() {
    const marks = open();
    const inside = list.contains(document.activeElement) && document.activeElement.dataset.item;
    const graves = marks.toSorted((a, b) => ORDER.indexOf(a.severity ?? "warning") - ORDER.indexOf(b.severity ?? "warning"));
    fill(list, graves.map((mark, i) => item(mark, i)));
    fill(body, el("h2", { class: "hidden" }, t("panel_checks")), marks.length ? [el("p", { class: "hint" }, t("checks_keys")), list] : el("p", { class: "empty small" }, t("nothing_to_check")));
    if (inside) list.querySelector(`[data-item="${inside}"]`)?.focus();
  }
  function item(mark, i) {
    const said = room.editor.view.state.doc.textBetween(mark.from, Math.max(mark.to, mark.from), " ", " ");
    const li = el("li", { tabindex: i ? -1 : 0, "data-item": mark.id, class: `check ${mark.severity ?? "warning"}`, onclick: (event) => event.target.closest("button") || go(li) },
      el("span", { class: "kind" }, t(`severity_${mark.severity ?? "warning"}`)), said && el("q", {}, said.length > 60 ? `${said.slice(0, 58)}…` : said), el("span", { class: "reason" }, mark.reason),
      room.editor.editable && button(t("done"), () => settle(li), { class: "quiet small", tabindex: "-1" }));
    return li;
  }
  return { shown, count: () => open().length };
}
