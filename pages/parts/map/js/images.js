// Images in place of dots, once there is room for them: none over another, typical ones first, and those that were there
// stay while the map moves.

const SPACING = 34; // px between neighbours, from which images are drawn
const [SMALLEST, LARGEST] = [30, 112]; // px
const MOST = 400; // on the screen
const LOOKED_AT = 6000; // points in view, above which there is no room anyway

export class Images {
  constructor() {
    this.placed = []; // rows, in the order in which they were placed
  }

  /** Choose what is drawn: `[{row, x, y}]` on the screen and the side `size`; none while the points lie too close.
   * `inView` is the number of points in view, `first(row)` the rank of a row, the smallest first. */
  place(grid, camera, { inView, pass, first }) {
    const spacing = Math.sqrt((camera.width * camera.height) / Math.max(inView, 1));
    if (spacing < SPACING || inView > LOOKED_AT) {
      this.placed = [];
      return { size: 0, images: [] };
    }
    const size = Math.round(Math.min(Math.max(spacing * 0.8, SMALLEST), LARGEST));
    const [x0, y0, x1, y1] = camera.seen();
    const seen = new Set();
    for (const [from, end] of grid.stretches(x0, y0, x1, y1)) {
      for (let p = from; p < end; p += 1) if (pass(grid.order[p])) seen.add(grid.order[p]);
    }
    const stay = this.placed.filter((row) => seen.has(row));
    const staying = new Set(stay);
    const others = [...seen].filter((row) => !staying.has(row)).sort((a, b) => first(a) - first(b) || a - b);
    const raster = new Map(); // squares of the screen → what lies there: only neighbours can be in the way
    const images = [];
    const edge = size / 2 + 3; // from the screen's: what is on it is seen whole
    for (const row of [...stay, ...others]) {
      if (images.length >= MOST) break;
      const p = grid.at[row];
      let [x, y] = camera.toScreen(grid.xs[p], grid.ys[p]);
      if (x < -size / 2 || y < -size / 2 || x > camera.width + size / 2 || y > camera.height + size / 2) continue;
      if (x >= 0 && x <= camera.width) x = Math.min(Math.max(x, edge), camera.width - edge);
      if (y >= 0 && y <= camera.height) y = Math.min(Math.max(y, edge), camera.height - edge);
      const [cx, cy] = [Math.floor(x / size), Math.floor(y / size)];
      let free = true;
      for (let dx = -1; dx <= 1 && free; dx += 1) {
        for (let dy = -1; dy <= 1 && free; dy += 1) {
          const other = raster.get((cx + dx) * 100_003 + cy + dy);
          if (other && Math.abs(other.x - x) < size + 2 && Math.abs(other.y - y) < size + 2) free = false;
        }
      }
      if (!free) continue;
      const one = { row, x, y };
      raster.set(cx * 100_003 + cy, one);
      images.push(one);
    }
    this.placed = images.map(({ row }) => row);
    return { size, images };
  }
}

/** Draw the images that have come; the others stay dots. `frame(row)` is the colour around one, `faint(row)` for those that
 * step back. */
export function draw(canvas, { size, images }, pages, { frame, faint, surface }) {
  for (const { row, x, y } of images) {
    const bitmap = pages.bitmap(row);
    if (!bitmap) continue;
    const scale = size / Math.max(bitmap.width, bitmap.height);
    const [width, height] = [bitmap.width * scale, bitmap.height * scale];
    const [left, top] = [x - width / 2, y - height / 2];
    canvas.globalAlpha = faint(row) ? 0.25 : 1;
    canvas.fillStyle = surface;
    canvas.fillRect(left - 1, top - 1, width + 2, height + 2);
    canvas.drawImage(bitmap, left, top, width, height);
    canvas.lineWidth = 2;
    canvas.strokeStyle = frame(row);
    canvas.strokeRect(left - 1, top - 1, width + 2, height + 2);
  }
  canvas.globalAlpha = 1;
}
