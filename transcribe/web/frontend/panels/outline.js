// The headings of the report as they stand, and which of the work type's are missing; Enter goes there.
import { el, fill, walkable } from "../dom.js";
import { select } from "../commands.js";
import { t } from "../strings.js";

export function outline(room, body) {
  const go = (item) => {
    select(room.editor.view, Number(item.dataset.item));
    room.editor.view.focus();
  };
  const list = walkable(el("ul", { class: "items" }), { Enter: go });
  function shown() {
    const found = [];
    let words = 0;
    room.editor.view.state.doc.forEach((node, pos) => {
      if (node.type.name === "heading") found.push({ title: node.textContent.replace(/:$/, ""), pos: pos + node.nodeSize - 1, words: 0 });
      else if (found.length) found.at(-1).words += node.textContent.match(/\S+/g)?.length ?? 0;
      else words += node.textContent.length;
    });
    fill(list, found.map(({ title, pos, words: inside }, i) => {
      const item = el("li", { "data-item": pos, tabindex: i ? -1 : 0, onclick: () => go(item), class: inside ? "" : "bare-section" }, el("span", {}, title), el("span", { class: "muted" }, inside ? t("words", { count: inside }) : t("empty_section")));
      return item;
    }));
    fill(body, el("h2", { class: "hidden" }, t("panel_outline")), found.length ? list : el("p", { class: "empty small" }, t(words ? "no_headings" : "no_text")));
  }
  return { shown };
}
