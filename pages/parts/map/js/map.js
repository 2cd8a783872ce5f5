// The map as one component: panes, tools, panel and card over one model, and what is told to the page around it.
//
// Gestures never leave the browser until they are finished. Then the page hears `selected` (the hash under which the server
// keeps the images), `opened` (the id of an image), and `view` (colours and filters, which belong into the URL).

import { act } from "./acts.js";
import { Card } from "./card.js";
import { Chips } from "./chips.js";
import { Choosing } from "./choosing.js";
import { el } from "./dom.js";
import { Gestures } from "./gestures.js";
import { pressed } from "./keys.js";
import { Model } from "./model.js";
import { Pages } from "./pages.js";
import { Pane } from "./pane.js";
import { Panel } from "./panel.js";
import * as places from "./places.js";
import { bits } from "./planes.js";
import { Pointing } from "./pointing.js";
import { unpacked } from "./rows.js";
import { Toolbar } from "./toolbar.js";
import { Viewing } from "./viewing.js";

const HINT = 1600; // ms
const COUNTED = 120; // ms after a selection, after which the panel counts what is in it

export class KindredMap {
  /** `root` is the component's element; `tell` has selected(hash), opened(id) and view(state). */
  constructor(root, tell) {
    Object.assign(this, { root, tell, panes: [], data: {} });
    this.viewing = new Viewing({
      coloured: (column) => this.#coloured(column),
      changed: () => this.#filtered(),
      told: (view) => tell.view({ ...view, options: this.model.options }),
      failed: (text) => this.say(text),
    });
    root.kindredMap = this; // for tests and automation
    const tools = el("div", { class: "tools", role: "toolbar", "aria-label": "Map tools" });
    const chips = el("div", { class: "chips", role: "group", "aria-label": "Filters in force" });
    this.stage = el("div", { class: "stage" });
    this.side = el("aside", { class: "side", "aria-label": "Colours and filters" });
    this.note = el("div", { class: "note", role: "alert", hidden: true });
    this.summary = el("p", { class: "unseen", "aria-live": "polite" });
    root.replaceChildren(tools, chips, el("div", { class: "body" }, this.stage, this.side), this.note, this.summary);
    this.chips = new Chips(chips, this);
    this.toolbar = new Toolbar(tools, (name) => this.act(name));
    this.onkey = (event) => pressed(event, this);
    document.addEventListener("keydown", this.onkey);
  }

  end() {
    this.ended = true;
    this.viewing.end();
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
    const { viewing } = this;
    viewing.match = data.match;
    const repeated = viewing.repeated(data);
    const [colour, filter] = ["colour", "filter"].map((name) => anew || (other(name) && !repeated));
    if (other("columns") || colour) work.push(viewing.show(colour ? data.colour : viewing.colour));
    if (other("columns") || filter) work.push(viewing.adopt(filter ? data.filter : model.filters.conditions));
    if (other("selection")) work.push(this.choosing.adopt(data.selection));
    for (const { pane } of this.panes) pane.point();
    try {
      await Promise.all(work);
    } catch (error) {
      this.say(error.message);
    }
    this.said();
  }

  #begin(data) {
    this.model?.pages?.end();
    const { tool = "pan", options = data.options } = this.model ?? {};
    this.model = new Model(data.n, data.columns);
    this.model.tool = tool;
    Object.assign(this.model.options, options);
    this.model.dress(data.look);
    this.viewing.begin(this.model);
    this.root.setAttribute("data-selected", "0");
    for (const { pane } of this.panes) pane.end();
    this.panes = [];
    this.stage.replaceChildren();
    this.side.replaceChildren();
    this.panel = new Panel(this.side, this);
    this.panel.options(data.columns, data.colour);
    this.choosing = new Choosing(this.model, data, {
      changed: () => this.#chosen(),
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
      changed: () => this.#settled(pane),
      painted: (times) => at === 0 && this.#painted(times),
    });
    const gestures = new Gestures(pane, this.model, {
      hover: (row, x, y) => this.pointing.hover(row, pane, [x, y]),
      leave: () => this.pointing.hover(-1, pane),
      moved: () => this.pointing.hover(-1, pane),
      click: (row, mode) => this.#click(row, mode),
      drawn: (shape, mode) => this.choosing.lasso(pane, shape, mode),
      hint: (text) => this.hint(text, pane),
      key: (event) => pressed(event, this),
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
      this.failed = true;
      one.pane.say("");
      throw error;
    }
    if (this.failed) this.say("");
    this.failed = false;
    const place = this.data.at.length ? this.data.at : places.remembered(map.points);
    if (at === 0 && place.length && !this.looked) one.pane.look(place);
    if (at === 0) {
      this.looked = true;
      this.#pages();
    }
    this.said();
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
    this.#filtered();
  }

  /** The points have other colours. */
  #coloured(column) {
    const { columns } = this.model;
    this.panel.options(this.data.columns, column?.key ?? "");
    this.panel.show(column);
    for (const { pane } of this.panes) pane.colours();
    for (const wanted of this.data.told) columns.get(wanted).then(() => this.#arrived(), () => {}); // said elsewhere
    this.said();
  }

  /** A column has come that cards tell or that names the map. */
  #arrived() {
    for (const { pane } of this.panes) pane.settled = false;
    this.pointing.refresh();
  }

  /** What is shown has changed. */
  #filtered() {
    for (const { pane } of this.panes) {
      pane.states();
      if (this.model.options.contours) pane.contours();
    }
    this.panel.update();
    this.chips.update();
    this.said();
  }

  /** What is selected has changed. */
  #chosen() {
    this.root.setAttribute("data-selected", String(this.model.selection.size));
    for (const { pane } of this.panes) pane.states();
    this.said();
    clearTimeout(this.counting);
    this.counting = setTimeout(() => !this.ended && this.panel.update(), COUNTED); // once the map shows it
  }

  // -- tools ----------------------------------------------------------------------------------------------------

  async #click(row, mode) {
    if (row < 0) return;
    if (mode !== "new") return this.choosing.one(row, mode);
    if (this.data.alone) return;
    const image = await this.model.pages?.coming(row);
    if (image) this.tell.opened(image.id);
    else this.say("This image could not be fetched. Try again.");
  }

  /** Do what a button or key says, see acts.js. */
  act(name) {
    act(this, name);
  }

  // -- what is said ---------------------------------------------------------------------------------------------

  /** The columns that are said of an image: the one of the colours first. */
  #told() {
    const { column, columns } = this.model;
    return [...new Set([column, ...this.data.told.map((key) => columns.there.get(key))])].filter(Boolean);
  }

  /** A pane has come to rest. */
  #settled(pane) {
    if (pane !== this.panes[0]?.pane || !pane.grid) return;
    this.#prefetch(pane);
    const { camera } = pane;
    if (this.looked && !this.data.alone) places.remember(this.panes[0].address, camera.same(camera.fit()) ? null : camera.text());
  }

  #prefetch(pane) {
    if (!pane.grid) return;
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

  /** Say in words, and on the buttons, what is shown now. */
  said() {
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
