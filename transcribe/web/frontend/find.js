// Find and replace: a bar over the text, all by keys.
import { SearchQuery, findNext, findPrev, getMatchHighlights, replaceAll, replaceNext, setSearchState } from "prosemirror-search";
import { button, el } from "./dom.js";
import { t } from "./strings.js";

export class FindBar {
  constructor(view, mount) {
    this.view = view;
    const changed = () => this.#ask();
    this.what = el("input", { type: "search", "aria-label": t("find"), placeholder: t("find"), oninput: changed });
    this.by = el("input", { type: "text", "aria-label": t("replace_by"), placeholder: t("replace_by"), oninput: changed });
    this.cased = el("input", { type: "checkbox", onchange: changed });
    this.whole = el("input", { type: "checkbox", onchange: changed });
    this.count = el("output", { class: "count", "aria-live": "polite" });
    this.element = el("form", { class: "find", role: "search", "aria-label": t("find_and_replace"), hidden: true, onsubmit: (event) => event.preventDefault() },
      this.what, this.by,
      el("label", {}, this.cased, t("match_case")), el("label", {}, this.whole, t("whole_words")),
      button(t("previous"), () => this.#go(findPrev)), button(t("next"), () => this.#go(findNext)),
      button(t("replace"), () => this.#replace()), button(t("replace_all"), () => this.#all()),
      this.count, button(t("close"), () => this.close(), { class: "quiet" }));
    this.element.addEventListener("keydown", (event) => this.#key(event));
    mount.append(this.element);
  }

  open() {
    const { from, to } = this.view.state.selection;
    const chosen = this.view.state.doc.textBetween(from, to, " ");
    if (chosen && chosen.length < 80) this.what.value = chosen;
    this.element.hidden = false;
    this.what.focus();
    this.what.select();
    this.#ask();
  }

  close() {
    this.element.hidden = true;
    this.view.dispatch(setSearchState(this.view.state.tr, new SearchQuery({ search: "" })));
    this.view.focus();
  }

  #key(event) {
    if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && event.target === this.what) this.#go(event.shiftKey ? findPrev : findNext);
    else if (event.key === "Enter" && event.target === this.by) (event.altKey ? this.#all() : this.#replace());
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #ask() {
    const query = new SearchQuery({ search: this.what.value, replace: this.by.value, caseSensitive: this.cased.checked, wholeWord: this.whole.checked, literal: true });
    this.view.dispatch(setSearchState(this.view.state.tr, query));
    const found = getMatchHighlights(this.view.state).find().length;
    this.count.textContent = this.what.value ? t("found", { count: found }) : "";
  }

  #go(command) {
    command(this.view.state, (tr) => this.view.dispatch(tr.scrollIntoView()));
  }

  #replace() {
    this.#go(replaceNext);
    this.#ask();
  }

  #all() {
    this.#go(replaceAll);
    this.#ask();
  }
}
