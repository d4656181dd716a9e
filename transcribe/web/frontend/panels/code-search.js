// A dialog that finds a code by its number or by words, first among those that the finder would also take.
import { el, fill, walkable } from "../dom.js";
import { t } from "../strings.js";

const REST = 200; // ms of typing before asking

export function codeSearch(room) {
  // The chosen {system, code, title}; null when nobody chose. `first`: codes to offer at once.
  async function ask({ title, first }) {
    const offered = (await Promise.all(first.slice(0, 12).map((code) => room.codes(code).then((found) => found.find((each) => each.code === code) ?? { system: "ICD-10-CM", code, title: "" })))).filter(Boolean);
    return new Promise((resolve) => {
      let timer = 0;
      const done = (found) => {
        dialog.close();
        resolve(found);
      };
      const list = walkable(el("ul", { class: "items", "aria-label": t("found_codes") }), { Enter: (item) => done(item.code) });
      const show = (found, words) => {
        fill(list, found.map((each, i) => {
          const item = el("li", { "data-item": each.code, tabindex: i ? -1 : 0, onclick: () => done(each) }, el("strong", {}, each.code), " ", each.title, each.billable === false && el("span", { class: "badge" }, t("not_billable")));
          item.code = each;
          return item;
        }));
        said.textContent = found.length ? "" : words;
      };
      const said = el("p", { class: "hint", role: "status" });
      const input = el("input", { type: "search", "aria-label": t("code_or_words"), placeholder: t("code_or_words"), oninput: () => {
        clearTimeout(timer);
        timer = setTimeout(async () => (input.value.trim() ? show(await room.codes(input.value.trim()), t("no_such_code")) : show(offered, "")), REST);
      }, onkeydown: (event) => {
        const item = list.querySelector("[data-item]");
        if (!item || !["ArrowDown", "Enter"].includes(event.key)) return;
        event.preventDefault();
        if (event.key === "Enter") done(item.code);
        else item.focus();
      } });
      const dialog = el("dialog", { class: "search", "aria-label": title, onclose: () => {
        dialog.remove();
        resolve(null);
      } }, el("h2", {}, title), input, said, list);
      show(offered, offered.length ? "" : t("type_to_search"));
      document.body.append(dialog);
      dialog.showModal();
      input.focus();
    });
  }
  return { ask };
}
