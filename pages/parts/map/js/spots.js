// Where rows are on the screen of a pane, and which rows are where.

export class Spots {
  constructor(pane) {
    this.pane = pane;
  }

  /** Whether a row is on this map. */
  has(row) {
    const { grid } = this.pane;
    return grid.at[row] < grid.n;
  }

  /** The image or dot of a row: its place on the screen and how far it reaches. */
  of(row) {
    const { grid, camera, layout, style } = this.pane;
    const p = grid.at[row];
    const [x, y] = camera.toScreen(grid.xs[p], grid.ys[p]);
    return { x, y, reach: layout.images.some((one) => one.row === row) ? layout.size / 2 + 2 : style.size / 2 + 1 };
  }

  /** The spots of the true neighbours of a row that are on this map. */
  near(row) {
    const { model } = this.pane;
    return model.near(row).flatMap((other) => (this.has(other) ? [this.of(other)] : []));
  }

  /** The row at a place of the screen, −1 where there is none: an image that covers it, else the nearest dot. */
  at(left, top, reach) {
    const { grid, camera, layout, style, model } = this.pane;
    if (!grid || !style) return -1;
    const half = layout.size / 2;
    for (let k = layout.images.length - 1; k >= 0; k -= 1) {
      const { row, x, y } = layout.images[k];
      if (Math.abs(x - left) <= half && Math.abs(y - top) <= half) return row;
    }
    const radius = Math.max(reach, style.size / 2 + 3) / camera.scale;
    const p = grid.nearest(...camera.toMap(left, top), radius, (position) => model.shown(grid.order[position]));
    return p < 0 ? -1 : grid.order[p];
  }

  /** The shown rows inside a polygon on the screen, as a set. */
  within(shape) {
    const { grid, camera, model } = this.pane;
    const { order } = grid;
    const { fails } = model.filters;
    const rows = new Uint8Array(order.length);
    const polygon = shape.map(([left, top]) => camera.toMap(left, top));
    grid.inside(polygon, (first, end) => {
      for (let p = first; p < end; p += 1) {
        const row = order[p];
        if (!fails[row]) rows[row] = 1;
      }
    });
    if (model.gone) for (let row = 0; row < rows.length; row += 1) if (model.gone[row]) rows[row] = 0;
    return rows;
  }

  /** The box of the map around rows; null for none. */
  around(rows) {
    const { grid } = this.pane;
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (let row = 0; row < rows.length; row += 1) {
      if (!rows[row] || !this.has(row)) continue;
      const p = grid.at[row];
      box[0] = Math.min(box[0], grid.xs[p]);
      box[1] = Math.min(box[1], grid.ys[p]);
      box[2] = Math.max(box[2], grid.xs[p]);
      box[3] = Math.max(box[3], grid.ys[p]);
    }
    return box[0] <= box[2] ? box : null;
  }
}
