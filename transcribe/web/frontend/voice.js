// Takes back what a spoken command did ("new paragraph", "colon", "scratch that"): what was said stands there again.
import { placesOf, placesPlugin, tell } from "./places.js";

// `commands`: [{id, from, to, said}]: where the effect stands, and the words that were said.
export function voicePlugin(commands) {
  return placesPlugin("voice", commands.map((each) => ({ ...each, width: 0 })), () => null);
}

// Put back what was said at the command nearest before the cursor, or touching it.
export function takeBack(view) {
  const { head } = view.state.selection;
  const found = placesOf(view.state, "voice").filter((each) => each.from <= head + 1).at(-1);
  if (!found) return false;
  const { doc, tr } = view.state;
  const around = [doc.textBetween(Math.max(0, found.from - 1), found.from, " ", " "), doc.textBetween(found.to, Math.min(found.to + 1, doc.content.size), " ", " ")];
  const blank = (letter) => (/[\p{L}\p{N}.,;:)]/u.test(letter) ? " " : "");
  const said = blank(around[0]) + found.said + (/[\p{L}\p{N}]/u.test(around[1]) ? " " : "");
  const closing = found.to > found.from && doc.resolve(found.from).parent !== doc.resolve(found.to).parent;
  if (closing) tr.delete(found.from, found.to); // Two blocks become one.
  else if (found.to > found.from) tr.delete(found.from, found.to);
  const at = tr.mapping.map(found.from);
  tr.insertText(said, at);
  view.dispatch(tr.scrollIntoView());
  tell(view, "voice", { remove: found.id });
  return found;
}
