// All versions: any two side by side, and an earlier one again.
import { blocks } from "../difference.js";
import { button, dayAndTime, el, fill, walkable } from "../dom.js";
import { t } from "../strings.js";

export function history(room, body) {
  const { api, job } = room;
  const list = walkable(el("ul", { class: "items" }), { Enter: (item) => compare(Number(item.dataset.item)), r: (item) => restore(Number(item.dataset.item)) });
  async function shown() {
    fill(body, el("h2", { class: "hidden" }, t("panel_history")), list);
    const versions = await room.asked(() => api.get(`/api/v1/jobs/${job}/versions`));
    if (!versions) return;
    fill(list, versions.toReversed().map((version, i) => item(version, i, versions)));
    fill(body, el("h2", { class: "hidden" }, t("panel_history")), el("p", { class: "hint" }, t("history_keys")), list);
  }
  function item({ number, kind, name, at }, i) {
    const restorable = i > 0 && room.editor.editable;
    return el("li", { "data-item": number, tabindex: i ? -1 : 0 },
      el("span", {}, el("strong", {}, t("version", { number })), " ", el("span", { class: "badge" }, t(`kind_${kind}`))), el("span", { class: "muted" }, `${name || t("the_machine")} · ${dayAndTime(at)}`),
      el("span", { class: "actions" }, button(t("compare"), () => compare(number), { class: "quiet small", tabindex: "-1" }), restorable && button(t("restore"), () => restore(number), { class: "quiet small", tabindex: "-1" })));
  }
  const textOf = async (number) => (await api.get(`/api/v1/jobs/${job}/versions/${number}`)).text;
  async function compare(number) {
    const old = await room.asked(() => textOf(number));
    if (old !== null) sideBySide([t("version", { number }), old, "del"], [t("as_it_stands"), room.editor.text, "ins"], () => room.editor.view.focus());
  }
  async function restore(number) {
    if (!room.editor.editable) return;
    const old = await room.asked(() => api.get(`/api/v1/jobs/${job}/versions/${number}`));
    if (!old) return;
    room.editor.retype(old.text, old);
    await room.editor.keeper.save();
    room.frame.told("restored", { number });
    shown();
  }
  return { shown };
}

// Two texts beside each other, each [title, text, element for what differs], in a dialog that scrolls both together.
// `more`: elements below.
export function sideBySide(left, right, closed, ...more) {
  const found = blocks(left[1], right[1]);
  const side = ([title, , tag], key) => el("section", { "aria-label": title, tabindex: "0" }, el("h3", {}, title), el("div", { class: "text" }, found.map((block) => (block.op === "equal" ? block[key] : block[key] ? el(tag, {}, block[key]) : null))));
  const sides = [side(left, "left"), side(right, "right")];
  const together = ({ target }) => sides.forEach((each) => each !== target && Math.abs(each.scrollTop - target.scrollTop) > 1 && (each.scrollTop = target.scrollTop));
  sides.forEach((each) => each.addEventListener("scroll", together, { passive: true }));
  const dialog = el("dialog", { class: "wide", "aria-label": t("difference") }, el("div", { class: "sides" }, sides),
    el("div", { class: "actions end" }, more, button(t("close"), () => dialog.close(), {})));
  dialog.addEventListener("close", () => {
    dialog.remove();
    closed?.();
  });
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector("del, ins, mark")?.scrollIntoView({ block: "center" });
  return dialog;
}
