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
    this.echoes = []; // views that the page was told and has not repeated yet
    this.epoch = 0; // of the filters as a whole: what was begun in an earlier one is not wanted any more
    this.turns = new Map(); // column → the latest condition on it that is being prepared
    this.pending = null; // conditions that are being adopted
    this.adopting = Promise.resolve();
    this.telling = null;
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
    if (other("version") && this.panes[0].address === data.map.points) this.#pages();
    this.root.setAttribute("data-points", String(data.n));
    this.root.setAttribute("aria-label", data.alt);
    const work = [data.map, data.beside].filter(Boolean).map((map, at) => this.#show(at, map));
    if (other("gone")) work.push(this.#gone());
    const echo = this.#echoed(data);
    const [colour, filter] = ["colour", "filter"].map((name) => anew || (other(name) && !echo));
    if (other("columns") || colour) work.push(this.#colour(colour ? data.colour : this.colour));
    if (other("columns") || filter) work.push(this.#adoptFilter(filter ? data.filter : this.model.filters.conditions));
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
    this.epoch += 1;
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
    element.dataset.hand = this.model.tool;
    this.panes.push({ pane, card: new Card(element), gestures, address: "" });
  }

  async #show(at, map) {
    const one = this.panes[at];
    one.pane.entitle(this.data.beside ? map.title : "");
    if (one.address === map.points) return;
    one.address = map.points;
    try {
      if (!(await one.pane.show(map.points))) return;
    } catch (error) {
      if (one.address !== map.points) return; // another one is on its way
      one.address = ""; // asked for again with the next word from the page
      one.pane.say("");
      throw error;
    }
    if (at === 0 && this.data.at.length && !this.looked) one.pane.look(this.data.at);
    if (at === 0) {
      this.looked = true;
      this.#pages();
    }
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
    const { model, data } = this;
    const gone = data.gone ? unpacked(await bits(data.gone), data.n) : null;
    if (model !== this.model || data.gone !== this.data.gone) return;
    model.gone = gone;
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
    const turn = (this.colouring = {});
    try {
      const column = await model.columns.get(key);
      if (this.colouring !== turn || this.model !== model) return;
      model.colourBy(column);
      this.panel.options(this.data.columns, column ? key : "");
      this.panel.show(column);
      for (const { pane } of this.panes) pane.colours();
      for (const wanted of this.data.told) model.columns.get(wanted).then(() => this.#arrived(), () => {}); // said elsewhere
    } catch (error) {
      if (this.colouring === turn) this.say(error.message);
    }
  }

  /** A column has come that cards tell or that names the map. */
  #arrived() {
    for (const { pane } of this.panes) pane.settled = false;
    this.pointing.refresh();
  }

  /** Put a condition in force, see filters.js. */
  async filter(condition) {
    const turn = {};
    this.turns.set(condition.column, turn);
    await this.adopting; // or it would be put over by what came before
    const { epoch } = this;
    const ready = await this.#prepared(condition);
    if (!ready || epoch !== this.epoch || this.turns.get(condition.column) !== turn) return;
    this.#put(condition, ready);
    this.#restate();
    this.#tellView();
  }

  /** What a condition needs: its column, and the rows of a text. Null when it cannot be had. */
  async #prepared(condition) {
    const { model, data } = this;
    try {
      const [column, found] = await Promise.all([
        model.columns.get(condition.column),
        condition.text && data.match ? bits(`${data.match}?text=${encodeURIComponent(condition.text)}`) : null,
      ]);
      const path = condition.column === "path" && (!condition.text || found);
      return column || path ? { column, found: found && unpacked(found, model.n) } : null;
    } catch (error) {
      this.say(error.message);
      return null;
    }
  }

  #put(condition, { column, found }) {
    if (!this.model.filters.set(condition, column, found)) this.say("Sixteen filters are the most that can be in force.");
  }

  clearFilters() {
    this.epoch += 1;
    this.pending = null;
    this.model.filters.clear();
    this.#restate();
    this.#tellView();
  }

  /** What the page says is filtered: all of it at once, when everything that it needs has come. */
  #adoptFilter(conditions) {
    this.adopting = this.#adopted(conditions);
    return this.adopting;
  }

  async #adopted(conditions) {
    const epoch = (this.epoch += 1);
    this.pending = conditions;
    const ready = await Promise.all(conditions.map((condition) => this.#prepared(condition)));
    if (epoch !== this.epoch) return;
    this.pending = null;
    this.model.filters.clear();
    conditions.forEach((condition, at) => ready[at] && this.#put(condition, ready[at]));
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
    this.telling = setTimeout(() => {
      this.telling = null;
      if (this.ended) return;
      const view = { colour: this.colour ?? "", filter: this.pending ?? this.model.filters.conditions };
      this.echoes.push(JSON.stringify([view.colour, view.filter]));
      this.tell.view({ ...view, options: this.model.options });
    }, TOLD);
  }

  /** Whether the page only repeats what it was told, or is about to be told something newer. */
  #echoed({ colour, filter }) {
    const at = this.echoes.indexOf(JSON.stringify([colour, filter]));
    if (at >= 0) this.echoes.splice(0, at + 1);
    return at >= 0 || this.telling !== null;
  }

  // -- selecting ------------------------------------------------------------------------------------------------

  /** Select what lies inside a shape on the screen of a pane. */
  lasso(shape, mode = "new", pane = this.panes[0].pane) {
    if (!pane.grid) return;
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
      gestures.drop();
      gestures.touchable();
      pane.element.dataset.hand = tool;
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
    if (!this.panes[0].pane.style) return; // nothing has been drawn
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
