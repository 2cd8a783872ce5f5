// Beside the map: what the colours mean, and every column as a filter.

import { el, icon } from "./dom.js";
import { facet } from "./facet.js";

const TYPING = 250; // ms

export class Panel {
  constructor(root, map) {
    Object.assign(this, { root, map });
    this.facets = new Map(); // key → facet that is open, apart from the legend
    this.colour = el("select", { "aria-label": "Colour by", onchange: () => map.viewing.colourBy(this.colour.value) });
    this.legend = el("div", { class: "legend" });
    this.others = el("div", { class: "others" });
    this.text = el("input", { type: "search", placeholder: "Path contains …", "aria-label": "Path contains", oninput: () => this.#typed() });
    root.append(
      el("div", { class: "head" }, el("label", {}, el("span", {}, "Colour by"), this.colour), el("button", { type: "button", class: "plain close", title: "Close", "aria-label": "Close the panel", onclick: () => map.act("panel") }, icon("clear"))),
      this.legend,
      el("h4", {}, "Filter"),
      map.data.match && !map.data.alone ? this.text : "",
      this.others,
    );
  }

  /** There are other columns, or the first ones. */
  options(options, chosen) {
    const key = JSON.stringify([options.map((option) => [option.key, option.title, option.address]), chosen]);
    if (key === this.known) return;
    this.known = key;
    this.colour.replaceChildren(...options.map(({ key, title }) => el("option", { value: key }, title)), el("option", { value: "" }, "Nothing"));
    this.colour.value = chosen;
    const open = new Set([...this.others.querySelectorAll("details[open]")].map((one) => one.dataset.key));
    this.facets.clear();
    this.others.replaceChildren(
      ...options.filter((option) => option.key !== chosen).map(({ key, title }) => {
        const body = el("div", { class: "body" });
        const details = el("details", { "data-key": key, ontoggle: () => this.#toggled(details, key, body) }, el("summary", {}, title), body);
        details.open = open.has(key) || Boolean(this.map.model.filters.condition(key));
        return details;
      }),
    );
  }

  /** The legend of the column that the points are coloured by. */
  show(column) {
    this.main = column ? facet(column, this.map, true) : null;
    this.legend.replaceChildren(this.main?.element ?? el("p", { class: "nothing" }, "All points have one colour."));
    this.main?.update();
  }

  async #toggled(details, key, body) {
    if (!details.open) return this.facets.delete(key);
    if (this.facets.has(key)) return;
    body.textContent = "Fetching …";
    try {
      const column = await this.map.model.columns.get(key);
      if (!column || !details.open) return;
      const made = facet(column, this.map, false);
      this.facets.set(key, made);
      body.replaceChildren(made.element);
      made.update();
    } catch (error) {
      body.textContent = error.message;
    }
  }

  #typed() {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.map.viewing.filter({ column: "path", text: this.text.value.trim() }), TYPING);
  }

  /** Counts, brushes and marks follow the filters. */
  update() {
    for (const { column } of this.map.model.filters.conditions) this.others.querySelector(`[data-key="${CSS.escape(column)}"]`)?.setAttribute("open", "");
    this.main?.update();
    for (const one of this.facets.values()) one.update();
    const text = this.map.model.filters.condition("path")?.text ?? "";
    if (this.text.getRootNode().activeElement !== this.text) this.text.value = text;
  }
}
