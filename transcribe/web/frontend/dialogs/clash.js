// Two people changed the report at once: both texts side by side, and mine, theirs or both together to choose.
import { blocks, merge } from "../difference.js";
import { button, el } from "../dom.js";
import { places } from "../layout.js";
import { tell } from "../places.js";
import { openMarks } from "../marks.js";
import { sides } from "../sides.js";
import { t } from "../strings.js";

// `theirs`: the newest version as the API shows it.
export async function clash(room, theirs) {
  const { editor } = room;
  const base = await room.asked(() => room.api.get(`/api/v1/jobs/${room.job}/versions/${editor.keeper.version}`));
  const settle = (act) => () => {
    dialog.close();
    act();
    editor.keeper.follow(theirs.version);
  };
  const take = settle(() => editor.retype(theirs.text, theirs));
  const both = settle(() => together(editor, base.text, theirs));
  const { node, show } = sides(blocks(editor.text, theirs.text), [t("my_text"), "mark"], [t("their_text"), "mark"]);
  // No closing without an answer: one of the three must be said, and until then nothing is sent.
  const dialog = el("dialog", { class: "wide", "aria-label": t("difference"), closedby: "none", oncancel: (event) => event.preventDefault(), onclose: () => {
    dialog.remove();
    editor.view.focus();
  } }, el("p", {}, t("clash_more")), node, el("div", { class: "actions end" },
    button(t("keep_mine"), settle(() => {})), button(t("take_theirs"), take), base && button(t("merge_both"), both, { class: "primary", autofocus: true })));
  document.body.append(dialog);
  dialog.showModal();
  show(0);
}

// Changes of both; where both changed the same words, mine stand with a mark that says what theirs were.
function together(editor, base, theirs) {
  const { text, clashes } = merge(base, editor.text, theirs.text);
  editor.retype(text);
  if (!clashes.length) return;
  const told = clashes.map(({ start, end, theirs: words }) => ({ start, end, kind: "query", severity: "warning", reason: t("both_changed", { words: words.trim() || "—" }) }));
  const { marks } = places({ text, words: [], marks: told });
  const open = openMarks(editor.view.state);
  tell(editor.view, "marks", { items: [...open, ...marks.map((mark, i) => ({ ...mark, id: 1 + i + Math.max(0, ...open.map((each) => each.id)) }))] });
}
