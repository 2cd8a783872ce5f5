// What the pointer is on, in all panes at once: its card, its neighbours, and the images that may be next.

const AROUND = 26; // px around the pointer, whose images are asked for beforehand
const PAGES = 4; // that are asked for at most

export class Pointing {
  /** `panes` are `{pane, card}`; `told()` are the columns that a card tells. */
  constructor(model, panes, told, hovered) {
    Object.assign(this, { model, panes, told, hovered, over: null });
  }

  /** The pointer is on a row of a pane, at a place of its screen; −1 for none. */
  hover(row, pane, at = null) {
    const { model } = this;
    if (row !== model.hovered) {
      model.hovered = row;
      this.hovered(row);
      if (row >= 0) model.pages?.coming(row).then(() => model.hovered === row && this.refresh());
      for (const one of this.panes) one.pane.point();
    }
    this.over = row < 0 ? null : { pane, at };
    if (row >= 0 && pane === this.panes[0].pane) this.#prefetch(pane, at);
    this.cards();
  }

  #prefetch(pane, at) {
    const [x, y] = pane.camera.toMap(...at);
    const around = AROUND / pane.camera.scale;
    const stretches = pane.grid.stretches(x - around, y - around, x + around, y + around);
    this.model.pages?.prefetch(stretches.slice(0, PAGES).map(([first]) => first));
  }

  cards() {
    const { hovered, pages } = this.model;
    for (const { pane, card } of this.panes) {
      if (this.over?.pane !== pane || hovered < 0) card.hide();
      else card.show(hovered, pages?.of(hovered), Boolean(pages), this.told(), this.model, this.over.at, pane.camera, pane.spots.near(hovered));
    }
  }

  /** Something has come that a card or a ring waits for. */
  refresh() {
    if (this.over) this.cards();
    for (const { pane } of this.panes) pane.redraw();
  }
}
