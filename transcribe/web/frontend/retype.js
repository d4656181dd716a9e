// Turns a document into another with as few replacements as possible, so that untouched words keep their seconds.
import { hunks, tokens } from "./difference.js";
import { docFromText } from "./text.js";

// `transaction` with what makes its document that of `text`.
export function retype(transaction, text) {
  const [old, now] = [transaction.doc, docFromText(text)];
  const [before, after] = [childrenOf(old), childrenOf(now)];
  const same = (x, y) => x.node.eq(y.node);
  for (const { a, b } of hunks(before, after, same).reverse()) {
    const [olds, news] = [before.slice(...a), after.slice(...b)];
    if (olds.length === news.length && olds.every((each, i) => each.node.sameMarkup(news[i].node))) {
      for (let i = olds.length - 1; i >= 0; i--) retypeBlock(transaction, olds[i], news[i].node);
    } else {
      const from = olds.length ? olds[0].pos : (before[a[0]]?.pos ?? old.content.size);
      const to = olds.length ? olds.at(-1).pos + olds.at(-1).node.nodeSize : from;
      transaction.replaceWith(from, to, news.map((each) => each.node));
    }
  }
  return transaction;
}

function childrenOf(doc) {
  const found = [];
  doc.forEach((node, pos) => found.push({ node, pos }));
  return found;
}

function retypeBlock(transaction, { node, pos }, target) {
  const [a, b] = [tokens(lettersOf(node)), tokens(lettersOf(target))];
  const [startsA, startsB] = [startsOf(a), startsOf(b)];
  for (const hunk of hunks(a, b).reverse()) {
    const content = target.content.cut(startsB[hunk.b[0]], startsB[hunk.b[1]]);
    transaction.replaceWith(pos + 1 + startsA[hunk.a[0]], pos + 1 + startsA[hunk.a[1]], content);
  }
}

function lettersOf(node) {
  return node.textBetween(0, node.content.size, "", "\n");
}

function startsOf(list) {
  const starts = [0];
  for (const each of list) starts.push(starts.at(-1) + each.length);
  return starts;
}
