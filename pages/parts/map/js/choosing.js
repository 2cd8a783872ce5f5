// The selection between the map, the server that keeps it, and the page that hears of it.

import { Echoes } from "./echoes.js";
import { ask, bits } from "./planes.js";
import { packed, unpacked } from "./rows.js";

const GROWN_BY = 5; // neighbours of each image, as the server does

export class Choosing {
  /** `on` has changed(), told(hash) and failed(text). */
  constructor(model, addresses, on) {
    Object.assign(this, { model, addresses, on });
    this.own = ""; // hash that is shown
    this.echoes = new Echoes(); // of hashes
    this.turn = 0; // what is asked for later counts, whichever answer comes last
  }

  /** Combine rows with the selection, see selection.js. A shape around nothing changes nothing: clearing has a button. */
  combine(rows, mode, how) {
    if (mode === "new" && !rows.includes(1)) return;
    if (this.model.selection.combine(rows, mode, how)) this.#changed();
  }

  /** What lies inside a shape on the screen of a pane. */
  lasso(pane, shape, mode = "new") {
    if (pane.grid) this.combine(pane.spots.within(shape), mode, `${this.model.tool === "rectangle" ? "box" : "lasso"} on the map`);
  }

  /** One category, as far as it is shown. */
  category(column, code, mode) {
    const { model } = this;
    const rows = Uint8Array.from(column.codes, (one, row) => Number(one === code && model.shown(row)));
    this.combine(rows, mode, `${column.title} ${code ? column.names[code - 1] : column.unknown}`);
  }

  shown() {
    this.combine(this.model.showing(), "new", "what a filter shows");
  }

  /** One image: `mode` may be "toggle" as well. */
  one(row, mode) {
    const { n, selection } = this.model;
    const rows = new Uint8Array(n);
    rows[row] = 1;
    this.combine(rows, mode === "toggle" ? (selection.has(row) ? "subtract" : "add") : mode, "clicks on the map");
  }

  undo() {
    if (this.model.selection.undo()) this.#changed();
  }

  clear() {
    if (this.model.selection.replace(new Uint8Array(this.model.n), "")) this.#changed();
  }

  invert() {
    const { selection } = this.model;
    if (selection.size && selection.invert(this.model.showing())) this.#changed();
  }

  /** Add the nearest neighbours in the full space. Returns whether there were any more. */
  async grow() {
    const { selection } = this.model;
    const { rows } = selection;
    const grown = await (this.addresses.grow ? this.#grown() : this.#grownHere());
    if (selection.rows !== rows) return true; // something else was selected meanwhile
    const more = selection.replace(grown, `${selection.how}, with neighbours`);
    if (more) this.#changed();
    return more;
  }

  /** What the page says it is: from a link, another page, the last visit. */
  async adopt(hash) {
    if (this.echoes.hears(hash) || hash === this.own) return;
    const turn = (this.turn += 1);
    const { model } = this;
    const rows = hash ? unpacked(await bits(`${this.addresses.selections}${hash}`), model.n) : new Uint8Array(model.n);
    if (turn !== this.turn) return;
    this.own = hash;
    model.selection.adopt(rows, "a selection");
    this.on.changed();
  }

  /** The server is told first, then all that is drawn follows. */
  #changed() {
    this.#keep();
    this.on.changed();
  }

  async #keep() {
    const { selection } = this.model;
    const turn = (this.turn += 1);
    if (!selection.size || !this.addresses.select) return this.#tell("");
    try {
      const address = `${this.addresses.select}?how=${encodeURIComponent(selection.how)}`;
      const { hash } = await (await ask(address, { method: "POST", body: selection.packed() })).json();
      if (turn === this.turn) this.#tell(hash);
    } catch (error) {
      this.on.failed(`The selection could not be kept. ${error.message}`);
    }
  }

  #tell(hash) {
    this.own = hash;
    this.echoes.add(hash);
    this.on.told(hash);
  }

  async #grown() {
    const answer = await ask(this.addresses.grow, { method: "POST", body: packed(this.model.selection.rows) });
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
}
