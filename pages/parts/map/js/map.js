// The map as one component: panes, tools, panel and card over one model, and what is told to the page around it.
//
// Gestures never leave the browser until they are finished. Then the page hears `selected` (the hash under which the server
// keeps the images), `opened` (the id of an image), and `view` (colours and filters, which belong into the URL).

import { Card } from "./card.js";
import { chips } from "./chips.js";
import { el } from "./dom.js";
import { Gestures } from "./gestures.js";
import { Model } from "./model.js";
import { Pages } from "./pages.js";
import { Pane } from "./pane.js";
import { Panel } from "./panel.js";
import { ask, bits } from "./planes.js";
import { packed, unpacked } from "./rows.js";
import { KEYS, Toolbar } from "./toolbar.js";

const TOLD = 350; // ms after the last change, after which the page is told of colours and filters
const AROUND = 26; // px around the pointer, whose images are asked for beforehand
const HINT = 1600; // ms
const GROWN_BY = 5; // neighbours of each image, as the server does

export class KindredMap {
  /** `root` is the component's element; `tell` has selected(hash), opened(id) and view(state). */
  constructor(root, tell) {
    Object.assign(this, { root, tell });
    root.kindredMap = this; // for tests and automation
    root.replaceChildren(
      (this.tools = el("div", { class: "tools", role: "toolbar", "aria-label": "Map tools" })),
      (this.chips = el("div", { class: "chips", role: "status" })),
      (this.body = el("div", { class: "body" }, (this.stage = el("div", { class: "stage" })), (this.side = el("aside", { class: "side", "aria-label": "Colours and filters" })))),
      (this.note = el("div", { class: "note", role: "alert", hidden: true })),
      (this.summary = el("p", { class: "unseen", "aria-live": "polite" })),
    );
    this.toolbar = new Toolbar(this.tools, (name) => this.act(name));
    this.panes = [];
    this.heard = {}; // what the page said last
    this.sent = 0;
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
    const before = this.heard;
    this.heard = data;
    this.data = data;
    const anew = !this.model || before.rows !== data.rows;
    if (anew) this.#begin(data);
    const { model } = this;
    if (JSON.stringify(before.look) !== JSON.stringify(data.look)) this.#dress(data);
    model.columns.update(data.columns);
    model.exemplars = new Set(data.exemplars);
    model.opened = data.opened;
    this.#panes(data);
    if (anew || before.version !== data.version) this.#pages(data);
    this.root.setAttribute("data-points", String(data.n));
    this.root.setAttribute("aria-label", data.alt);
    const work = [];
    for (const [at, map] of [data.map, data.beside].filter(Boolean).entries()) work.push(this.#show(at, map, data));
    if (anew || before.gone !== data.gone) work.push(this.#gone(data));
    if (anew || before.version !== data.version || (before.colour !== data.colour && data.colour !== this.colour)) work.push(this.#colour(data.colour));
    if (anew || before.version !== data.version || JSON.stringify(before.filter) !== JSON.stringify(data.filter)) work.push(this.#adoptFilter(data.filter, anew || before.version !== data.version));
    if (anew || before.selection !== data.selection) work.push(this.#adoptSelection(data.selection));
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
    const { tool = "pan", options = null } = this.model ?? {};
    this.model = new Model(data.n, data.columns);
    this.model.tool = tool;
    Object.assign(this.model.options, options ?? data.options);
    this.model.dress(data.look);
    for (const { pane } of this.panes) pane.end();
    this.panes = [];
    this.stage.replaceChildren();
    this.side.replaceChildren();
    this.panel = new Panel(this.side, this);
    this.panel.options(data.columns, data.colour);
  }

  #dress(data) {
    this.root.dataset.theme = data.look.theme;
    this.model.dress(data.look);
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
    const element = el("div", { class: "pane", role: "application", "aria-roledescription": "map" });
    element.setAttribute("aria-label", at ? "Second map" : "Map. Arrow keys move a crosshair, question mark lists all keys.");
    this.stage.append(element);
    const pane = new Pane(this.model, element, {
      changed: () => this.#prefetch(pane),
      painted: (times) => at === 0 && this.#painted(times),
    });
    const card = new Card(element);
    const gestures = new Gestures(pane, this.model, {
      hover: (row, x, y) => this.#hover(row, pane, [x, y]),
      leave: () => this.#hover(-1, pane),
      click: (row, mode) => this.#click(row, mode),
      drawn: (shape, mode) => this.lasso(shape, mode, pane),
      moved: () => this.#hover(-1, pane),
      hint: (text) => this.hint(text, pane),
      key: (event) => this.#shortcut(event),
    });
    gestures.touchable();
    this.panes.push({ pane, card, gestures, address: "" });
  }

  async #show(at, map, data) {
    const one = this.panes[at];
    const title = one.pane.element.querySelector(".title");
    title.textContent = map.title;
    title.hidden = !data.beside;
    if (one.address === map.points) return;
    one.address = map.points;
    const first = !one.pane.grid;
    await one.pane.show(map.points);
    if (first && data.at.length && one.pane.grid) one.pane.look(data.at);
    if (at === 0) this.#pages(this.data);
    this.#said();
  }

  #pages(data) {
    const grid = this.panes[0]?.pane.grid;
    if (!grid || !data.pages) return;
    this.model.pages?.end();
    this.model.pages = new Pages((number) => `${data.pages}${number}`, grid, () => this.#arrived());
    this.#prefetch(this.panes[0].pane);
  }

  async #gone(data) {
    this.model.gone = data.gone ? unpacked(await bits(data.gone), data.n) : null;
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
      for (const wanted of this.data.told) model.columns.get(wanted).then(() => this.#arrived());
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
    const [column, found] = await Promise.all([
      model.columns.get(condition.column),
      condition.text && this.data.match ? bits(`${this.data.match}?text=${encodeURIComponent(condition.text)}`) : null,
    ]);
    if (!column && (condition.column !== "path" || (condition.text && !found))) return;
    if (!model.filters.set(condition, column, found && unpacked(found, model.n))) this.say("Sixteen filters are the most that can be in force.");
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

  // -- selection ------------------------------------------------------------------------------------------------

  /** Select what lies inside a shape on the screen of a pane. */
  lasso(shape, mode = "new", pane = this.panes[0].pane) {
    const rows = pane.within(shape);
    const how = `${this.model.tool === "rectangle" ? "box" : "lasso"} on the map`;
    this.#combine(rows, mode, how);
  }

  /** Select one category. */
  take(column, code, mode) {
    const { model } = this;
    const rows = Uint8Array.from(column.codes, (one, row) => Number(one === code && model.shown(row)));
    this.#combine(rows, mode, `${column.title} ${code ? column.names[code - 1] : column.unknown}`);
  }

  /** Select these rows. */
  choose(rows) {
    this.#combine(rows, "new", "chosen before");
  }

  takeShown() {
    this.#combine(this.model.showing(), "new", "what a filter shows");
  }

  #combine(rows, mode, how) {
    // A shape around nothing changes nothing: clearing has a button of its own.
    if (mode === "new" && !rows.includes(1)) return;
    if (this.model.selection.combine(rows, mode, how)) this.#selected();
  }

  /** The selection has changed here: the server keeps it, the page hears of it, and the points follow. */
  #selected() {
    const { selection } = this.model;
    this.root.setAttribute("data-selected", String(selection.size));
    this.#keep();
    this.#restate();
  }

  async #keep() {
    const { selection, n } = this.model;
    const turn = (this.sent += 1);
    if (!selection.size || !this.data.select) return this.#tellSelected("");
    const address = `${this.data.select}?how=${encodeURIComponent(selection.how)}`;
    try {
      const { hash } = await (await ask(address, { method: "POST", body: selection.packed() })).json();
      if (turn === this.sent && n === this.model.n) this.#tellSelected(hash);
    } catch (error) {
      this.say(`The selection could not be kept. ${error.message}`);
    }
  }

  #tellSelected(hash) {
    this.own = hash;
    this.tell.selected(hash);
  }

