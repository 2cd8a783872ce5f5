// How many points lie where, as a smooth field over the map: counted on a raster, then blurred three times by boxes, which
// comes close to a Gaussian.

const SIDE = 256;
const [FINEST, COARSEST] = [3, 11]; // cells each way that it is blurred by
const LEVELS = 7;

/** The field of the points that `pass`: heights (side, side) bytes over `box`; null when there are none. */
export function density(grid, [x0, y0, x1, y1], pass) {
  const [roomX, roomY] = [(x1 - x0 || 1) * 0.08, (y1 - y0 || 1) * 0.08];
  const box = [x0 - roomX, y0 - roomY, x1 + roomX, y1 + roomY];
  let field = new Float32Array(SIDE * SIDE);
  const [perX, perY] = [SIDE / (box[2] - box[0]), SIDE / (box[3] - box[1])];
  for (let p = 0; p < grid.n; p += 1) {
    if (!pass(grid.order[p])) continue;
    field[Math.floor((grid.ys[p] - box[1]) * perY) * SIDE + Math.floor((grid.xs[p] - box[0]) * perX)] += 1;
  }
  // The more points, the finer is what they tell: Scott's rule has the width fall with the sixth root of their number.
  const width = Math.round(Math.min(Math.max(COARSEST * (700 / Math.max(grid.n, 1)) ** (1 / 6), FINEST), COARSEST));
  for (let times = 0; times < 3; times += 1) field = blurred(blurred(field, 1, SIDE, width), SIDE, 1, width);
  const most = field.reduce((most, height) => Math.max(most, height), 0);
  if (!most) return null;
  // The square root, so that what is thin has lines as well.
  return { box, side: SIDE, levels: LEVELS, heights: Uint8Array.from(field, (height) => 255 * Math.sqrt(height / most)) };
}

function blurred(field, step, line, width) {
  const out = new Float32Array(field.length);
  for (let at = 0; at < SIDE; at += 1) {
    let sum = 0;
    for (let k = -width; k < SIDE; k += 1) {
      const [enters, leaves] = [k + width, k - width - 1];
      if (enters < SIDE) sum += field[at * line + enters * step];
      if (leaves >= 0) sum -= field[at * line + leaves * step];
      if (k >= 0) out[at * line + k * step] = Math.max(sum, 0) / (2 * width + 1);
    }
  }
  return out;
}
