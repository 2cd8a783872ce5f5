// How large and how opaque points are: so that some hundred are no grains and a million no blot, without a knob.

const [FINEST, COARSEST] = [1.5, 11]; // px
const DENSE = 0.55; // of the distance between points that lie evenly
const OPAQUE = 0.92;
const THINNING = 0.12; // how fast points become transparent as they pile up
const RASTER = 6; // levels of the cells that are counted as occupied

/** Size (CSS pixels) and opacity for what a camera sees of a grid over `box`, of which `share` is occupied. */
export function style(grid, camera, box, share) {
  const inView = Math.max(grid.count(...camera.seen()), 1);
  const size = Math.min(Math.max(DENSE * Math.sqrt((camera.width * camera.height) / inView), FINEST), COARSEST);
  const [left, bottom, right, top] = camera.seen();
  const width = Math.max(Math.min(right, box[2]) - Math.max(left, box[0]), 0);
  const height = Math.max(Math.min(top, box[3]) - Math.max(bottom, box[1]), 0);
  const pixels = Math.max(width * height * camera.scale ** 2 * share, size * size); // all may lie in one place
  const layers = (inView * size * size * (Math.PI / 4)) / pixels; // that lie over each other, on average
  return { inView, size, opacity: OPAQUE / (1 + THINNING * layers) };
}

/** The share of the map, in 0…1, that has points on it. */
export function occupied(grid) {
  const level = Math.min(grid.level, RASTER);
  const side = 1 << level;
  const size = (grid.side / side) ** 2;
  let some = 0;
  for (let at = 0; at < side * side; at += 1) some += Number(grid.start[(at + 1) * size] > grid.start[at * size]);
  return some / (side * side);
}
