// Which images are shown: conditions on columns that must all hold, evaluated row by row in the browser, so that counts
// and histograms follow a brush at once. Each condition has a bit; a row passes when none of its bits is set.
//
// A condition is `{column, names}` (any of these; "" stands for no value), `{column, without}` (none of these),
// `{column, low, high}` (null for an open end), or `{column: "path", text}` with the rows that the server found.


const MOST = 16;

export class Filters {
  constructor(n) {
    this.n = n;
    this.fails = new Uint16Array(n); // a bit for each condition that the row does not meet
    this.slots = new Map(); // column key → {bit, condition}
    this.passing = n;
  }

  get active() {
    return this.slots.size > 0;
  }

  get conditions() {
    return [...this.slots.values()].map(({ condition }) => condition);
  }

  condition(key) {
    return this.slots.get(key)?.condition ?? null;
  }

  /** Put a condition in place of an earlier one on the same column; one without content is taken away.
   * `column` is that of its key, `found` the rows of a text. Returns whether there was room. */
  set(condition, column, found = null) {
    const key = condition.column;
    if (empty(condition)) {
      this.remove(key);
      return true;
    }
    let slot = this.slots.get(key);
    if (!slot) {
      const used = new Set([...this.slots.values()].map(({ bit }) => bit));
      const bit = [...Array(MOST).keys()].find((free) => !used.has(free));
      if (bit === undefined) return false;
      slot = { bit };
      this.slots.set(key, slot);
    }
    slot.condition = condition;
    this.#mark(slot.bit, test(condition, column, found));
    this.#counted();
    return true;
  }

  remove(key) {
    const slot = this.slots.get(key);
    if (!slot) return;
    this.slots.delete(key);
    this.#mark(slot.bit, null);
    this.#counted();
  }

  clear() {
    this.slots.clear();
    this.fails.fill(0);
    this.passing = this.n;
  }

  /** The condition's bit of every row; `holds(row)` null for a bit that means nothing any more. */
  #mark(bit, holds) {
    const [set, unset] = [1 << bit, ~(1 << bit)];
    const { fails } = this;
    if (!holds) for (let row = 0; row < this.n; row += 1) fails[row] &= unset;
    else for (let row = 0; row < this.n; row += 1) fails[row] = holds(row) ? fails[row] & unset : fails[row] | set;
  }

  #counted() {
    let passing = 0;
    for (let row = 0; row < this.n; row += 1) if (!this.fails[row]) passing += 1;
    this.passing = passing;
  }

  /** How many rows there are of each category, `counts[k]` of code k; rows that other columns' conditions leave out do not
   * count, so that one sees what the column's own condition would bring back. Only rows that `keep`. */
  counts(column, keep = () => true) {
    const counts = new Uint32Array(column.names.length + 1);
    const others = this.#others(column.key);
    for (let row = 0; row < this.n; row += 1) if (!(this.fails[row] & others) && keep(row)) counts[column.codes[row]] += 1;
    return counts;
  }

  /** A histogram of a column of numbers over `bins` of equal width, counted like `counts`. */
  histogram(column, bins, keep = () => true) {
    const others = this.#others(column.key);
    return binned(column, bins, (row) => !(this.fails[row] & others) && keep(row));
  }

  #others(key) {
    const own = this.slots.get(key);
    return own ? 0xffff & ~(1 << own.bit) : 0xffff;
  }
}

/** How many values of a column of numbers lie in each of `bins` of equal width, of the rows that `keep`. */
export function binned({ values, low, high }, bins, keep = () => true) {
  const heights = new Uint32Array(bins);
  const per = high > low ? bins / (high - low) : 0;
  for (let row = 0; row < values.length; row += 1) {
    const value = values[row];
    if (value === value && keep(row)) heights[Math.min(Math.floor((value - low) * per), bins - 1)] += 1;
  }
  return heights;
}

function empty({ names, without, low, high, text }) {
  return !names?.length && !without?.length && (low ?? null) === null && (high ?? null) === null && !text;
}

/** Whether a row meets a condition. One that does not fit its column, as in a link of old, lets all pass. */
function test(condition, column, found) {
  if (condition.text) return (row) => found[row] === 1;
  if (column.categorical !== Boolean(condition.names || condition.without)) return () => true;
  if (condition.names || condition.without) {
    const keep = Boolean(condition.names);
    const chosen = new Set(condition.names ?? condition.without);
    const by = Uint8Array.from(["", ...column.names], (name) => Number(chosen.has(name) === keep));
    const { codes } = column;
    return (row) => by[codes[row]] === 1;
  }
  const low = condition.low ?? -Infinity;
  const high = condition.high ?? Infinity;
  const { values } = column;
  return (row) => values[row] >= low && values[row] <= high;
}

