// What the report says as tables: drugs, problems, allergies, vital signs and laboratory values, each row tied to its place.
import { el, fill, walkable } from "../dom.js";
import { TABLES } from "../layout.js";
import { tell } from "../places.js";
import { t } from "../strings.js";

export function tables(room, body) {
  const go = (item) => {
    room.goTo(item.dataset.item, { play: true });
    room.editor.view.focus();
  };
  const list = walkable(el("div", { class: "tables" }), { Enter: go, " ": (item) => room.goTo(item.dataset.item, { play: true }) });
  function shown() {
    const { tables: all, read_version } = room.editor.report;
    const inside = list.contains(document.activeElement) && document.activeElement.dataset.item;
    const any = Object.keys(TABLES).some((kind) => all[kind].length) || all.no_known_allergies;
    fill(list, any && Object.entries(TABLES).map(([kind, columns]) => table(kind, columns, all)));
    [...list.querySelectorAll("[data-item]")].forEach((each, i) => (each.tabIndex = i ? -1 : 0));
    fill(body, el("h2", { class: "hidden" }, t("panel_tables")),
      any ? [el("p", { class: "hint" }, t(read_version < room.editor.keeper.version ? "being_read" : "tables_keys")), list] : el("p", { class: "empty small" }, t(read_version ? "no_tables" : "being_read")));
    if (inside) list.querySelector(`[data-item="${inside}"]`)?.focus();
  }
  function table(kind, columns, all) {
    const rows = all[kind];
    if (!rows.length) return kind === "allergies" && [el("h3", {}, t("table_allergies")), el("p", { class: "small" }, t(all.no_known_allergies ? "no_known_allergies" : "no_allergies"))];
    const told = columns.filter((column) => rows.some((row) => row[column]));
    return el("table", {}, el("caption", {}, t(`table_${kind}`)), el("thead", {}, el("tr", {}, told.map((column) => el("th", { scope: "col" }, t(`column_${column}`))))),
      el("tbody", {}, rows.map((row, i) => el("tr", { "data-item": `${kind}${i}`, tabindex: -1, onclick: (event) => go(event.currentTarget) }, told.map((column, j) => el(j ? "td" : "th", j ? {} : { scope: "row" }, cell(row, column)))))));
  }
  return { shown, hidden: () => tell(room.editor.view, "known", { show: null }) };
}

function cell(row, column) {
  const said = row[column] ?? "";
  if (column === "value") return [said, row.unit, row.flag && row.flag !== "normal" ? el("span", { class: "badge", "data-kind": "warn" }, t(`flag_${row.flag}`)) : null].flatMap((each) => (each ? [each, " "] : []));
  return column === "status" && said ? t(`status_${said}`) : said;
}
