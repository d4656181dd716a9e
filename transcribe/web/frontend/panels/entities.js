// What was found in the text, on demand: entities by kind with what is said of them, and the tables made of them.
import { el, fill, walkable } from "../dom.js";
import { place, tell } from "../places.js";
import { t } from "../strings.js";

export function entities(room, body) {
  const show = (on) => tell(room.editor.view, "known", { show: { entities: on } });
  const go = (item) => {
    room.goTo(item.dataset.item, { play: true });
    room.editor.view.focus();
  };
  const list = walkable(el("ul", { class: "items" }), { Enter: go });
  function shown() {
    const all = room.editor.report.entities;
    show(true);
    const groups = Map.groupBy(all.map((entity, i) => ({ ...entity, id: `e${i}` })).filter((each) => place(room.editor.view.state, "known", each.id)), (each) => each.label);
    let first = true;
    fill(list, [...groups].map(([label, found]) => [
      el("li", { class: "group" }, el("h3", { class: `entity ${label.toLowerCase()}` }, t(`label_${label}`))),
      found.map((entity) => {
        const item = el("li", { "data-item": entity.id, tabindex: first ? 0 : -1, onclick: () => go(item) }, el("span", {}, entity.text), entity.assertions.map((each) => el("span", { class: `badge ${each}` }, t(`assertion_${each}`))));
        first = false;
        return item;
      }),
    ]));
    fill(body, el("h2", { class: "hidden" }, t("panel_entities")), groups.size ? [el("p", { class: "hint" }, t("entities_keys")), list] : el("p", { class: "empty small" }, t(room.editor.report.read_version ? "no_entities" : "being_read")));
  }
  return { shown, hidden: () => show(false) };
}
