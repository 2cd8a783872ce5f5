// The map as one component: panes, tools, panel and card over one model, and what is told to the page around it.
//
// Gestures never leave the browser until they are finished. Then the page hears `selected` (the hash under which the server
// keeps the images), `opened` (the id of an image), and `view` (colours and filters, which belong into the URL).

import { Card } from "./card.js";
import { chips } from "./chips.js";
import { Choosing } from "./choosing.js";
import { el } from "./dom.js";
import { Gestures } from "./gestures.js";
import { Model } from "./model.js";
import { Pages } from "./pages.js";
import { Pane } from "./pane.js";
import { Panel } from "./panel.js";
import { bits } from "./planes.js";
import { Pointing } from "./pointing.js";
import { unpacked } from "./rows.js";
import { KEYS, Toolbar } from "./toolbar.js";

const TOLD = 350; // ms after the last change, after which the page is told of colours and filters
const HINT = 1600; // ms
const CLOSER = 1.6; // a key's step
const ROOM = 0.15; // around a selection that one goes to, of its size
const LEAST = 0.01; // of the map, so that one image is not all there is to see
const MORE_KEYS = { "+": "in", "=": "in", "-": "out", _: "out", 0: "fit", "?": "help", p: "panel" };

export class KindredMap {
  /** `root` is the component's element; `tell` has selected(hash), opened(id) and view(state). */
  constructor(root, tell) {
    Object.assign(this, { root, tell, panes: [], data: {} });
    root.kindredMap = this; // for tests and automation
    root.replaceChildren(
      (this.tools = el("div", { class: "tools", role: "toolbar", "aria-label": "Map tools" })),
      (this.chips = el("div", { class: "chips", role: "status" })),
      el(
        "div",
        { class: "body" },
        (this.stage = el("div", { class: "stage" })),
        (this.side = el("aside", { class: "side", "aria-label": "Colours and filters" })),
      ),
      (this.note = el("div", { class: "note", role: "alert", hidden: true })),
      (this.summary = el("p", { class: "unseen", "aria-live": "polite" })),
    );
    this.toolbar = new Toolbar(this.tools, (name) => this.act(name));
    this.onkey = (event) => this.#shortcut(event);
    document.addEventListener("keydown", this.onkey);
  }

  end() {
    this.ended = true;
    document.removeEventListener("keydown", this.onkey);
    this.model?.pages?.end();
    for (const { pane } of this.panes) pane.end();
  }

  // -- what the page says ---------------------------------------------------------------------------------------

