// The codes: suggested ones ticked, possible ones not; their evidence lights up in the text and sounds; every decision is kept.
import { button, el, fill, walkable } from "../dom.js";
import { place, tell } from "../places.js";
import { t } from "../strings.js";
import { codeSearch } from "./code-search.js";

export const nameOf = ({ system, code }) => `${system} ${code}`;

// What holds for a suggestion: a decision that was made, or else its band.
export function decisionOn(decisions, code) {
  return decisions.find((each) => nameOf(each) === nameOf(code)) ?? { system: code.system, code: code.code, decision: code.band === "suggested" ? "accepted" : "rejected", unsaid: true };
}

export function codes(room, body) {
  const { editor } = room;
  const titles = new Map(); // of codes that were chosen here, by nameOf
  const list = walkable(el("ul", { class: "items codes", onfocusin: (event) => light(event.target.closest("[data-item]")) }), {
    Enter: (item) => room.goTo(`${item.dataset.evidence}.0`, { play: true }), a: (item) => item.accept?.(), r: (item) => item.reject?.(), e: (item) => item.replace?.(), " ": (item) => item.toggle?.(),
  });
  const searching = codeSearch(room);

  function light(item) {
    const ids = item?.dataset.evidence ? Array.from({ length: 20 }, (_, i) => `${item.dataset.evidence}.${i}`) : [];
    tell(editor.view, "known", { show: { evidence: ids } });
  }

  function decide(code, decision, by = null) {
    if (!editor.editable) return;
    const others = editor.decisions.filter((each) => nameOf(each) !== nameOf(code));
    editor.decide(decision ? [...others, { system: code.system, code: code.code, decision, ...(by ? { replaced_by: by } : {}) }] : others);
  }

  // Choose another code: from those that the finder names, or by search.
  async function choose(code, then) {
    const found = await searching.ask({ title: code ? t("replace_code", { code: code.code }) : t("add_code"), first: code?.alternatives ?? [] });
    if (found) {
      titles.set(nameOf(found), found.title);
      then(found);
    }
    shown();
  }

  function shown() {
    const { codes: suggested, mentioned, procedures } = editor.report;
    const at = document.activeElement?.closest?.("[data-item]")?.dataset.item;
    const added = editor.decisions.filter((each) => each.decision === "added");
    const section = (title, ...items) => (items.flat(Infinity).length ? [el("li", { class: "group" }, el("h3", {}, title)), ...items.flat(Infinity)] : []);
    fill(list,
      section(t("codes_suggested"), suggested.map((code, i) => (code.band === "suggested" ? item(code, `c${i}`) : []))),
      section(t("codes_added"), added.map((each) => addedItem(each))),
      section(t("codes_possible"), suggested.map((code, i) => (code.band !== "suggested" ? item(code, `c${i}`) : []))),
      section(t("codes_mentioned"), mentioned.map((code, i) => mentionedItem(code, `m${i}`))),
      section(t("procedures"), procedures.map((procedure, i) => el("li", { "data-item": `p${i}`, tabindex: -1, onclick: () => room.goTo(`p${i}`, { play: true }) }, procedure.text))));
    const items = [...list.querySelectorAll("[data-item]")];
    items.forEach((each, i) => (each.tabIndex = i ? -1 : 0));
    fill(body, el("h2", { class: "hidden" }, t("panel_codes")), el("p", { class: "hint" }, t(editor.report.read_version < editor.report.version ? "being_read" : "codes_keys")), list,
      editor.editable && el("div", { class: "actions" }, button(t("add_code"), () => choose(null, (found) => decide(found, "added")), { class: "small", "data-act": "add-code" })));
    if (at) items.find((each) => each.dataset.item === at)?.focus();
  }

  function item(code, id) {
    const said = decisionOn(editor.decisions, code);
    const accepted = said.decision === "accepted";
    const li = el("li", { "data-item": nameOf(code), "data-evidence": id, class: `codeline ${said.decision}` });
    Object.assign(li, {
      accept: () => decide(code, "accepted"), reject: () => decide(code, "rejected"), toggle: () => decide(code, accepted ? "rejected" : "accepted"),
      replace: () => choose(code, (found) => decide(code, "replaced", found.code)),
    });
    const tick = el("input", { type: "checkbox", checked: accepted, disabled: !editor.editable, tabindex: "-1", "aria-label": t("take_code", { code: code.code }), onchange: () => li.toggle() });
    const small = (name, act) => editor.editable && button(t(name), act, { class: "quiet small", tabindex: "-1" });
    fill(li, tick, el("div", {},
      el("p", { class: "title" }, el("strong", {}, code.code), " ", code.title),
      said.decision === "replaced" && el("p", { class: "by" }, t("replaced_by", { code: said.replaced_by }), " ", titles.get(`${code.system} ${said.replaced_by}`) ?? ""),
      el("p", { class: "evidence-quotes" }, evidence(id, code).map(([each, words]) => el("button", { type: "button", class: "quote", tabindex: "-1", onclick: () => room.goTo(each, { play: true }) }, `“${words}”`))),
      code.messages.map((message) => el("p", { class: "message" }, message)),
      code.alternatives.length > 0 && el("p", { class: "message" }, t("more_exact", { count: code.alternatives.length })),
      el("span", { class: "acts" }, small("accept", li.accept), small("reject", li.reject), small("replace_it", li.replace))));
    li.addEventListener("click", (event) => event.target.closest("button, input") || li.focus());
    return li;
  }

  function evidence(id, code) {
    return code.evidence.map((_, j) => `${id}.${j}`).map((each) => [each, place(editor.view.state, "known", each)]).filter(([, at]) => at).map(([each, at]) => [each, editor.view.state.doc.textBetween(at.from, at.to, " ")]);
  }

  function addedItem(each) {
    const li = el("li", { "data-item": nameOf(each), class: "codeline added" });
    li.reject = () => decide(each, null);
    const known = titles.get(nameOf(each));
    if (!known) room.titleOf(each).then((title) => titles.set(nameOf(each), title)).then(() => (li.querySelector(".words").textContent = titles.get(nameOf(each)) ?? ""));
    fill(li, el("input", { type: "checkbox", checked: true, tabindex: "-1", "aria-label": t("take_code", { code: each.code }), disabled: !editor.editable, onchange: li.reject }),
      el("div", {}, el("p", { class: "title" }, el("strong", {}, each.code), " ", el("span", { class: "words" }, known ?? "")), editor.editable && button(t("take_away"), li.reject, { class: "quiet small", tabindex: "-1" })));
    return li;
  }

  function mentionedItem(code, id) {
    const li = el("li", { "data-item": `mentioned ${nameOf(code)}`, "data-evidence": id, class: "codeline mentioned" }, el("span", {}), el("div", {}, el("p", { class: "title" }, el("strong", {}, code.code), " ", code.title)));
    li.accept = () => decide(code, "added");
    return li;
  }

  const taken = () => editor.report.codes.filter((code) => ["accepted", "replaced"].includes(decisionOn(editor.decisions, code).decision)).length + editor.decisions.filter((each) => each.decision === "added").length;
  return { shown, count: taken, hidden: () => tell(editor.view, "known", { show: null }) };
}
