// Where one looked at each map, for as long as the browser's tab is open: who comes back to a map, from another page or by
// loading it again, finds what was seen last.

const NAME = "kindred map ";

/** x, y and zoom; empty when there is nothing to come back to. */
export function remembered(map) {
  try {
    return sessionStorage.getItem(NAME + map)?.split("_").map(Number) ?? [];
  } catch {
    return []; // a browser may forbid it
  }
}

/** `text` is what `Camera.text` says; null for all of the map. */
export function remember(map, text) {
  try {
    if (text === null) sessionStorage.removeItem(NAME + map);
    else sessionStorage.setItem(NAME + map, text);
  } catch {
    // then not
  }
}