  async update(data) {
    const before = this.data;
    this.data = data;
    const anew = !this.model || before.rows !== data.rows;
    const other = (name) => anew || JSON.stringify(before[name]) !== JSON.stringify(data[name]);
    if (anew) this.#begin(data);
    const { model } = this;
    if (other("look")) this.#dress();
    model.columns.update(data.columns);
    model.exemplars = new Set(data.exemplars);
    model.opened = data.opened;
    this.choosing.addresses = data;
    this.#panes(data);
    if (other("version")) this.#pages();
    this.root.setAttribute("data-points", String(data.n));
    this.root.setAttribute("aria-label", data.alt);
    const work = [data.map, data.beside].filter(Boolean).map((map, at) => this.#show(at, map));
    if (other("gone")) work.push(this.#gone());
    if (other("version") || (other("colour") && data.colour !== this.colour)) work.push(this.#colour(data.colour));
    if (other("version") || other("filter")) work.push(this.#adoptFilter(data.filter, other("version")));
    if (other("selection")) work.push(this.choosing.adopt(data.selection));
    for (const { pane } of this.panes) pane.point();
    try {
      await Promise.all(work);
    } catch (error) {
      this.say(error.message);
    }
    this.#said();
  }

  #begin(data) {
    this.model?.pages?.end();
    const { tool = "pan", options = data.options } = this.model ?? {};
    this.model = new Model(data.n, data.columns);
    this.model.tool = tool;
    Object.assign(this.model.options, options);
    this.model.dress(data.look);
    for (const { pane } of this.panes) pane.end();
    this.panes = [];
    this.stage.replaceChildren();
    this.side.replaceChildren();
    this.panel = new Panel(this.side, this);
    this.panel.options(data.columns, data.colour);
    this.choosing = new Choosing(this.model, data, {
      changed: () => this.#restate(),
      told: (hash) => this.tell.selected(hash),
      failed: (text) => this.say(text),
    });
    this.pointing = new Pointing(this.model, this.panes, () => this.#told(), (row) => this.root.setAttribute("data-hover", row < 0 ? "" : String(row)));
  }

  #dress() {
    this.model.dress(this.data.look);
    for (const { pane } of this.panes) pane.colours();
    this.panel.show(this.model.column);
  }

  #panes(data) {
    const wanted = data.beside ? 2 : 1;
    while (this.panes.length > wanted) {
      const { pane } = this.panes.pop();
      pane.end();
      pane.element.remove();
    }
    while (this.panes.length < wanted) this.#pane(this.panes.length);
    this.stage.classList.toggle("two", wanted === 2);
  }

  #pane(at) {
    const name = at ? "Second map" : "Map. Arrow keys move a crosshair, question mark lists all keys.";
    const element = el("div", { class: "pane", role: "application", "aria-roledescription": "map", "aria-label": name });
    this.stage.append(element);
    const pane = new Pane(this.model, element, {
      changed: () => this.#prefetch(pane),
      painted: (times) => at === 0 && this.#painted(times),
    });
    const gestures = new Gestures(pane, this.model, {
      hover: (row, x, y) => this.pointing.hover(row, pane, [x, y]),
      leave: () => this.pointing.hover(-1, pane),
      moved: () => this.pointing.hover(-1, pane),
      click: (row, mode) => this.#click(row, mode),
      drawn: (shape, mode) => this.lasso(shape, mode, pane),
      hint: (text) => this.hint(text, pane),
      key: (event) => this.#shortcut(event),
    });
    gestures.touchable();
    this.panes.push({ pane, card: new Card(element), gestures, address: "" });
  }

  async #show(at, map) {
    const one = this.panes[at];
    one.pane.entitle(this.data.beside ? map.title : "");
    if (one.address === map.points) return;
    one.address = map.points;
    const first = !one.pane.grid;
    try {
      await one.pane.show(map.points);
    } catch (error) {
      one.address = ""; // asked for again with the next word from the page
      throw error;
    }
    if (first && this.data.at.length && one.pane.grid) one.pane.look(this.data.at);
    if (at === 0) this.#pages();
    this.#said();
  }

