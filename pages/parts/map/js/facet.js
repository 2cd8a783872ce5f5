// One column beside the map. A category is a list without a cap: searchable, by size or by name, with counts that follow the
// filter; a click shows one entry alone, with Shift more of them, Ctrl hides one. A number is a histogram with a brush.

import { el, icon } from "./dom.js";
import { binned } from "./filters.js";
import { css } from "./palette.js";

const LINE = 28; // px of an entry
const SEARCHED = 12; // entries from which a search field pays
const SHOWN = 9.5; // entries that are seen at once in a list that is not the legend
const BINS = 48;

export function facet(column, map, legend) {
  if (column.empty) return { column, element: el("p", { class: "nothing" }, `No image has a ${column.kind} here.`), update() {} };
  return column.categorical ? new Categories(column, map, legend) : new Numbers(column, map, legend);
}

class Categories {
  constructor(column, map, legend) {
    Object.assign(this, { column, map, legend, text: "", by: "size" });
    this.search = el("input", {
      type: "search",
      placeholder: `Search ${column.names.length.toLocaleString("en")} names`,
      "aria-label": `Search in ${column.title}`,
      oninput: () => this.#searched(),
    });
    this.sort = el("button", { type: "button", class: "plain", onclick: () => this.#turn() });
    this.list = el("div", { class: "entries", role: "listbox", "aria-multiselectable": "true", "aria-label": column.title, tabindex: "0" });
    this.sheet = el("div", { class: "sheet" }, this.list);
    this.sheet.onscroll = () => this.#draw();
    this.list.onclick = (event) => this.#clicked(event);
    this.list.onkeydown = (event) => this.#key(event);
    this.at = 0;
    const many = column.names.length > SEARCHED;
    this.element = el("div", { class: "facet categories" }, el("div", { class: "find" }, many ? this.search : null, column.names.length > 1 ? this.sort : null), this.sheet);
  }

  #turn() {
    this.by = this.by === "size" ? "name" : "size";
    this.update();
  }

  #searched() {
    this.text = this.search.value.trim().toLowerCase();
    this.sheet.scrollTop = 0;
    this.#order();
    this.#draw(true);
  }

  /** Entries in the order in which they are listed: codes, 0 for no value. */
  #order() {
    const { names } = this.column;
    this.sort.replaceChildren(icon(this.by));
    this.sort.title = this.by === "size" ? "Sorted by size. Click to sort by name." : "Sorted by name. Click to sort by size.";
    this.sort.setAttribute("aria-label", this.sort.title);
    let codes = names.map((_, at) => at + 1);
    if (this.text) codes = codes.filter((code) => names[code - 1].toLowerCase().includes(this.text));
    if (this.by === "name") codes.sort((a, b) => names[a - 1].localeCompare(names[b - 1], "en", { numeric: true }));
    const unknown = !this.text && (this.counts[0] > 0 || this.map.model.filters.condition(this.column.key));
    this.codes = unknown ? [...codes, 0] : codes;
  }

  /** Counts and marks follow the filters. */
  update() {
    this.counts = this.map.model.filters.counts(this.column);
    this.most = this.counts.reduce((most, count) => Math.max(most, count), 1);
    this.#order();
    this.#draw(true);
  }

  /** Only the entries that are seen are elements. */
  #draw(anyway = false) {
    const height = this.sheet.clientHeight || SHOWN * LINE;
    const first = Math.max(0, Math.floor(this.sheet.scrollTop / LINE) - 6);
    const end = Math.min(this.codes.length, Math.ceil((this.sheet.scrollTop + height) / LINE) + 6);
    if (!anyway && first === this.first && end === this.end) return;
    [this.first, this.end] = [first, end];
    this.list.style.height = `${this.codes.length * LINE}px`;
    if (!this.legend) this.sheet.style.height = `${Math.min(SHOWN, this.codes.length) * LINE}px`;
    const condition = this.map.model.filters.condition(this.column.key);
    this.list.replaceChildren(...this.codes.slice(first, end).map((code, at) => this.#entry(code, first + at, condition)));
    if (!this.codes.length) this.list.replaceChildren(el("p", { class: "nothing" }, "No name holds this."));
  }

  #entry(code, at, condition) {
    const { column, map } = this;
    const name = code ? column.names[code - 1] : "";
    const on = !condition || (condition.names ? condition.names.includes(name) : !condition.without?.includes(name));
    const colour = this.legend ? css(code ? map.model.palette.category(code - 1) : map.model.empty) : "currentColor";
    const text = code ? name : column.unknown;
    const count = this.counts[code];
    return el(
      "div",
      {
        class: `entry${on ? "" : " off"}${at === this.at ? " here" : ""}`,
        role: "option",
        "aria-selected": String(Boolean(condition) && on),
        "data-code": code,
        "data-at": at,
        id: `${this.#id}-${at}`,
        title: `${text}: ${count.toLocaleString("en")}`,
        style: { top: `${at * LINE}px` },
      },
      el("span", { class: "bar", style: { width: `${(100 * count) / this.most}%` } }),
      el("span", { class: "swatch", style: { background: on ? colour : "transparent", borderColor: colour } }),
      el("span", { class: `name${code ? "" : " unknown"}` }, text),
      el("span", { class: "count" }, count.toLocaleString("en")),
      el("button", { type: "button", class: "take", tabindex: "-1", title: `Select these ${count.toLocaleString("en")}`, "aria-label": `Select ${text}` }, icon("pick")),
    );
  }

  get #id() {
    return `kindred-${this.column.key.replace(/\W/g, "_")}`;
  }

  #clicked(event) {
    const entry = event.target.closest(".entry");
    if (!entry) return;
    this.at = Number(entry.dataset.at);
    this.#choose(Number(entry.dataset.code), event, Boolean(event.target.closest(".take")));
  }

  #choose(code, { shiftKey, ctrlKey, metaKey, altKey }, take) {
    const { map, column } = this;
    const name = code ? column.names[code - 1] : "";
    if (take) return map.take(column, code, shiftKey ? "add" : altKey ? "subtract" : "new");
    const { names = [], without = [] } = map.model.filters.condition(column.key) ?? {};
    const other = (list) => (list.includes(name) ? list.filter((one) => one !== name) : [...list, name]);
    if (ctrlKey || metaKey) map.viewing.filter(names.length ? { column: column.key, names: names.filter((one) => one !== name) } : { column: column.key, without: other(without) });
    else if (shiftKey) map.viewing.filter({ column: column.key, names: other(names) });
    else map.viewing.filter({ column: column.key, names: names.length === 1 && names[0] === name ? [] : [name] });
  }

  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8, Home: -Infinity, End: Infinity }[event.key];
    if (step !== undefined) {
      this.at = Math.min(Math.max(this.at + step, 0), this.codes.length - 1);
      const top = this.at * LINE;
      if (top < this.sheet.scrollTop) this.sheet.scrollTop = top;
      if (top + LINE > this.sheet.scrollTop + this.sheet.clientHeight) this.sheet.scrollTop = top + LINE - this.sheet.clientHeight;
      this.#draw(true);
      this.list.setAttribute("aria-activedescendant", `${this.#id}-${this.at}`);
    } else if (event.key === "Enter" || event.key === " ") this.#choose(this.codes[this.at], event, false);
    else if (event.key.toLowerCase() === "t") this.#choose(this.codes[this.at], event, true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

