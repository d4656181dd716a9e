// All keys on one sheet, as they are now.
import { COMMANDS, written } from "../commands.js";
import { button, el } from "../dom.js";
import { t } from "../strings.js";

export function sheet(room) {
  const group = ([name, commands]) => el("section", {}, el("h3", {}, t(`group_${name}`)), el("dl", { class: "keys" }, Object.keys(commands).map((each) => [el("dt", {}, el("kbd", {}, written(room.keyOf(each)))), el("dd", {}, t(`do_${each}`))])));
  room.dialogs.open(t("do_sheet"), [
    el("p", { class: "hint" }, t("keymap_now", { name: t(`keymap_${room.settings.keys}`) })),
    el("div", { class: "columns-keys", tabindex: "0", role: "group", "aria-label": t("do_sheet") }, el("div", {}, Object.entries(COMMANDS).map(group))),
    el("p", { class: "hint" }, t("sheet_more")),
    el("div", { class: "actions end" }, button(t("do_settings"), (event) => {
      event.target.closest("dialog").close();
      setTimeout(() => room.dialogs.settings());
    }), el("button", { class: "primary", autofocus: true }, t("close"))),
  ], { kind: "wide" });
}
