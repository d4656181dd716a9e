// Lists to choose from and put into the text: the clinic's normals, and what a misspelt word may have been.
import { button, el, fill, walkable } from "../dom.js";
import { spellingKey } from "../spelling.js";
import { t } from "../strings.js";
import { docFromText } from "../text.js";

// A list under a field that narrows it; `take(item)` gets what was chosen.
function chooser(room, title, all, take, { words = (each) => each.name, more = () => "" } = {}) {
  const list = walkable(el("ul", { class: "items" }), { Enter: (item) => choose(item.choice) });
  const choose = (choice) => {
    dialog.close();
    take(choice);
  };
  const show = (query) => {
    const found = all.filter((each) => words(each).toLowerCase().includes(query.toLowerCase()));
    fill(list, found.length ? found.map((each, i) => Object.assign(el("li", { "data-item": i, tabindex: i ? -1 : 0, onclick: () => choose(each) }, el("strong", {}, words(each)), " ", el("span", { class: "muted" }, more(each))), { choice: each })) : el("li", {}, t("nothing_found")));
  };
  const input = el("input", { type: "search", "aria-label": title, oninput: () => show(input.value), onkeydown: (event) => {
    const first = list.querySelector("[data-item]");
    if (!first || !["ArrowDown", "Enter"].includes(event.key)) return;
    event.preventDefault();
    if (event.key === "Enter") choose(first.choice);
    else first.focus();
  } });
  const dialog = room.dialogs.open(title, [input, list], { kind: "search" });
  show("");
  input.focus();
}

export async function normal(room) {
  const author = encodeURIComponent(room.editor.report.header.author ?? "");
  const found = await room.asked(() => room.api.get(`/api/v1/normals?author=${author}`));
  if (found) chooser(room, t("do_normal"), Object.entries(found).map(([name, text]) => ({ name, text })), ({ text }) => insert(room.editor.view, text), { more: (each) => each.text.slice(0, 80) });
}

// A text of one paragraph goes in at the cursor, one of several after the paragraph.
function insert(view, text) {
  const blocks = docFromText(text).content;
  const { tr } = view.state;
  if (blocks.childCount === 1 && blocks.firstChild.type.name === "paragraph") tr.replaceWith(tr.selection.from, tr.selection.to, blocks.firstChild.content);
  else tr.insert(tr.selection.$to.after(), blocks);
  view.dispatch(tr.scrollIntoView());
}

// Under the word itself: arrows and Enter choose; the last line keeps the word as a word of mine.
export function suggestions(room, { from, to, word }, forms) {
  const { view } = room.editor;
  const place = view.coordsAtPos(from);
  const close = () => view.focus(); // Which takes the focus out of the menu, and so the menu away.
  const take = (form) => {
    if (view.state.doc.textBetween(from, to) === word) view.dispatch(view.state.tr.insertText(form, from, to));
    close();
  };
  const keep = () => {
    room.speller.add([word]);
    view.dispatch(view.state.tr.setMeta(spellingKey, { forget: word }));
    room.keepWord(word);
    close();
  };
  const menu = walkable(el("div", { class: "pop", role: "group", "aria-label": t("instead_of", { word }) },
    forms.map((form, i) => button(form, () => take(form), { "data-item": i, class: "quiet" })), button(t("keep_word", { word }), keep, { "data-item": "keep", class: "quiet muted" })));
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    else if (/^[1-6]$/.test(event.key) && forms[event.key - 1]) take(forms[event.key - 1]);
    else return;
    event.preventDefault();
  });
  menu.addEventListener("focusout", (event) => menu.contains(event.relatedTarget) || setTimeout(() => menu.remove()));
  document.body.append(menu);
  menu.style.left = `${Math.min(place.left, innerWidth - menu.offsetWidth - 8)}px`;
  menu.style.top = `${place.bottom + 4 + menu.offsetHeight > innerHeight ? place.top - menu.offsetHeight - 4 : place.bottom + 4}px`;
  menu.querySelector("button").focus();
}
