// Between the version of record, which is plain text, and the document: both ways, with the places of each in the other.
//
// Blank lines part blocks, single line ends part the items of a list ("1. …"); a heading is a block in capitals that
// ends with a colon.
import { schema } from "./schema.js";

const ITEM = /^(\d{1,3})\. /;

export function isHeading(line) {
  return /^[^a-z\n]*[A-Z][^a-z\n]*:$/.test(line);
}

export function docFromText(text) {
  const blocks = [];
  for (const part of text.split(/\n{2,}/)) blocks.push(...blocksOf(part));
  return schema.node("doc", null, blocks.length ? blocks : [schema.node("paragraph")]);
}

function blocksOf(part) {
  if (isHeading(part)) return [schema.node("heading", null, schema.text(part))];
  const lines = part.split("\n");
  if (!lines.every((line) => ITEM.test(line))) return [schema.node("paragraph", null, inlineOf(lines))];
  return lines.map((line, index) => {
    const number = Number(ITEM.exec(line)[1]);
    const before = index ? Number(ITEM.exec(lines[index - 1])[1]) : 0;
    const content = line.replace(ITEM, "");
    return schema.node("item", { number: index && number === before + 1 ? null : number }, content ? schema.text(content) : null);
  });
}

function inlineOf(lines) {
  const nodes = [];
  lines.forEach((line, index) => {
    if (index) nodes.push(schema.node("line_break"));
    if (line) nodes.push(schema.text(line));
  });
  return nodes;
}

// The text of a document, and `runs`: for every stretch of characters that both have, {offset, pos, length},
// in order. What only the text has (numbers of items, blank lines) lies between the runs.
export function textFromDoc(doc) {
  let text = "";
  let count = 0;
  let before = null;
  const runs = [];
  doc.forEach((block, blockPos) => {
    if (before) text += before.type.name === "item" && block.type.name === "item" && goesOn(block) ? "\n" : "\n\n";
    if (block.type.name === "item") {
      count = block.attrs.number ?? (before?.type.name === "item" ? count + 1 : 1);
      text += `${count}. `;
    }
    block.forEach((node, offset) => {
      const written = node.isText ? node.text : "\n";
      runs.push({ offset: text.length, pos: blockPos + 1 + offset, length: written.length });
      text += written;
    });
    before = block;
  });
  return { text, runs };
}

// A list that starts to count anew stands in a paragraph of its own.
function goesOn(block) {
  return block.attrs.number === null || block.attrs.number > 1;
}

// The document position of a text offset; of one between two runs, the nearest inside the run after (or before, at an end).
export function posOf(runs, offset, atEnd = false) {
  const index = lastAtMost(runs, offset, "offset");
  const run = runs[index];
  if (run && (offset < run.offset + run.length || (atEnd && offset === run.offset + run.length))) return run.pos + offset - run.offset;
  const next = runs[index + 1];
  if (atEnd || !next) return run ? run.pos + run.length : 1;
  return next.pos;
}

// The text offset of a document position.
export function offsetOf(runs, pos) {
  const run = runs[lastAtMost(runs, pos, "pos")];
  if (!run) return 0;
  return run.offset + Math.min(pos - run.pos, run.length);
}

function lastAtMost(runs, value, key) {
  let low = -1;
  let high = runs.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (runs[middle][key] <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
