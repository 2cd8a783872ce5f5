// The images that are picked out: a set of rows, how it came about, and the way back.

import { count, listed, packed, unpacked } from "./rows.js";

const STEPS = 30; // that can be undone

export class Selection {
  constructor(n) {
    this.n = n;
    this.rows = new Uint8Array(n);
    this.size = 0;
    this.how = "";
    this.past = [];
  }

  has(row) {
    return this.rows[row] === 1;
  }

  /** How many of the rows `keep`. */
  count(keep) {
    let count = 0;
    for (let row = 0; row < this.n; row += 1) if (this.rows[row] && keep(row)) count += 1;
    return count;
  }

  listed(most) {
    return listed(this.rows, most);
  }

  packed() {
    return packed(this.rows);
  }

  /** Combine with `rows`: "new" puts them in its place, "add" unites, "subtract" takes away. Returns whether it changed. */
  combine(rows, mode, how) {
    if (mode === "new") return this.replace(rows, how);
    const next = this.rows.map(mode === "add" ? (one, row) => one | rows[row] : (one, row) => one & ~rows[row] & 1);
    return this.replace(next, this.size && this.how ? `${this.how}, and more` : how);
  }

  /** All that `may` (n,) be selected and is not. */
  invert(may) {
    return this.replace(may.map((one, row) => one & ~this.rows[row] & 1), "everything but a selection");
  }

  replace(rows, how) {
    if (same(rows, this.rows)) return false;
    this.past.push([packed(this.rows), this.how]);
    if (this.past.length > STEPS) this.past.shift();
    this.#take(rows, how);
    return true;
  }

  /** What someone else says it is: a link, another page, the last visit. */
  adopt(rows, how) {
    if (!same(rows, this.rows)) this.past.push([packed(this.rows), this.how]);
    this.#take(rows, how);
  }

  undo() {
    const before = this.past.pop();
    if (!before) return false;
    this.#take(unpacked(before[0], this.n), before[1]);
    return true;
  }

  #take(rows, how) {
    this.rows = rows;
    this.size = count(rows);
    this.how = this.size ? how.slice(0, 200) : "";
  }
}

function same(a, b) {
  for (let row = 0; row < a.length; row += 1) if (a[row] !== b[row]) return false;
  return true;
}