  #pages() {
    const grid = this.panes[0]?.pane.grid;
    if (!grid || !this.data.pages) return;
    const { pages } = this.data;
    this.model.pages?.end();
    this.model.pages = new Pages((number) => `${pages}${number}`, grid, () => !this.ended && this.pointing.refresh());
    this.#prefetch(this.panes[0].pane);
  }

  async #gone() {
    const { gone, n } = this.data;
    this.model.gone = gone ? unpacked(await bits(gone), n) : null;
    this.#restate();
  }

  // -- colours and filters --------------------------------------------------------------------------------------

  async colourBy(key) {
    await this.#colour(key);
    this.#tellView();
  }

  async #colour(key) {
    this.colour = key;
    const { model } = this;
    try {
      const column = await model.columns.get(key);
      if (this.colour !== key || this.model !== model) return;
      model.colourBy(column);
      this.panel.options(this.data.columns, column ? key : "");
      this.panel.show(column);
      for (const { pane } of this.panes) pane.colours();
      for (const wanted of this.data.told) model.columns.get(wanted).then(() => this.pointing.refresh());
    } catch (error) {
      this.say(error.message);
    }
  }

  /** Put a condition in force, see filters.js. */
  async filter(condition) {
    await this.#apply(condition);
    this.#restate();
    this.#tellView();
  }

  async #apply(condition) {
    const { model } = this;
    try {
      const [column, found] = await Promise.all([
        model.columns.get(condition.column),
        condition.text && this.data.match ? bits(`${this.data.match}?text=${encodeURIComponent(condition.text)}`) : null,
      ]);
      if (!column && (condition.column !== "path" || (condition.text && !found))) return;
      if (!model.filters.set(condition, column, found && unpacked(found, model.n))) this.say("Sixteen filters are the most that can be in force.");
    } catch (error) {
      this.say(error.message);
    }
  }

  clearFilters() {
    this.model.filters.clear();
    this.#restate();
    this.#tellView();
  }

  async #adoptFilter(conditions, anyway) {
    if (!anyway && JSON.stringify(conditions) === JSON.stringify(this.model.filters.conditions)) return;
    this.model.filters.clear();
    for (const condition of conditions) await this.#apply(condition);
    this.#restate();
  }

  /** Filters or selection have changed: all that follows. */
  #restate() {
    const { model } = this;
    this.root.setAttribute("data-selected", String(model.selection.size));
    for (const { pane } of this.panes) {
      pane.states();
      if (model.options.contours) pane.contours();
    }
    this.panel.update();
    this.chips.replaceChildren(...chips(this));
    this.#said();
  }

  #tellView() {
    clearTimeout(this.telling);
    const view = () => ({ colour: this.colour ?? "", filter: this.model.filters.conditions, options: this.model.options });
    this.telling = setTimeout(() => !this.ended && this.tell.view(view()), TOLD);
  }

  // -- selecting ------------------------------------------------------------------------------------------------

  /** Select what lies inside a shape on the screen of a pane. */
  lasso(shape, mode = "new", pane = this.panes[0].pane) {
    this.choosing.combine(pane.within(shape), mode, `${this.model.tool === "rectangle" ? "box" : "lasso"} on the map`);
  }

  /** Select one category. */
  take(column, code, mode) {
    const { model } = this;
    const rows = Uint8Array.from(column.codes, (one, row) => Number(one === code && model.shown(row)));
    this.choosing.combine(rows, mode, `${column.title} ${code ? column.names[code - 1] : column.unknown}`);
  }

  takeShown() {
    this.choosing.combine(this.model.showing(), "new", "what a filter shows");
  }

  async #click(row, mode) {
    if (row < 0) return;
    const { model } = this;
    if (mode !== "new") {
      const one = new Uint8Array(model.n);
      one[row] = 1;
      const put = mode === "toggle" ? (model.selection.has(row) ? "subtract" : "add") : mode;
      return this.choosing.combine(one, put, "clicks on the map");
    }
    if (this.data.alone) return;
    const image = await model.pages?.coming(row);
    if (image) this.tell.opened(image.id);
    else this.say("This image could not be fetched. Try again.");
  }

  async #grow() {
    if (!this.model.selection.size) return;
    try {
      if (!(await this.choosing.grow())) this.hint("Their nearest neighbours are all selected already");
    } catch (error) {
      this.say(error.message);
    }
  }

  // -- tools and keys -------------------------------------------------------------------------------------------

  act(name) {
    const { model } = this;
    const acts = {
      fit: () => this.#each((pane) => pane.fly(pane.camera.fit())),
      focus: () => this.#each((pane) => this.#focus(pane)),
      in: () => this.#each((pane) => pane.fly(pane.camera.closer(CLOSER))),
      out: () => this.#each((pane) => pane.fly(pane.camera.closer(1 / CLOSER))),
      undo: () => this.choosing.undo(),
      clear: () => this.choosing.clear(),
      invert: () => this.choosing.invert(),
      grow: () => this.#grow(),
      panel: () => this.#panelled(),
      export: () => this.#export(),
      help: () => this.toolbar.toggle("help"),
    };
    if (name in acts) acts[name]();
    else if (name in model.options) this.#layer(name);
    else this.#take(name);
    this.#said();
  }

  #take(tool) {
    this.model.tool = tool;
    for (const { gestures, pane } of this.panes) {
      gestures.touchable();
      pane.element.dataset.tool = tool;
    }
  }

  #layer(name) {
    const { options } = this.model;
    options[name] = !options[name];
    this.#each((pane) => {
      if (name === "contours") pane.contours();
      if (name === "ghosts") pane.states();
      pane.moved();
    });
    this.chips.replaceChildren(...chips(this));
    this.#tellView();
  }

  /** Open or close the panel: wide screens have it beside the map from the beginning, narrow ones over it. */
  #panelled() {
    this.root.classList.toggle("panelled");
    this.panel.update();
  }

  async #export() {
    const { fill } = await import("./export.js");
    fill(this.toolbar.exports, this);
    this.toolbar.toggle("export");
  }

  #each(visit) {
    for (const { pane } of this.panes) if (pane.grid) visit(pane);
  }

  #focus(pane) {
    const box = pane.around(this.model.selection.rows);
    if (!box) return;
    const least = (pane.box[2] - pane.box[0]) * LEAST;
    const [roomX, roomY] = [Math.max((box[2] - box[0]) * ROOM, least), Math.max((box[3] - box[1]) * ROOM, least)];
    pane.fly(pane.camera.fit([box[0] - roomX, box[1] - roomY, box[2] + roomX, box[3] + roomY]));
  }

  /** A key of the map, wherever the focus is but in a field or on a control elsewhere. Returns whether it was one. */
  #shortcut(event) {
    const { target, key } = event;
    if (!this.model || event.defaultPrevented || event.altKey) return false;
    if ((event.ctrlKey || event.metaKey) && key !== "z") return false;
    if (!this.root.contains(target) && target !== document.body) return false;
    if (target.closest?.("input, select, textarea, [contenteditable], dialog")) return false;
    const name = MORE_KEYS[key] ?? KEYS[key.toLowerCase()];
    if (!name || (name === "clear" && (!this.model.selection.size || this.root.querySelector(":popover-open")))) return false;
    event.preventDefault();
    this.act(name);
    return true;
  }

  // -- what is said ---------------------------------------------------------------------------------------------

  /** The columns that are said of an image: the one of the colours first. */
  #told() {
    const { column, columns } = this.model;
    return [...new Set([column, ...this.data.told.map((key) => columns.there.get(key))])].filter(Boolean);
  }

  #prefetch(pane) {
    if (pane !== this.panes[0]?.pane || !pane.grid) return;
    this.model.pages?.prefetch(pane.layout.images.map(({ row }) => pane.grid.at[row]));
  }

  say(text) {
    this.note.replaceChildren(text, el("button", { type: "button", class: "plain", onclick: () => (this.note.hidden = true) }, "Dismiss"));
    this.note.hidden = !text;
  }

  hint(text, pane = this.panes[0].pane) {
    pane.say(text);
    clearTimeout(this.hinting);
    this.hinting = setTimeout(() => pane.wait.textContent === text && pane.say(""), HINT);
  }

  #painted({ first, frame }) {
    if (first !== undefined) this.root.setAttribute("data-first-draw-ms", first.toFixed(0));
    if (frame !== undefined) this.root.setAttribute("data-frame-ms", frame.toFixed(1));
  }

  #said() {
    const { model } = this;
    this.toolbar.update(model);
    const shown = model.shownCount;
    const parts = [`Map of ${model.n.toLocaleString("en")} images`];
    if (model.column) parts.push(`coloured by ${model.column.title}`);
    if (shown < model.n) parts.push(`${shown.toLocaleString("en")} shown`);
    parts.push(model.selection.size ? `${model.selection.size.toLocaleString("en")} selected` : "nothing selected");
    const said = `${parts.join(", ")}.`;
    if (this.summary.textContent !== said) this.summary.textContent = said;
  }
}
