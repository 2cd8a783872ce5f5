// The filters in words, each with a button to take it off.

import { el, icon } from "./dom.js";

const NAMED = 3; // names in a chip; the rest is counted

export function chips(view) {
  const { filters, columns } = view.model;
  const title = (key) => columns.options.get(key)?.title ?? "Path";
  const made = filters.conditions.map((condition) =>
    el(
      "span",
      { class: "chip" },
      `${title(condition.column)} ${said(condition, columns.there.get(condition.column))}`,
      el("button", { type: "button", "aria-label": `Remove the filter on ${title(condition.column)}`, onclick: () => view.filter({ column: condition.column }) }, icon("clear")),
    ),
  );
  if (!made.length) return [];
  const shown = view.model.shownCount.toLocaleString("en");
  return [
    el("strong", {}, `${shown} of ${view.model.n.toLocaleString("en")}`),
    ...made,
    el("button", { type: "button", class: "plain", onclick: () => view.clearFilters() }, "Show all"),
    el("button", { type: "button", class: "plain", onclick: () => view.takeShown() }, `Select these ${shown}`),
    el("button", { type: "button", class: "plain", onclick: () => view.act("ghosts") }, view.model.options.ghosts ? "Hide the rest" : "Show the rest faintly"),
  ];
}

export function said({ names, without, low = null, high = null, text }, column) {
  const list = (all) => {
    const some = all.slice(0, NAMED).map((name) => name || (column?.unknown ?? "no value"));
    return some.join(" or ") + (all.length > NAMED ? ` or ${all.length - NAMED} more` : "");
  };
  const words = (value) => column?.words(value) || String(value);
  if (text) return `contains “${text}”`;
  if (names) return `is ${list(names)}`;
  if (without) return `is not ${list(without)}`;
  if (low === null) return `up to ${words(high)}`;
  return high === null ? `from ${words(low)}` : `${words(low)} to ${words(high)}`;
}
