// A category beside the map: a list without a cap, searchable, by size or by name, with counts that follow filter and
// selection. A click shows one entry alone, with Shift more of them, Ctrl hides one.

import { el, icon } from "./dom.js";
import { css } from "./palette.js";

const LINE = 28; // px of an entry
const SEARCHED = 12; // entries from which a search field pays
const SHOWN = 9.5; // entries that are seen at once in a list that is not the legend

export class Categories {
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
    const { filters, selection } = this.map.model;
    this.counts = filters.counts(this.column);
    this.chosen = selection.size ? filters.counts(this.column, (row) => selection.has(row)) : null;
    this.most = this.counts.reduce((most, count) => Math.max(most, count), 1);
    this.#order();
    this.#draw(true);
  }

  /** Only the entries that are seen are elements. */
  #draw(anyway = false) {
    this.list.style.height = `${this.codes.length * LINE}px`; // first: the sheet is as high as that allows
    if (!this.legend) this.sheet.style.height = `${Math.min(SHOWN, this.codes.length) * LINE}px`;
    const height = this.sheet.clientHeight || SHOWN * LINE;
    const first = Math.max(0, Math.floor(this.sheet.scrollTop / LINE) - 6);
    const end = Math.min(this.codes.length, Math.ceil((this.sheet.scrollTop + height) / LINE) + 6);
    if (!anyway && first === this.first && end === this.end) return;
    [this.first, this.end] = [first, end];
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
    const count = this.counts[code].toLocaleString("en");
    const chosen = this.chosen?.[code] ?? 0;
    const said = chosen ? `${chosen.toLocaleString("en")} of ${count}` : count;
    return el(
      "div",
      {
        class: `entry${on ? "" : " off"}${at === this.at ? " here" : ""}`,
        role: "option",
        "aria-selected": String(Boolean(condition) && on),
        "data-code": code,
        "data-at": at,
        id: `${this.#id}-${at}`,
        title: `${text}: ${said}${chosen ? " selected" : ""}. Click to see it alone, Shift for several, Ctrl to hide it.`,
        style: { top: `${at * LINE}px` },
      },
      el("span", { class: "bar", style: { width: `${(100 * this.counts[code]) / this.most}%` } }),
      el("span", { class: "swatch", style: { background: on ? colour : "transparent", borderColor: colour } }),
      el("span", { class: `name${code ? "" : " unknown"}` }, text),
      el("span", { class: "count" }, said),
      el("button", { type: "button", class: "take", tabindex: "-1", title: `Select these ${count}`, "aria-label": `Select ${text}` }, icon("rectangle")),
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
    if (take) return map.choosing.category(column, code, shiftKey ? "add" : altKey ? "subtract" : "new");
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
