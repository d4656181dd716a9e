// Short forms become long ones when a blank or a mark follows: "htn " → "hypertension ". One undo takes it back.
import { Plugin } from "prosemirror-state";

// `forms()` gives {short: long}; a capital at the beginning of the short form is kept.
export function expanderPlugin(forms) {
  return new Plugin({
    props: {
      handleTextInput(view, from, to, text) {
        if (!/^[\s.,;:!?)]$/.test(text) || from !== to) return false;
        const before = view.state.doc.textBetween(Math.max(view.state.doc.resolve(from).start(), from - 40), from, "\n", "\n");
        const short = /[\p{L}\p{N}']+$/u.exec(before)?.[0];
        const long = short && longForm(forms(), short);
        if (!long) return false;
        view.dispatch(view.state.tr.insertText(text, from));
        view.dispatch(view.state.tr.insertText(long, from - short.length, from).setMeta("closeHistory$", true));
        return true;
      },
    },
  });
}

function longForm(forms, short) {
  if (Object.hasOwn(forms, short)) return forms[short];
  const lower = short.toLowerCase();
  if (!Object.hasOwn(forms, lower) || short === lower) return null;
  return forms[lower][0].toUpperCase() + forms[lower].slice(1);
}

// {short: long} of lines as "short = long", "short,long" or "short⇥long": a list of one's own, a CSV, an AutoCorrect list.
export function formsOf(text) {
  const found = {};
  for (const line of text.split("\n")) {
    const [, short, long] = /^\s*"?([^=,;\t"]{1,30}?)"?\s*[=,;\t]\s*"?(.+?)"?\s*$/.exec(line) ?? [];
    if (short && long) found[short] = long.replaceAll('""', '"');
  }
  return found;
}

export function writtenForms(forms) {
  return Object.entries(forms).map(([short, long]) => `${short} = ${long}`).join("\n");
}
