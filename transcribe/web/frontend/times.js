// Where each heard word stands in the document while the document changes.
//
// The words are kept beside the document, not in it, and every step moves them. A word that is edited inside stays
// itself; one that is deleted is dead until undoing brings it back.

export class WordTimes {
  // `words`: [{from, to, start, end, probability, text}] in document order; positions in the document, times in seconds.
  constructor(words, from, to, alive) {
    this.words = words;
    this.from = from ?? Int32Array.from(words, (word) => word.from);
    this.to = to ?? Int32Array.from(words, (word) => word.to);
    this.alive = alive ?? new Uint8Array(words.length).fill(1);
  }

  // The words after the steps of `transaction`.
  apply(transaction) {
    if (!transaction.docChanged) return this;
    const next = new WordTimes(this.words, this.from.slice(), this.to.slice(), this.alive.slice());
    for (const map of transaction.mapping.maps) {
      const changes = [];
      map.forEach((...change) => changes.push(change));
      for (const change of changes.reverse()) next.#move(change); // Last first, so that earlier places still hold.
    }
    return next;
  }

  // Move the words by one replaced range.
  #move([oldStart, oldEnd, newStart, newEnd]) {
    const shift = newEnd - newStart - (oldEnd - oldStart);
    const inserted = newEnd - newStart;
    if (shift === 0) return; // As many letters for as many: capitals, a letter put right.
    for (let i = this.#firstReaching(oldStart); i < this.words.length; i++) {
      const from = this.from[i];
      const to = this.to[i];
      if (!this.alive[i] && from === oldStart) {
        continue;
      } else if (from >= oldEnd) {
        this.from[i] = from + shift;
        this.to[i] = to + shift;
      } else if (from < oldStart && to > oldEnd) {
        this.to[i] = to + shift; // Edited inside.
      } else if (from < oldStart && to > oldStart) {
        this.to[i] = oldStart; // Its end went.
      } else if (from >= oldStart && to > oldEnd) {
        this.from[i] = oldStart + inserted; // Its beginning went.
        this.to[i] = to + shift;
      } else if (from >= oldStart && inserted && this.#alone(i, oldStart, oldEnd)) {
        this.from[i] = oldStart; // Written otherwise: what replaces one word was heard where it was.
        this.to[i] = oldStart + inserted;
      } else if (from >= oldStart) {
        this.alive[i] = 0; // All of it went.
        this.from[i] = this.to[i] = oldStart;
      }
    }
  }

  // Whether no other living word stands in `start`..`end`.
  #alone(i, start, end) {
    let [before, after] = [i - 1, i + 1];
    while (before >= 0 && !this.alive[before]) before--;
    while (after < this.words.length && !this.alive[after]) after++;
    return this.alive[i] && (before < 0 || this.to[before] <= start) && (after === this.words.length || this.from[after] >= end);
  }

  // The first word that may end after `pos`; words are in order, so those before it cannot be concerned.
  #firstReaching(pos) {
    let low = 0;
    let high = this.words.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.to[middle] < pos) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // Index of the word at `pos`, or of the last one before it; -1 when there is none.
  at(pos) {
    let i = this.#firstReaching(pos + 1);
    if (i < this.words.length && this.alive[i] && this.from[i] <= pos) return i;
    for (i -= 1; i >= 0; i--) if (this.alive[i]) return i;
    return -1;
  }

  // Index of the word that sounds at `seconds`, or of the last one that began before.
  sounding(seconds) {
    let low = -1;
    let high = this.words.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.words[middle].start <= seconds) low = middle;
      else high = middle - 1;
    }
    while (low >= 0 && !this.alive[low]) low--;
    return low;
  }
}

// Times that go back with the document: what undoing or redoing brings back has the words it had.
export const REMEMBERED = 300;

export class TimesHistory {
  constructor(times, past = []) {
    this.times = times;
    this.past = past; // [{doc, times}], oldest first
  }

  // The times after `transaction`, which undid or redid something if `back` says so.
  apply(transaction, back) {
    if (!transaction.docChanged) return this;
    const past = [...this.past.slice(-REMEMBERED), { doc: transaction.before, times: this.times }];
    const known = back && past.findLast((each) => each.doc.eq(transaction.doc));
    return new TimesHistory(known ? known.times : this.times.apply(transaction), past);
  }

  // The same past with other words, if there are any: somebody else's version took the place of this one.
  with(words) {
    return words ? new TimesHistory(new WordTimes(words), this.past) : this;
  }
}
