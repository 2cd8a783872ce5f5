// What follows the pointer, as a few vectors over the map: the points below are never drawn again for it, and a browser
// without a GPU paints only where something moved.

const SQUARE = 11; // px of reach, from which something is an image and not a dot
const SVG = "http://www.w3.org/2000/svg";

export class Overlay {
  constructor(svg) {
    const path = (name) => {
      const made = document.createElementNS(SVG, "path");
      made.setAttribute("class", name);
      svg.append(made);
      return made;
    };
    this.paths = Object.fromEntries(["lines", "near", "over", "opened", "shape", "crosshair"].map((name) => [name, path(name)]));
  }

  /** Rings around what is pointed at and what is open, lines to true neighbours, the shape being drawn, the crosshair. */
  draw(pane) {
    const { model } = pane;
    const spot = (row) => (row >= 0 && pane.spots.has(row) ? pane.spots.of(row) : null);
    const ready = pane.grid && pane.style;
    const over = ready && spot(model.hovered);
    const near = over ? pane.spots.near(model.hovered) : [];
    this.#set("lines", near.map(({ x, y }) => `M${over.x} ${over.y}L${x} ${y}`).join(""));
    this.#set("near", near.map(ring).join(""));
    this.#set("over", over ? ring(over) : "");
    this.#set("opened", ready && spot(model.opened) ? ring(spot(model.opened)) : "");
    this.#set("shape", pane.shape?.length > 1 ? `M${pane.shape.map(([x, y]) => `${x} ${y}`).join("L")}Z` : "");
    this.#set("crosshair", pane.crosshair ? cross(pane.crosshair) : "");
  }

  #set(name, way) {
    if (this.paths[name].getAttribute("d") !== way) this.paths[name].setAttribute("d", way);
  }
}

function ring({ x, y, reach }) {
  if (reach > SQUARE) return `M${x - reach - 2} ${y - reach - 2}h${2 * reach + 4}v${2 * reach + 4}h${-2 * reach - 4}Z`;
  const radius = Math.max(reach + 1.5, 4);
  return `M${x - radius} ${y}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0Z`;
}

function cross([x, y]) {
  return [[1, 0], [-1, 0], [0, 1], [0, -1]].map(([dx, dy]) => `M${x + dx * 5} ${y + dy * 5}L${x + dx * 16} ${y + dy * 16}`).join("");
}