class Numbers {
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
    this.canvas.onpointerdown = (event) => this.#press(event);
    this.canvas.onpointermove = (event) => this.#drag(event);
    this.canvas.onpointerup = () => (this.from = null);
    this.canvas.onpointercancel = () => (this.from = null);
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

  #press(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.from = this.#value(event);
    this.fromX = event.clientX;
  }

  #drag(event) {
    if (this.from === null || this.from === undefined || Math.abs(event.clientX - this.fromX) < 3) return;
    const to = this.#value(event);
    this.#set(Math.min(this.from, to), Math.max(this.from, to));
  }

  update() {
    const { filters } = this.map.model;
    this.all ??= binned(this.column, BINS);
    this.heights = filters.histogram(this.column, BINS);
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
    const { canvas, column, map } = this;
    const ratio = devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth || 200, 64];
    [canvas.width, canvas.height] = [width * ratio, height * ratio];
    const draw = canvas.getContext("2d");
    draw.scale(ratio, ratio);
    const most = Math.max(...this.all, 1);
    const { colours, palette } = map.model;
    for (let bin = 0; bin < BINS; bin += 1) {
      const [from, to] = [bin, bin + 1].map((edge) => column.low + (edge / BINS) * (column.high - column.low));
      const chosen = to >= low && from <= high;
      const [left, wide] = [(bin * width) / BINS, width / BINS - 1];
      const tall = (count) => (count ? Math.max(2, (height - 8) * Math.sqrt(count / most)) : 0);
      draw.fillStyle = colours.quiet;
      draw.globalAlpha = 0.22;
      draw.fillRect(left, height - 6 - tall(this.all[bin]), wide, tall(this.all[bin]));
      draw.globalAlpha = chosen ? 1 : 0.35;
      const colour = css(palette.number((bin + 0.5) / BINS));
      draw.fillStyle = this.legend ? colour : colours.accent;
      draw.fillRect(left, height - 6 - tall(this.heights[bin]), wide, tall(this.heights[bin]));
      if (this.legend) {
        draw.globalAlpha = 1;
        draw.fillStyle = colour;
        draw.fillRect(left, height - 4, width / BINS + 0.5, 4);
      }
    }
    draw.globalAlpha = 1;
  }
}
