// The document an editor works on: headings, paragraphs and numbered items, no other shape.
import { Schema } from "prosemirror-model";

export const schema = new Schema({
  nodes: {
    doc: { content: "block+" },
    paragraph: {
      group: "block", content: "inline*",
      parseDOM: [{ tag: "p" }], toDOM: () => ["p", 0],
    },
    heading: {
      group: "block", content: "text*", defining: true,
      parseDOM: [{ tag: "h1" }, { tag: "h2" }, { tag: "h3" }], toDOM: () => ["h2", 0],
    },
    // `number` is set only where an item does not go on counting from the one before.
    item: {
      group: "block", content: "inline*", attrs: { number: { default: null } },
      parseDOM: [{ tag: "li" }],
      toDOM: (node) => ["div", { class: "item", ...(node.attrs.number ? { style: `counter-set: item ${node.attrs.number}` } : {}) }, 0],
    },
    text: { group: "inline" },
    line_break: { group: "inline", inline: true, selectable: false, parseDOM: [{ tag: "br" }], toDOM: () => ["br"] },
  },
});
