// Which colours and filters are in force: chosen here, or by the page, whose word may be older than what was chosen since.
// The page hears of a choice a moment after the last one, and will repeat it; in between nothing that it says counts.

import { Echoes } from "./echoes.js";
import { bits } from "./planes.js";
import { unpacked } from "./rows.js";

const TOLD = 350; // ms after the last change, after which the page is told

export class Viewing {
  /** `on` has coloured(column), changed(), told(view) and failed(text). */
  constructor(on) {
    this.on = on;
    this.colour = ""; // key of a column; empty for one colour
    this.echoes = new Echoes(); // of views
    this.epoch = 0; // of the filters as a whole: what was begun in an earlier one is not wanted any more
    this.turns = new Map(); // column → the latest condition on it that is being prepared
    this.pending = null; // conditions that are being adopted
    this.adopting = Promise.resolve();
    this.telling = null;
  }

  /** A map of other rows has come. */
  begin(model) {
    this.model = model;
    this.epoch += 1;
  }

  end() {
    clearTimeout(this.telling);
    this.epoch += 1;
  }

  // -- colours --------------------------------------------------------------------------------------------------

  async colourBy(key) {
    await this.show(key);
    this.tell();
  }

  /** Colour by a column, once it has come. */
  async show(key) {
    this.colour = key;
    const { model } = this;
    const turn = (this.colouring = {});
    try {
      const column = await model.columns.get(key);
      if (this.colouring !== turn || this.model !== model) return;
      model.colourBy(column);
      this.on.coloured(column);
    } catch (error) {
      if (this.colouring === turn) this.on.failed(error.message);
    }
  }

  // -- filters --------------------------------------------------------------------------------------------------

  /** Put a condition in force, see filters.js. */
  async filter(condition) {
    const turn = {};
    this.turns.set(condition.column, turn);
    await this.adopting; // or it would be put over by what came before
    const { epoch } = this;
    const ready = await this.#prepared(condition);
    if (!ready || epoch !== this.epoch || this.turns.get(condition.column) !== turn) return;
    this.#put(condition, ready);
    this.on.changed();
    this.tell();
  }

  clear() {
    this.epoch += 1;
    this.pending = null;
    this.model.filters.clear();
    this.on.changed();
    this.tell();
  }

  /** What the page says is filtered: all of it at once, when everything that it needs has come. */
  adopt(conditions) {
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
    this.on.changed();
  }

  /** What a condition needs: its column, and the rows of a text. Null when it cannot be had. */
  async #prepared(condition) {
    const { model, match } = this;
    try {
      const [column, found] = await Promise.all([
        model.columns.get(condition.column),
        condition.text && match ? bits(`${match}?text=${encodeURIComponent(condition.text)}`) : null,
      ]);
      const path = condition.column === "path" && (!condition.text || found);
      return column || path ? { column, found: found && unpacked(found, model.n) } : null;
    } catch (error) {
      this.on.failed(error.message);
      return null;
    }
  }

  #put(condition, { column, found }) {
    if (!this.model.filters.set(condition, column, found)) this.on.failed("Sixteen filters are the most that can be in force.");
  }

  // -- what the page hears and says -----------------------------------------------------------------------------

  tell() {
    clearTimeout(this.telling);
    this.telling = setTimeout(() => {
      this.telling = null;
      const view = { colour: this.colour, filter: this.pending ?? this.model.filters.conditions };
      this.echoes.add(JSON.stringify([view.colour, view.filter]));
      this.on.told(view);
    }, TOLD);
  }

  /** Whether the page only repeats what it was told, or is about to be told something newer. */
  repeated({ colour, filter }) {
    return this.echoes.hears(JSON.stringify([colour, filter])) || this.telling !== null;
  }
}
