// The image under the pointer, and what is known of it.

import { el } from "./dom.js";
import { css } from "./palette.js";

const GAP = 18; // px from the pointer
const SIDE = 148; // px of the picture

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

  /** Show a row beside (x, y) of a pane of this size, clear of its neighbours, which `lean` to the right when it is positive.
   * What has not come yet is filled in by a later call; `waiting` is whether it will come. */
  show(row, image, waiting, columns, model, [x, y], { width, height }, lean) {
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
    const box = { width: this.element.offsetWidth, height: this.element.offsetHeight };
    const [before, after] = [x - GAP - box.width, x + GAP];
    const left = (lean > 0 && before > 6) || after + box.width > width ? before : after;
    const top = Math.min(Math.max(y - box.height / 2, 6), Math.max(height - box.height - 6, 6));
    this.element.style.translate = `${Math.max(left, 6)}px ${top}px`;
  }

  #thumbnail(image) {
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = image?.thumbnail.length ? URL.createObjectURL(new Blob([image.thumbnail], { type: "image/webp" })) : "";
    this.picture.style.visibility = this.url ? "visible" : "hidden";
    if (this.url) this.picture.src = this.url;
  }
}