  async #adoptSelection(hash) {
    if (hash === this.own) return;
    this.own = hash;
    const { model } = this;
    const turn = (this.sent += 1);
    const rows = hash ? unpacked(await bits(`${this.data.selections}${hash}`), model.n) : new Uint8Array(model.n);
    if (turn !== this.sent || model !== this.model) return;
    model.selection.adopt(rows, "a selection");
    this.root.setAttribute("data-selected", String(model.selection.size));
    this.#restate();
  }

  async #grow() {
    const { model } = this;
    try {
      const grown = await (this.data.grow ? this.#grown() : this.#grownHere());
      if (model.selection.replace(grown, `${model.selection.how}, with neighbours`)) this.#selected();
      else this.hint("Their nearest neighbours are all selected already");
    } catch (error) {
      this.say(error.message);
    }
  }

  async #grown() {
    const answer = await ask(this.data.grow, { method: "POST", body: packed(this.model.selection.rows) });
    return unpacked(new Uint8Array(await answer.arrayBuffer()), this.model.n);
  }

  /** Without a server: by the neighbours that came with the images. */
  async #grownHere() {
    const { pages, selection } = this.model;
    if (!pages) throw new Error("This file came without images, and so without their neighbours.");
    const grown = selection.rows.slice();
    for (const row of selection.listed()) for (const near of (await pages.coming(row))?.near.slice(0, GROWN_BY) ?? []) grown[near] = 1;
    return grown;
  }

  // -- tools and keys -------------------------------------------------------------------------------------------

  act(name) {
    const { model } = this;
    const { pane } = this.panes[0];
    if (["pan", "lasso", "rectangle"].includes(name)) {
      model.tool = name;
      for (const { gestures, pane } of this.panes) {
        gestures.touchable();
        pane.element.dataset.tool = name;
      }
    } else if (name === "fit") this.#each((one) => one.fly(one.camera.fit()));
    else if (name === "focus") this.#each((one) => this.#focus(one));
    else if (name === "undo") model.selection.undo() && this.#selected();
    else if (name === "clear") model.selection.replace(new Uint8Array(model.n), "") && this.#selected();
    else if (name === "invert") model.selection.size && model.selection.invert(model.showing()) && this.#selected();
    else if (name === "grow") model.selection.size && this.#grow();
    else if (name in model.options) {
      model.options[name] = !model.options[name];
      this.#each((one) => {
        if (name === "contours") one.contours();
        one.moved();
      });
      this.#tellView();
    } else if (name === "panel") this.#panelled();
    else if (name === "export") this.#export();
    else if (name === "help") this.toolbar.toggle("help");
    else if (name === "in" || name === "out") this.#each((one) => one.fly(one.camera.closer(name === "in" ? 1.6 : 1 / 1.6)));
    pane.element.dataset.tool = model.tool;
    this.#said();
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
    const [width, height] = [box[2] - box[0], box[3] - box[1]];
    const least = (pane.box[2] - pane.box[0]) * 0.01; // so that one image is not all there is to see
    const [roomX, roomY] = [Math.max(width * 0.15, least), Math.max(height * 0.15, least)];
    pane.fly(pane.camera.fit([box[0] - roomX, box[1] - roomY, box[2] + roomX, box[3] + roomY]));
  }

  /** A key of the map, wherever the focus is, but in a field or on another control. Returns whether it was one. */
  #shortcut(event) {
    if (!this.model || event.defaultPrevented || event.ctrlKey && event.key !== "z" || event.metaKey && event.key !== "z" || event.altKey) return false;
    const { target } = event;
    const within = this.root.contains(target);
    if (!within && target !== document.body) return false;
    if (target.closest?.("input, select, textarea, [contenteditable], dialog")) return false;
    const name = { "+": "in", "=": "in", "-": "out", _: "out", "0": "fit", "?": "help", p: "panel" }[event.key] ?? KEYS[event.key.toLowerCase()];
    if (!name || (name === "clear" && !this.model.selection.size)) return false;
    if (this.root.querySelector(":popover-open") && name === "clear") return false;
    event.preventDefault();
    this.act(name);
    return true;
  }

  // -- pointer --------------------------------------------------------------------------------------------------

  #hover(row, pane, at = null) {
    const { model } = this;
    if (row !== model.hovered) {
      model.hovered = row;
      this.root.setAttribute("data-hover", row < 0 ? "" : String(row));
      if (row >= 0) model.pages?.coming(row).then(() => model.hovered === row && this.#arrived());
      for (const one of this.panes) one.pane.point();
    }
    this.pointing = row < 0 ? null : { pane, at };
    if (row >= 0 && at) {
      const [x, y] = pane.camera.toMap(...at);
      const around = AROUND / pane.camera.scale;
      if (pane === this.panes[0].pane) {
        const stretches = pane.grid.stretches(x - around, y - around, x + around, y + around).slice(0, 4);
        model.pages?.prefetch(stretches.map(([first]) => first));
      }
    }
    this.#cards();
  }

  #cards() {
    for (const { pane, card } of this.panes) {
      if (this.pointing?.pane !== pane || this.model.hovered < 0) card.hide();
      else {
        const { hovered, pages, columns, column } = this.model;
        const told = [...new Set([column, ...this.data.told.map((key) => columns.there.get(key))])].filter(Boolean);
        card.show(hovered, pages?.of(hovered), told, this.model, this.pointing.at, pane.camera, pane.lean(hovered));
      }
    }
  }

  /** An image, its neighbours or a column has come: whatever waits for it is drawn. */
  #arrived() {
    if (this.ended) return;
    if (this.pointing) this.#cards();
    for (const { pane } of this.panes) pane.redraw();
  }

  #prefetch(pane) {
    if (pane !== this.panes[0]?.pane || !pane.layout.images.length) return;
    this.model.pages?.prefetch(pane.layout.images.map(({ row }) => pane.grid.at[row]));
  }

  async #click(row, mode) {
    if (row < 0) return;
    const { model } = this;
    if (mode !== "new") {
      const one = new Uint8Array(model.n);
      one[row] = 1;
      const put = mode === "toggle" ? (model.selection.has(row) ? "subtract" : "add") : mode;
      if (model.selection.combine(one, put, "clicks on the map")) this.#selected();
      return;
    }
    if (this.data.alone) return;
    const image = await model.pages?.coming(row);
    if (image) this.tell.opened(image.id);
    else this.say("This image could not be fetched. Try again.");
  }

  // -- what is said ---------------------------------------------------------------------------------------------

  say(text) {
    this.note.replaceChildren(text, el("button", { type: "button", class: "plain", onclick: () => (this.note.hidden = true) }, "Dismiss"));
    this.note.hidden = !text;
  }

  hint(text, pane = this.panes[0].pane) {
    const { wait } = pane;
    pane.say(text);
    clearTimeout(this.hinting);
    this.hinting = setTimeout(() => wait.textContent === text && pane.say(""), HINT);
  }

  #painted({ first, frame }) {
    if (first !== undefined) this.root.setAttribute("data-first-draw-ms", first.toFixed(0));
    if (frame !== undefined) this.root.setAttribute("data-frame-ms", frame.toFixed(1));
  }

  #said() {
    const { model } = this;
    this.toolbar.update(model);
    const { selection } = model;
    const shown = model.shownCount;
    const parts = [`Map of ${model.n.toLocaleString("en")} images`];
    if (model.column) parts.push(`coloured by ${model.column.title}`);
    if (shown < model.n) parts.push(`${shown.toLocaleString("en")} shown`);
    parts.push(selection.size ? `${selection.size.toLocaleString("en")} selected` : "nothing selected");
    const said = `${parts.join(", ")}.`;
    if (this.summary.textContent !== said) this.summary.textContent = said;
  }
}
