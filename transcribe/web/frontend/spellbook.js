// Knows which words are spelt right, and what somebody may have meant by one that is not.
const LETTERS = [..."esianrtolcdugmphbyfvkwzxjq'-"];
const MOST = 6; // suggestions

export class Spellbook {
  // `english`: every form of every word, as capitalised as it must be; `terms`: words of the field and of the clinic.
  constructor(english, terms = []) {
    this.words = new Set(english);
    this.terms = new Set();
    this.add(terms);
  }

  add(terms) {
    for (const term of terms) for (const word of term.split(/[\s/]+/)) if (word) this.terms.add(word.toLowerCase());
  }

  // Whether `word` may stand: with figures, single letters and parts joined by hyphens judged leniently.
  knows(word) {
    if (word.length < 2 || /\d/.test(word)) return true;
    const plain = word.replaceAll("’", "'").replace(/'s?$/i, "");
    return this.#whole(plain) || (plain.includes("-") && plain.split("-").every((part) => part.length < 2 || this.#whole(part)));
  }

  #whole(word) {
    const lower = word.toLowerCase();
    if (this.words.has(word) || this.words.has(lower) || this.terms.has(lower)) return true;
    if (word !== word.toUpperCase()) return false;
    return this.words.has(lower[0].toUpperCase() + lower.slice(1)); // In a heading, PARKINSON.
  }

  // Words that are one or two slips away, the likeliest first, capitalised as `word` is.
  suggest(word) {
    const lower = word.toLowerCase();
    const found = new Map();
    const near = [...slips(lower)];
    near.forEach((form) => this.#whole(form) && found.set(form, 1));
    if (lower.length > 3 && found.size < 2) for (const term of this.terms) if (Math.abs(term.length - lower.length) < 3 && !found.has(term) && apart(lower, term, 2) <= 2) found.set(term, 2);
    if (found.size < 3 && lower.length > 3 && lower.length < 15) near.forEach((form) => [...slips(form)].forEach((each) => !found.has(each) && this.#whole(each) && found.set(each, 2)));
    const letters = (form) => [...form].sort().join("");
    const own = letters(lower);
    const worth = ([form, slipped]) => slipped * 4 - (letters(form) === own ? 3 : 0) + (form[0] === lower[0] ? 0 : 2) + (this.terms.has(form) ? 0 : 1) + (form.includes("-") || form.includes("'") ? 3 : 0);
    const best = [...found].sort((a, b) => worth(a) - worth(b) || Math.abs(a[0].length - lower.length) - Math.abs(b[0].length - lower.length)).slice(0, MOST);
    return best.map(([form]) => likewise(word, this.words.has(form) || this.terms.has(form) ? form : form[0].toUpperCase() + form.slice(1)));
  }
}

// Every text one letter away: left out, put in, another, two changed about.
function* slips(word) {
  for (let i = 0; i <= word.length; i++) {
    const [before, after] = [word.slice(0, i), word.slice(i)];
    if (after) yield before + after.slice(1);
    if (after.length > 1) yield before + after[1] + after[0] + after.slice(2);
    for (const letter of LETTERS) {
      if (after && letter !== after[0]) yield before + letter + after.slice(1);
      yield before + letter + after;
    }
  }
}

// Slips between two words, `most` + 1 for more than `most`.
export function apart(a, b, most) {
  let before = null;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) next[j] = Math.min(next[j], before[j - 2] + 1);
    }
    if (Math.min(...next) > most) return most + 1;
    [before, row] = [row, next];
  }
  return row[b.length];
}

function likewise(pattern, form) {
  if (pattern.length > 1 && pattern === pattern.toUpperCase()) return form.toUpperCase();
  return pattern[0] !== pattern[0].toLowerCase() ? form[0].toUpperCase() + form.slice(1) : form;
}
