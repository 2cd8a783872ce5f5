// What is known of each image, column by column: fetched when first used, kept, and the same whatever is filtered.

import { load } from "./planes.js";

const LATEST = 8.64e12; // seconds, the last moment that a Date can be
const SHADES = 255; // of the scale for numbers; colour 0 is for what has no value

/** One column. Row by row: `codes` of a category (0 for no value, k for `names[k - 1]`), or `values` of a number. */
export class Column {
  constructor(key, { facts, planes }) {
    Object.assign(this, { key, title: facts.title, kind: facts.kind, unknown: facts.unknown || "no value", whole: facts.whole });
    this.names = facts.names ?? [];
    this.codes = planes.codes ?? null;
    this.values = planes.values ?? null;
    [this.low, this.high] = [facts.low ?? 0, facts.high ?? 1];
    this.empty = !this.categorical && (facts.low ?? null) === null; // no row has a value
  }

  get categorical() {
    return this.kind === "category";
  }

  /** The colour number of every row: its code, or its shade from 1 to `SHADES`. */
  get shades() {
    this.#shades ??= this.categorical ? this.codes : shaded(this.values, this.low, this.high);
    return this.#shades;
  }
  #shades = null;

  /** Colours by number, RGBA; `empty` is that of what has no value. */
  colours(palette, empty) {
    const count = this.categorical ? this.names.length : SHADES;
    const rgba = new Uint8Array((count + 1) * 4);
    rgba.set([...empty, 255]);
    for (let k = 1; k <= count; k += 1) {
      rgba.set([...(this.categorical ? palette.category(k - 1) : palette.number((k - 1) / (SHADES - 1))), 255], k * 4);
    }
    return rgba;
  }

  /** What is said of a row. */
  said(row) {
    if (this.categorical) return this.codes[row] ? this.names[this.codes[row] - 1] : "";
    return this.words(this.values[row]);
  }

  /** A number as a person reads it. */
  words(value) {
    if (!Number.isFinite(value)) return "";
    if (this.kind === "date") return Math.abs(value) < LATEST ? new Date(value * 1000).toISOString().slice(0, 10) : "";
    return this.whole ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)));
  }
}

function shaded(values, low, high) {
  const shades = new Uint8Array(values.length);
  const per = high > low ? (SHADES - 1) / (high - low) : 0;
  for (let row = 0; row < values.length; row += 1) {
    const value = values[row];
    shades[row] = value === value ? 1 + Math.min(Math.max(Math.round((value - low) * per), 0), SHADES - 1) : 0;
  }
  return shades;
}

/** The columns of one map. */
export class Columns {
  /** `options` are `{key, title, kind, address}` of all there are. */
  constructor(options) {
    this.known = new Map();
    this.there = new Map(); // columns that have come, by key
    this.update(options);
  }

  /** Other addresses mean other contents. */
  update(options) {
    this.options = new Map(options.map((option) => [option.key, option]));
    for (const [key, { address }] of this.known) {
      if (this.options.get(key)?.address === address) continue;
      this.known.delete(key);
      this.there.delete(key);
    }
  }

  /** The column of that key; null when there is none of it. */
  async get(key) {
    const option = this.options.get(key);
    if (!option) return null;
    let known = this.known.get(key);
    if (!known) {
      known = { address: option.address, coming: load(option.address).then((came) => new Column(key, came)) };
      this.known.set(key, known);
      known.coming.then(
        (column) => this.known.get(key) === known && this.there.set(key, column),
        () => this.known.get(key) === known && this.known.delete(key),
      );
    }
    return known.coming;
  }
}
