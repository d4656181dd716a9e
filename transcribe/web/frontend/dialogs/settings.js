// What a person likes: key map and own keys, playing, doubts, spelling, short forms, the foot pedal.
import { COMMANDS, KEYMAPS, bindings, keyOf, written } from "../commands.js";
import { button, el, fill } from "../dom.js";
import { formsOf, writtenForms } from "../expander.js";
import { t } from "../strings.js";

export function settings(room) {
  const own = { ...room.settings.own_keys };
  const given = room.settings;
  const field = (label, input, hint) => el("div", { class: "field" }, el("label", { for: input.id }, label), input, hint && el("p", { class: "hint" }, hint));
  const number = (name, min, max, step) => el("input", { id: `set-${name}`, name, type: "number", min, max, step, value: given[name], required: true });
  const check = (name) => el("label", { class: "check" }, el("input", { type: "checkbox", name, checked: given[name] }), t(`set_${name}`));
  const map = el("select", { id: "set-keys", name: "keys", onchange: () => keys() }, KEYMAPS.map((each) => el("option", { value: each, selected: each === given.keys }, t(`keymap_${each}`))));
  const table = el("div", { class: "rebind" });
  const said = el("p", { class: "error", role: "alert" });
  const keys = () => fill(table, Object.entries(COMMANDS).map(([group, commands]) => [el("h4", {}, t(`group_${group}`)), Object.keys(commands).map(row)]));
  const row = (name) => {
    const input = el("input", { id: `key-${name}`, readonly: true, value: written(keyOf(name, map.value, own)), "aria-label": t("key_for", { what: t(`do_${name}`) }), onkeydown: (event) => press(event, name) });
    return el("div", { class: "row" }, el("label", { for: `key-${name}` }, t(`do_${name}`)), input, own[name] && button(t("as_it_was"), () => {
      delete own[name];
      keys();
    }, { class: "quiet small" }));
  };
  const press = (event, name) => {
    const key = pressed(event);
    if (!key) return;
    event.preventDefault();
    const taken = bindings(map.value, own)[key];
    own[name] = key;
    said.textContent = taken && taken !== name ? t("key_taken", { what: t(`do_${taken}`) }) : "";
    event.target.value = written(key);
  };
  const forms = el("textarea", { id: "set-expander", name: "expander", rows: 6, spellcheck: "false" });
  forms.value = writtenForms(given.expander);
  keys();
  const pedal = room.pedal.possible ? el("div", {}, el("h3", {}, t("pedal")), el("p", { class: "hint" }, t("pedal_more")), button(t("choose_pedal"), () => room.pedal.choose()),
    el("div", { class: "field" }, el("label", { for: "set-pedal_mode" }, t("pedal_mode")), el("select", { id: "set-pedal_mode", name: "pedal_mode" }, ["hold", "toggle"].map((each) => el("option", { value: each, selected: given.pedal_mode === each }, t(`pedal_${each}`)))))) : null;
  room.dialogs.open(t("do_settings"), [
    el("div", { class: "settings" },
      el("section", {}, el("h3", {}, t("listening")), field(t("backstep"), number("backstep", 0, 5, 0.1)), check("stop_typing"), field(t("second_speed"), number("second_speed", 0.5, 2, 0.05)), pedal),
      el("section", {}, el("h3", {}, t("text")), check("doubts"), field(t("threshold"), number("threshold", 0.1, 0.99, 0.01), t("threshold_more")), check("spelling"), field(t("expander"), forms, t("expander_more"))),
      el("section", {}, el("h3", {}, t("keys")), field(t("keymap"), map), el("p", { class: "hint" }, t("rebind_more")), said, table)),
    el("div", { class: "actions end" }, button(t("cancel"), (event) => event.target.closest("dialog").close()), el("button", { class: "primary" }, t("keep"))),
  ], {
    kind: "wide",
    submit: (data) => room.configure({
      keys: data.keys, own_keys: own, backstep: Number(data.backstep), second_speed: Number(data.second_speed), threshold: Number(data.threshold),
      stop_typing: "stop_typing" in data, doubts: "doubts" in data, spelling: "spelling" in data, expander: formsOf(data.expander), ...(data.pedal_mode ? { pedal_mode: data.pedal_mode } : {}),
    }),
  });
}

// The key of an event as key maps write it; null for one that is only held, and for Tab alone, which leads on.
function pressed(event) {
  if (["Control", "Shift", "Alt", "Meta", "Tab"].includes(event.key) || (event.key === "Escape" && !event.shiftKey)) return null;
  const name = event.key === " " ? "Space" : event.key;
  const plain = name.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
  if (plain) return null; // A letter is for typing.
  return [event.ctrlKey || event.metaKey ? "Mod" : "", event.altKey ? "Alt" : "", event.shiftKey && name.length > 1 ? "Shift" : event.shiftKey && event.ctrlKey ? "Shift" : "", name.length === 1 ? name.toLowerCase() : name].filter(Boolean).join("-");
}
