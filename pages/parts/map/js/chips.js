// The filters in words, each with a button to take it off.

import { el, icon } from "./dom.js";

const NAMED = 3; // names in a chip; the rest is counted

export class Chips {
  constructor(root, map) {
    Object.assign(this, { root, map });
  }

  /** Say what is in force now. The focus stays on the button that it was on, or goes to the one that takes its place. */
  update() {
    const before = this.#buttons();
    const at = before.indexOf(document.activeElement);
    this.root.replaceChildren(...this.#made());
    if (at < 0) return;
    const after = this.#buttons();
    const same = after.find((button) => said(button) === said(before[at]));
    (same ?? after[Math.min(at, after.length - 1)] ?? this.map.panes[0]?.pane.element)?.focus();
  }

  #buttons() {
    return [...this.root.querySelectorAll("button")];
  }

  #made() {
    const { map } = this;
    const { filters, columns, shownCount, n, options } = map.model;
    if (!filters.active) return [el("span", { class: "all" }, `${n.toLocaleString("en")} images`)];
    const title = (key) => columns.options.get(key)?.title ?? "Path";
    const shown = shownCount.toLocaleString("en");
    const plain = (text, onclick) => el("button", { type: "button", class: "plain", onclick }, text);
    return [
      el("strong", {}, `${shown} of ${n.toLocaleString("en")}`),
      ...filters.conditions.map((condition) => {
        const { column } = condition;
        const off = { type: "button", "aria-label": `Remove the filter on ${title(column)}`, onclick: () => map.viewing.filter({ column }) };
        return el("span", { class: "chip" }, `${title(column)} ${words(condition, columns.there.get(column))}`, el("button", off, icon("clear")));
      }),
      plain("Show all", () => map.viewing.clear()),
      shownCount ? plain(`Select these ${shown}`, () => map.choosing.shown()) : "",
      plain(options.ghosts ? "Hide the rest" : "Show the rest faintly", () => map.act("ghosts")),
    ];
  }
}

function said(button) {
  return button.getAttribute("aria-label") ?? button.textContent;
}

/** What a condition on a column says. */
export function words({ names, without, low = null, high = null, text }, column) {
  const list = (all) => {
    const some = all.slice(0, NAMED).map((name) => name || (column?.unknown ?? "no value"));
    return some.join(" or ") + (all.length > NAMED ? ` or ${all.length - NAMED} more` : "");
  };
  const number = (value) => column?.words(value) || String(value);
  if (text) return `contains “${text}”`;
  if (names) return `is ${list(names)}`;
  if (without) return `is not ${list(without)}`;
  if (low === null) return `up to ${number(high)}`;
  return high === null ? `from ${number(low)}` : `${number(low)} to ${number(high)}`;
}
