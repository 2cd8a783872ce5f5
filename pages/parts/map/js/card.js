// The image under the pointer, and what is known of it.

import { el } from "./dom.js";
import { css } from "./palette.js";

const GAP = 18; // px from the pointer
const SIDE = 148; // px of the picture
const EDGE = 6; // px that are left to the edge of the pane

export class Card {
  constructor(root) {
    this.picture = el("img", { alt: "", width: SIDE, height: SIDE });
    this.path = el("div", { class: "path" });
    this.facts = el("dl", {});
    this.element = el("div", { class: "card", hidden: true, "aria-hidden": "true" }, this.picture, this.path, this.facts);
    root.append(this.element);
  }

  hide() {
    this.element.hidden = true;
    this.row = -1;
  }

  /** Show a row beside `at` on a pane of this size, as clear as may be of the places `near` of its neighbours and of the lines
   * there. What has not come yet is filled in by a later call; `waiting` is whether it will come. */
  show(row, image, waiting, columns, model, at, size, near) {
    this.element.hidden = false;
    if (this.row !== row || this.id !== image?.id) {
      [this.row, this.id] = [row, image?.id];
      this.#thumbnail(image);
      this.path.textContent = image ? image.path.split("/").pop() : waiting ? "…" : "";
    }
    this.facts.replaceChildren(
      ...columns.flatMap((column) => {
        const said = column.said(row) || column.unknown;
        const swatch = column === model.column ? el("span", { class: "swatch", style: { background: css(model.colourOf(row)) } }) : null;
        return [el("dt", {}, column.title), el("dd", {}, swatch, said)];
      }),
    );
    const [left, top] = beside(at, { width: this.element.offsetWidth, height: this.element.offsetHeight }, size, near);
    this.element.style.translate = `${left}px ${top}px`;
  }

  #thumbnail(image) {
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = image?.thumbnail.length ? URL.createObjectURL(new Blob([image.thumbnail])) : "";
    this.picture.style.visibility = this.url ? "visible" : "hidden";
    if (this.url) this.picture.src = this.url;
  }
}

/** Where a box goes beside a place: of those around it the one that covers least of what leads from there to others. */
function beside([x, y], box, { width, height }, near) {
  const lefts = [x + GAP, x - GAP - box.width, x - box.width / 2];
  const tops = [y - box.height / 2, y + GAP, y - GAP - box.height];
  const parts = [0.35, 0.7, 1]; // of the way, at which a line is looked at
  const points = near.flatMap((one) => parts.map((part) => [x + (one.x - x) * part, y + (one.y - y) * part]));
  let best = [EDGE, EDGE];
  let least = Infinity;
  for (const left of lefts) {
    for (const top of tops) {
      const at = [held(left, width - box.width), held(top, height - box.height)];
      const covers = (px, py, room) => px > at[0] - room && px < at[0] + box.width + room && py > at[1] - room && py < at[1] + box.height + room;
      if (covers(x, y, GAP / 2)) continue;
      const covered = points.filter(([px, py]) => covers(px, py, 4)).length;
      if (covered < least) [best, least] = [at, covered];
    }
  }
  return best;
}

function held(at, most) {
  return Math.min(Math.max(at, EDGE), Math.max(most - EDGE, EDGE));
}
