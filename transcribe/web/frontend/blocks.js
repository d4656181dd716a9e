// What makes a paragraph a heading or an item of a list, and back; and the ends of sentences.
import { chainCommands, createParagraphNear, liftEmptyBlock, newlineInCode, setBlockType, splitBlock } from "prosemirror-commands";
import { Plugin } from "prosemirror-state";
import { schema } from "./schema.js";
import { isHeading } from "./text.js";

const { heading, item, paragraph, line_break } = schema.nodes;

export const blockCommands = {
  heading: (state, dispatch) => toHeading(state, dispatch),
  paragraph: setBlockType(paragraph),
  list: (state, dispatch, view) => setBlockType(state.selection.$from.parent.type === item ? paragraph : item)(state, dispatch, view),
};

// A heading is typed in capitals and ends with a colon, so that the text says what it is.
function toHeading(state, dispatch) {
  const { $from } = state.selection;
  if ($from.parent.type === heading) return setBlockType(paragraph)(state, dispatch);
  const [old, pos] = [$from.parent.textContent, $from.before()];
  const title = old.trim().replace(/[:.]*$/, "").toUpperCase();
  if (!title) return false;
  dispatch?.(state.tr.replaceWith(pos, pos + $from.parent.nodeSize, heading.create(null, schema.text(`${title}:`))).scrollIntoView());
  return true;
}

export const blockKeys = {
  Enter: chainCommands(newlineInCode, leaveList, headingTyped, splitItem, createParagraphNear, liftEmptyBlock, splitBlock),
  "Shift-Enter": lineBreak,
  Backspace: plainAtStart,
};

// Enter in an empty item ends the list.
function leaveList(state, dispatch) {
  const { $from, empty } = state.selection;
  if (!empty || $from.parent.type !== item || $from.parent.content.size) return false;
  return setBlockType(paragraph)(state, dispatch);
}

function splitItem(state, dispatch) {
  const { $from, $to } = state.selection;
  if ($from.parent.type !== item || !$from.sameParent($to)) return false;
  const transaction = state.tr.deleteSelection();
  dispatch?.(transaction.split(transaction.mapping.map($from.pos), 1, [{ type: item }]).scrollIntoView());
  return true;
}

// "PLAN:" typed as a paragraph becomes a heading with Enter.
function headingTyped(state, dispatch) {
  const { $from, empty } = state.selection;
  const { parent } = $from;
  if (!empty || parent.type !== paragraph || $from.parentOffset < parent.content.size || !isHeading(parent.textContent)) return false;
  if (dispatch) {
    const transaction = state.tr.setNodeMarkup($from.before(), heading);
    dispatch(transaction.split($from.pos, 1, [{ type: paragraph }]).scrollIntoView());
  }
  return true;
}

function plainAtStart(state, dispatch) {
  const { $from, empty } = state.selection;
  if (!empty || $from.parentOffset || ![item, heading].includes($from.parent.type)) return false;
  if ($from.parent.type === heading && $from.parent.content.size) return false;
  return setBlockType(paragraph)(state, dispatch);
}

function lineBreak(state, dispatch) {
  if (state.selection.$from.parent.type === heading) return false;
  dispatch?.(state.tr.replaceSelectionWith(line_break.create()).scrollIntoView());
  return true;
}

// "1. " typed at the beginning of a paragraph begins a list.
export function listsAsTyped() {
  return new Plugin({
    props: {
      handleTextInput(view, from, to, text) {
        const { $from } = view.state.selection;
        const before = $from.parent.textBetween(0, $from.parentOffset, "", "\n") + text;
        const number = /^(\d{1,3})\. $/.exec(before)?.[1];
        if (!number || $from.parent.type !== paragraph) return false;
        const start = $from.start();
        const transaction = view.state.tr.delete(start, to);
        view.dispatch(transaction.setBlockType(start, start, item, { number: number === "1" ? null : Number(number) }));
        return true;
      },
    },
  });
}

// Ends the sentence at the cursor: a period, one blank, a capital. On a period: takes it away and goes on in small letters.
export function toggleSentence(state, dispatch) {
  const { $head } = state.selection;
  const text = $head.parent.textBetween(0, $head.parent.content.size, "", "\n");
  const at = $head.parentOffset;
  const [before, after] = [/[\p{L}\p{N})]*$/u.exec(text.slice(0, at))[0].length, /^[\p{L}\p{N})]*/u.exec(text.slice(at))[0].length];
  const end = before || after ? at + after : at;
  const rest = /^([.!?]?)(\s*)(\p{L}?)/u.exec(text.slice(end));
  const start = $head.start();
  const [first, letter] = [start + end, start + end + rest[1].length + rest[2].length];
  const transaction = state.tr;
  const cased = rest[1] ? rest[3].toLowerCase() : rest[3].toUpperCase();
  if (cased && cased !== rest[3] && cased.length === 1) transaction.insertText(cased, letter, letter + 1);
  if (rest[1]) transaction.delete(first, first + 1);
  else transaction.insertText(".", first);
  dispatch?.(transaction.scrollIntoView());
  return true;
}
