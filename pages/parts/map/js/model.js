// What all panes share: rows, columns, colours, filters, the selection, and where the pointer is.

import { Columns } from "./columns.js";
import { Filters } from "./filters.js";
import { hex, Palette } from "./palette.js";
import { Selection } from "./selection.js";

const NAMED = 5000; // categories above which names on the map say nothing
const NEAR = 10; // neighbours that lines are drawn to

export class Model {
  constructor(n, columns) {
    this.n = n;
    this.columns = new Columns(columns);
    this.filters = new Filters(n);
    this.selection = new Selection(n);
    this.gone = null; // (n,) rows whose images have left the dataset
    this.pages = null;
    this.exemplars = new Set();
    this.column = null; // that the points are coloured by; null for one colour
    this.tool = "pan";
    this.options = { labels: true, contours: false, images: true, ghosts: true }; // ghosts: of what a filter leaves out
    [this.hovered, this.opened] = [-1, -1];
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
  }

  /** Whether things may move by themselves. */
  get moves() {
    return !this.still.matches;
  }

  /** The colours of the theme, as pages/parts/charts.py has them. */
  dress(look) {
    const light = (text, opacity) => [...hex(text).map((channel) => channel / 255), opacity];
    this.palette = new Palette({ first: look.palette, scale: look.scale, lightness: look.lightness });
    this.empty = hex(look.grey);
    this.plain = hex(look.accent);
    this.colours = {
      text: look.text,
      quiet: look.quiet,
      accent: look.accent,
      surface: look.background,
      halo: look.background,
      font: look.font,
      ghost: light(look.faded, 1),
      contour: light(look.quiet, 0.55),
    };
    this.paint = null;
  }

  colourBy(column) {
    this.column = column;
    this.paint = null;
  }

  /** Colour number of each row, and the colours by number. */
  painting() {
    this.paint ??= this.column
      ? { shades: this.column.shades, colours: this.column.colours(this.palette, this.empty) }
      : { shades: new Uint8Array(this.n), colours: new Uint8Array([...this.plain, 255]) };
    return this.paint;
  }

  colourOf(row) {
    const { shades, colours } = this.painting();
    return [...colours.subarray(shades[row] * 4, shades[row] * 4 + 3)];
  }

  /** The column whose names are on the map: the one of the colours, else labels, else groups. */
  naming() {
    const usable = (column) => column?.categorical && column.names.length && column.names.length <= NAMED;
    if (usable(this.column)) return this.column;
    for (const [key, column] of this.columns.there) if ((key === "label" || key.startsWith("group:")) && usable(column)) return column;
    return null;
  }

  /** Whether a row is there and passes the filters. */
  shown(row) {
    return !this.filters.fails[row] && !this.gone?.[row];
  }

  /** (n,) of the rows that are shown. */
  showing() {
    return Uint8Array.from({ length: this.n }, (_, row) => Number(this.shown(row)));
  }

  get shownCount() {
    if (!this.gone) return this.filters.passing;
    let sum = 0;
    for (let row = 0; row < this.n; row += 1) if (this.shown(row)) sum += 1;
    return sum;
  }

  /** The true nearest neighbours of a row in the full space, as far as they are known yet. */
  near(row) {
    return this.pages?.of(row)?.near.slice(0, NEAR) ?? [];
  }
}
