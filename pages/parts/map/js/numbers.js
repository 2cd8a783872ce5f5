// A number beside the map: a histogram with a brush, whose ends can be typed as well. What is selected stands out in it.

import { el } from "./dom.js";
import { binned } from "./filters.js";
import { css } from "./palette.js";

const MOST_BINS = 48;
const EDGE = 7; // px around an end of the brush, by which it is taken

export class Numbers {
  constructor(column, map, legend) {
    Object.assign(this, { column, map, legend });
    this.canvas = el("canvas", { class: "histogram", "aria-hidden": "true" });
    const input = (side) =>
      el("input", {
        type: column.kind === "date" ? "date" : "number",
        step: column.whole ? "1" : "any",
        "aria-label": `${column.title}, ${side === "low" ? "from" : "to"}`,
        onchange: (event) => this.#typed(side, event.target),
      });
    this.inputs = { low: input("low"), high: input("high") };
    this.element = el("div", { class: "facet numbers" }, this.canvas, el("div", { class: "range" }, this.inputs.low, el("span", {}, "to"), this.inputs.high));
    this.all = null;
    this.bins = bins(column);
    this.canvas.onpointerdown = (event) => this.#press(event);
    this.canvas.onpointermove = (event) => this.#drag(event);
    this.canvas.onpointerup = () => (this.held = null);
    this.canvas.onpointercancel = () => (this.held = null);
    this.canvas.ondblclick = () => this.#set(null, null);
  }

  #read(text) {
    if (text === "") return null;
    return this.column.kind === "date" ? Date.parse(text) / 1000 : Number(text);
  }

  #typed(side, { value }) {
    const { low = null, high = null } = this.map.model.filters.condition(this.column.key) ?? {};
    const day = this.column.kind === "date" && side === "high" ? 86_399.999 : 0; // the last day is one of them
    const read = value === "" ? null : this.#read(value) + day;
    const next = { low, high, [side]: Number.isFinite(read) ? read : null };
    this.#set(next.low, next.high);
  }

  #set(low, high) {
    this.map.viewing.filter({ column: this.column.key, low, high });
  }

  #value(event) {
    const { left, width } = this.canvas.getBoundingClientRect();
    const share = Math.min(Math.max((event.clientX - left) / width, 0), 1);
    const { low, high, whole } = this.column;
    const value = low + share * (high - low);
    return whole ? Math.round(value) : value;
  }

  /** On the brush it is moved, at an end that is moved, elsewhere a new one begins. */
  #press(event) {
    this.canvas.setPointerCapture(event.pointerId);
    const { left, width } = this.canvas.getBoundingClientRect();
    const { low, high } = this.column;
    const brush = this.map.model.filters.condition(this.column.key);
    const ends = [brush?.low ?? low, brush?.high ?? high];
    const [near, far] = ends.map((end) => left + ((end - low) / (high - low || 1)) * width);
    const x = event.clientX;
    this.held = { x, from: this.#value(event), to: null };
    if (!brush) return;
    if (Math.abs(x - near) < EDGE) this.held.from = ends[1];
    else if (Math.abs(x - far) < EDGE) this.held.from = ends[0];
    else if (x > near && x < far) this.held.ends = ends;
  }

  #drag(event) {
    const { held } = this;
    if (!held || (!held.moved && Math.abs(event.clientX - held.x) < 3)) return;
    held.moved = true;
    const to = this.#value(event);
    if (!held.ends) return this.#set(Math.min(held.from, to), Math.max(held.from, to));
    const { low, high } = this.column;
    const [least, most] = held.ends;
    const by = Math.min(Math.max(to - held.from, low - least), high - most);
    this.#set(least + by, most + by);
  }

  update() {
    const { filters, selection } = this.map.model;
    this.all ??= binned(this.column, this.bins);
    this.heights = filters.histogram(this.column, this.bins);
    this.chosen = selection.size ? filters.histogram(this.column, this.bins, (row) => selection.has(row)) : null;
    const { low = null, high = null } = filters.condition(this.column.key) ?? {};
    const show = (value) => {
      if (this.column.kind === "date") return this.column.words(value);
      return this.column.whole ? String(Math.round(value)) : String(Number(value.toPrecision(4)));
    };
    for (const [side, value] of [["low", low], ["high", high]]) {
      if (document.activeElement !== this.inputs[side]) this.inputs[side].value = value === null ? "" : show(value);
      this.inputs[side].placeholder = show(this.column[side]);
    }
    this.#draw(low ?? -Infinity, high ?? Infinity);
  }

  #draw(low, high) {
    const { canvas, column, map, bins } = this;
    const ratio = devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth || 200, 64];
    [canvas.width, canvas.height] = [width * ratio, height * ratio];
    const draw = canvas.getContext("2d");
    draw.scale(ratio, ratio);
    const most = Math.max(...this.all, 1);
    const { colours, palette } = map.model;
    for (let bin = 0; bin < bins; bin += 1) {
      const [from, to] = [bin, bin + 1].map((edge) => column.low + (edge / bins) * (column.high - column.low));
      const chosen = to >= low && from <= high;
      const [left, wide] = [(bin * width) / bins, width / bins - 1];
      const tall = (count) => (count ? Math.max(2, (height - 8) * Math.sqrt(count / most)) : 0);
      draw.fillStyle = colours.quiet;
      draw.globalAlpha = 0.22;
      draw.fillRect(left, height - 6 - tall(this.all[bin]), wide, tall(this.all[bin]));
      const colour = css(palette.number((bin + 0.5) / bins));
      draw.fillStyle = this.legend ? colour : colours.accent;
      draw.globalAlpha = chosen && !this.chosen ? 1 : 0.35;
      draw.fillRect(left, height - 6 - tall(this.heights[bin]), wide, tall(this.heights[bin]));
      draw.globalAlpha = 1;
      if (this.chosen) draw.fillRect(left, height - 6 - tall(this.chosen[bin]), wide, tall(this.chosen[bin]));
      if (this.legend) {
        draw.globalAlpha = 1;
        draw.fillStyle = colour;
        draw.fillRect(left, height - 4, width / bins + 0.5, 4);
      }
    }
    draw.globalAlpha = 1;
  }
}

/** How many bars a column has: one for each value where there are few, evenly apart. */
function bins({ values, low, high }) {
  const found = new Set();
  for (let row = 0; row < values.length && found.size <= MOST_BINS; row += 1) if (values[row] === values[row]) found.add(values[row]);
  if (found.size > MOST_BINS) return MOST_BINS;
  const sorted = [...found].sort((a, b) => a - b);
  const apart = sorted.slice(1).reduce((least, value, at) => Math.min(least, value - sorted[at]), high - low);
  return apart > 0 ? Math.min(Math.round((high - low) / apart) + 1, MOST_BINS) : 1;
}
