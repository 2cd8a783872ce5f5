// One column beside the map, as a legend or as a filter alone.

import { Categories } from "./categories.js";
import { el } from "./dom.js";
import { Numbers } from "./numbers.js";

export function facet(column, map, legend) {
  if (column.empty) return { column, element: el("p", { class: "nothing" }, `No image has a ${column.kind} here.`), update() {} };
  return column.categorical ? new Categories(column, map, legend) : new Numbers(column, map, legend);
}
