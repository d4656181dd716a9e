// What changed between two texts, word by word, and how two sets of changes to one text go together.

const TOKEN = /\n+|[^\S\n]+|[\p{L}\p{N}]+(?:['’./-][\p{L}\p{N}]+)*|[^\s\p{L}\p{N}]/gu;

export function tokens(text) {
  return text.match(TOKEN) ?? [];
}

const MOST_CHANGES = 1500; // Beyond, the texts have little in common and the whole middle counts as replaced.

// [{a: [first, last), b: [first, last)}] in order: the stretches of the lists `a` and `b` that differ (Myers 1986).
export function hunks(a, b, same = (x, y) => x === y) {
  let start = 0;
  while (start < a.length && start < b.length && same(a[start], b[start])) start++;
  let [endA, endB] = [a.length, b.length];
  while (endA > start && endB > start && same(a[endA - 1], b[endB - 1])) [endA, endB] = [endA - 1, endB - 1];
  if (start === endA && start === endB) return [];
  const path = shortest(a.slice(start, endA), b.slice(start, endB), same);
  if (!path) return [{ a: [start, endA], b: [start, endB] }];
  return joined(path).map(({ a: [fromA, toA], b: [fromB, toB] }) => ({ a: [fromA + start, toA + start], b: [fromB + start, toB + start] }));
}

// The single deletions and insertions of a shortest script, in order; null when there are too many.
function shortest(a, b, same) {
  const [n, m] = [a.length, b.length];
  const most = Math.min(n + m, MOST_CHANGES);
  const reach = new Int32Array(2 * most + 3);
  const trace = [];
  for (let changes = 0; changes <= most; changes++) {
    trace.push(reach.slice(most - changes, most + changes + 3)); // Diagonals -changes-1 … changes+1 of the round before.
    for (let k = -changes; k <= changes; k += 2) {
      const down = k === -changes || (k !== changes && reach[most + 1 + k - 1] < reach[most + 1 + k + 1]);
      let x = down ? reach[most + 1 + k + 1] : reach[most + 1 + k - 1] + 1;
      while (x < n && x - k < m && same(a[x], b[x - k])) x++;
      reach[most + 1 + k] = x;
      if (x >= n && x - k >= m) return walkedBack(trace, n, m);
    }
  }
  return null;
}

function walkedBack(trace, n, m) {
  const steps = [];
  let [x, y] = [n, m];
  for (let changes = trace.length - 1; changes > 0; changes--) {
    const before = (k) => trace[changes][k + changes + 1];
    const k = x - y;
    const down = k === -changes || (k !== changes && before(k - 1) < before(k + 1));
    const from = down ? before(k + 1) : before(k - 1);
    const fromY = from - (down ? k + 1 : k - 1);
    steps.push(down ? { a: [from, from], b: [fromY, fromY + 1] } : { a: [from, from + 1], b: [fromY, fromY] });
    [x, y] = [from, fromY];
  }
  return steps.reverse();
}

function joined(steps) {
  const found = [];
  for (const step of steps) {
    const last = found.at(-1);
    if (last && last.a[1] === step.a[0] && last.b[1] === step.b[0]) [last.a[1], last.b[1]] = [step.a[1], step.b[1]];
    else found.push({ a: [...step.a], b: [...step.b] });
  }
  return found;
}

// [{op: "equal" | "insert" | "delete" | "replace", left, right}] from one text to the other.
export function blocks(left, right) {
  const [a, b] = [tokens(left), tokens(right)];
  const found = [];
  let at = 0;
  const equal = (to) => to > at && found.push({ op: "equal", left: a.slice(at, to).join(""), right: a.slice(at, to).join("") });
  for (const hunk of hunks(a, b)) {
    equal(hunk.a[0]);
    const [old, now] = [a.slice(...hunk.a).join(""), b.slice(...hunk.b).join("")];
    found.push({ op: !old ? "insert" : !now ? "delete" : "replace", left: old, right: now });
    at = hunk.a[1];
  }
  equal(a.length);
  return found;
}

// The changes of both sides to `base` in one text. Where both changed the same words, mine stand, and `clashes`
// says where ([start, end) in the text) and what theirs were.
export function merge(base, mine, theirs) {
  const [words, left, right] = [tokens(base), tokens(mine), tokens(theirs)];
  const [ours, others] = [hunks(words, left), hunks(words, right)];
  let [text, at, i, j] = ["", 0, 0, 0];
  const clashes = [];
  while (i < ours.length || j < others.length) {
    const [first, firstI, firstJ] = [next(ours[i], others[j]), i, j];
    let [start, end] = first.a;
    for (let grew = true; grew; ) { // Everything that touches the same words, from either side.
      grew = false;
      for (; i < ours.length && meets(ours[i], start, end, i === firstI && j === firstJ && ours[i] === first); i++, grew = true) end = Math.max(end, ours[i].a[1]);
      for (; j < others.length && meets(others[j], start, end, j === firstJ && others[j] === first); j++, grew = true) end = Math.max(end, others[j].a[1]);
    }
    text += words.slice(at, start).join("");
    const [here, there] = [side(words, left, ours.slice(firstI, i), start, end), side(words, right, others.slice(firstJ, j), start, end)];
    const clash = i > firstI && j > firstJ && here !== there;
    const taken = i > firstI ? here : there;
    if (clash) clashes.push({ start: text.length, end: text.length + taken.length, theirs: there });
    text += taken;
    at = end;
  }
  return { text: text + words.slice(at).join(""), clashes };
}

function next(ours, others) {
  if (!ours || !others) return ours ?? others;
  return others.a[0] < ours.a[0] ? others : ours;
}

function meets(hunk, start, end, itself) {
  if (itself) return true;
  return hunk.a[0] < end || (hunk.a[0] === start && hunk.a[0] === end) || (hunk.a[0] === start && hunk.a[1] === start);
}

// What one side has in place of the words `start`..`end` of the base.
function side(words, own, changes, start, end) {
  let [text, at] = ["", start];
  for (const { a, b } of changes) {
    text += words.slice(at, a[0]).join("") + own.slice(...b).join("");
    at = a[1];
  }
  return text + words.slice(at, end).join("");
}
