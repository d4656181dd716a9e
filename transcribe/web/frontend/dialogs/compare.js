// Any two versions of the report side by side, chosen by keys, and either of them again.
import { blocks } from "../difference.js";
import { button, dayAndTime, el, fill } from "../dom.js";
import { sides } from "../sides.js";
import { t } from "../strings.js";

export const NOW = "now"; // The text in the room, saved or not.

// `left`, `right`: numbers of versions, or NOW; without them the draft, and the text as it stands.
export async function compare(room, { left, right } = {}) {
  const path = `/api/v1/jobs/${room.job}`;
  const versions = await room.asked(() => room.api.get(`${path}/versions`));
  if (!versions?.length) return;
  const newest = versions.at(-1).number;
  const { editable } = room.editor;
  const names = new Map(versions.map((each) => [String(each.number), nameOf(each)]));
  if (editable) names.set(NOW, t("as_it_stands"));
  const choice = (label, chosen) => el("select", { "aria-label": label, onchange: () => shown() }, [...names].map(([value, name]) => el("option", { value, selected: value === String(chosen) }, name)));
  const chosen = [choice(t("compare_left"), left ?? versions[0].number), choice(t("compare_right"), right ?? (editable ? NOW : newest))];
  const body = el("div", {});
  const said = el("p", { class: "hint", role: "status" });
  const again = el("span", { class: "actions" });
  let [view, at, asked] = [null, 0, 0];

  async function shown() {
    const [one, two] = chosen.map((each) => each.value);
    const mine = ++asked;
    const found = await room.asked(() => between(one, two));
    if (!found || mine !== asked) return; // Somebody chose on meanwhile.
    view = sides(found, [names.get(one), "del"], [names.get(two), "ins"]);
    at = -1;
    fill(body, view.node);
    fill(again, editable && [...new Set([one, two])].filter((each) => each !== NOW && Number(each) !== newest).map((number) => button(t("restore_version", { number }), () => restored(Number(number)), { "data-restore": number })));
    if (view.places) step(1);
    else said.textContent = t("same_text");
  }

  async function between(one, two) {
    if (one !== NOW && two !== NOW) return (await room.api.get(`${path}/compare?left=${one}&right=${two}`)).blocks;
    const [a, b] = await Promise.all([one, two].map(async (each) => (each === NOW ? room.editor.text : (await room.api.get(`${path}/versions/${each}`)).text)));
    return blocks(a, b);
  }

  function step(by) {
    if (!view?.places) return;
    at = (at + by + view.places) % view.places;
    view.show(at);
    said.textContent = t("places_differ", { at: at + 1, count: view.places });
  }

  async function restored(number) {
    dialog.close();
    await restore(room, number);
  }

  const dialog = room.dialogs.open(t("do_compare"), [
    el("div", { class: "choose" }, chosen[0], chosen[1], button(t("previous"), () => step(-1), { class: "small" }), button(t("next"), () => step(1), { class: "small" }), said),
    body, el("p", { class: "hint" }, t("compare_keys")), el("div", { class: "actions end" }, again, el("button", {}, t("close"))),
  ], { kind: "wide" });
  dialog?.addEventListener("keydown", (event) => {
    const act = { n: () => step(1), p: () => step(-1) }[event.key];
    if (!act || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    act();
  });
  chosen[0].focus();
  await shown();
}

function nameOf({ number, kind, name, at }) {
  return `${t("version", { number })} · ${t(`kind_${kind}`)} · ${name || t("the_machine")} · ${dayAndTime(at)}`;
}

// Make an earlier version the text again, as one more change that can be undone, and save it.
export async function restore(room, number) {
  if (!room.editor.editable) return;
  const old = await room.asked(() => room.api.get(`/api/v1/jobs/${room.job}/versions/${number}`));
  if (!old) return;
  room.editor.retype(old.text, old);
  await room.editor.keeper.save();
  room.frame.told("restored", { number });
  if (room.panels.name === "history") room.panels.show("history");
}
