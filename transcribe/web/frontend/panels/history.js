// All versions: any two side by side, and an earlier one again.
import { written } from "../commands.js";
import { NOW, restore } from "../dialogs/compare.js";
import { button, dayAndTime, el, fill, walkable } from "../dom.js";
import { t } from "../strings.js";

export function history(room, body) {
  const compare = (left) => room.dialogs.compare({ left, right: room.editor.editable ? NOW : undefined });
  const list = walkable(el("ul", { class: "items" }), { Enter: (item) => compare(item.dataset.item), r: (item) => restore(room, Number(item.dataset.item)) });
  async function shown() {
    fill(body, el("h2", { class: "hidden" }, t("panel_history")), list);
    const versions = await room.asked(() => room.api.get(`/api/v1/jobs/${room.job}/versions`));
    if (!versions) return;
    fill(list, versions.toReversed().map((version, i) => item(version, i)));
    fill(body, el("h2", { class: "hidden" }, t("panel_history")), el("p", { class: "hint" }, t("history_keys", { key: written(room.keyOf("compare")) })), list);
  }
  function item({ number, kind, name, at }, i) {
    const restorable = i > 0 && room.editor.editable;
    return el("li", { "data-item": number, tabindex: i ? -1 : 0 },
      el("span", {}, el("strong", {}, t("version", { number })), " ", el("span", { class: "badge" }, t(`kind_${kind}`))), el("span", { class: "muted" }, `${name || t("the_machine")} · ${dayAndTime(at)}`),
      el("span", { class: "actions" }, button(t("compare"), () => compare(number), { class: "quiet small", tabindex: "-1" }), restorable && button(t("restore"), () => restore(room, number), { class: "quiet small", tabindex: "-1" })));
  }
  return { shown };
}
