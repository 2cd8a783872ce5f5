// Keys of the map as a whole, wherever the focus is but in a field or on a control elsewhere. A pane has keys of its own,
// see gestures.js.

import { KEYS } from "./toolbar.js";

const MORE = { "+": "in", "=": "in", "-": "out", _: "out", 0: "fit", "?": "help", p: "panel" };

/** Do what a key says on a map. Returns whether it says anything. */
export function pressed(event, map) {
  const { target, key } = event;
  if (!map.model || event.defaultPrevented || event.altKey) return false;
  if ((event.ctrlKey || event.metaKey) && key !== "z") return false;
  if (!map.root.contains(target) && target !== document.body) return false;
  if (target.closest?.("input, select, textarea, [contenteditable], dialog")) return false;
  const name = MORE[key] ?? KEYS[key.toLowerCase()];
  if (!name || (name === "clear" && (!map.model.selection.size || map.root.querySelector(":popover-open")))) return false;
  event.preventDefault();
  map.act(name);
  return true;
}
