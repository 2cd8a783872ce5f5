// Names on the map: each where its category is densest within what is seen, larger ones first, none over another. As one
// comes closer there is room for more.

const SAMPLE = 50_000; // points that are looked at
const [ACROSS, DOWN] = [40, 28]; // cells of the screen in which density is counted
const MOST = 60;
const LEAST = 3; // points
const LONGEST = 28; // characters
const GAP = 5; // px between two names

/** Where the categories in view are: `{code, x, y, count}` on the map, the most frequent first.
 * `codes` (n,) by row; rows that do not `pass` are left out. */
export function anchors(grid, camera, codes, categories, pass) {
  const [x0, y0, x1, y1] = camera.seen();
  const stretches = grid.stretches(x0, y0, x1, y1);
  const all = stretches.reduce((sum, [first, end]) => sum + end - first, 0);
  const every = Math.max(1, Math.floor(all / SAMPLE));
  const cells = new Map(); // category and cell → points
  const best = new Map(); // category → {cell, count}
  const totals = new Map();
  const place = (p) => {
    const cx = Math.floor(((grid.xs[p] - x0) / (x1 - x0)) * ACROSS);
    const cy = Math.floor(((grid.ys[p] - y0) / (y1 - y0)) * DOWN);
    return cx < 0 || cy < 0 || cx >= ACROSS || cy >= DOWN ? -1 : cy * ACROSS + cx;
  };
  const each = (visit) => {
    for (const [first, end] of stretches) {
      for (let p = first; p < end; p += every) {
        const row = grid.order[p];
        if (codes[row] && pass(row)) visit(p, codes[row]);
      }
    }
  };
  each((p, code) => {
    const cell = place(p);
    if (cell < 0) return;
    const key = code * ACROSS * DOWN + cell;
    const count = (cells.get(key) ?? 0) + 1;
    cells.set(key, count);
    totals.set(code, (totals.get(code) ?? 0) + 1);
    if (count > (best.get(code)?.count ?? 0)) best.set(code, { cell, count, x: 0, y: 0, sum: 0 });
  });
  each((p, code) => {
    const one = best.get(code);
    if (!one || place(p) !== one.cell) return;
    one.x += grid.xs[p];
    one.y += grid.ys[p];
    one.sum += 1;
  });
  const found = [...best].map(([code, { x, y, sum }]) => ({ code, x: x / sum, y: y / sum, count: totals.get(code) }));
  return found.filter(({ count }) => count >= (all > 300 ? LEAST : 1)).sort((a, b) => b.count - a.count || a.code - b.code);
}

/** Those for which there is room: `{x, y, said, size, box}` on the screen. `canvas` measures texts, `look` has their font. */
export function placed(canvas, camera, found, names, look) {
  const boxes = [];
  const most = found[0]?.count ?? 1;
  const shown = [];
  for (const { code, x, y, count } of found) {
    if (shown.length >= MOST) break;
    const size = 11.5 + 4 * Math.sqrt(count / most);
    const name = names[code - 1];
    const said = name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name;
    canvas.font = font(size, look);
    const width = canvas.measureText(said).width;
    const [left, top] = camera.toScreen(x, y);
    if (left < 0 || left > camera.width || top < 0 || top > camera.height) continue;
    const [halfWidth, halfHeight] = [width / 2 + GAP, size * 0.75];
    const centre = Math.min(Math.max(left, halfWidth), camera.width - halfWidth);
    const middle = Math.min(Math.max(top, halfHeight), camera.height - halfHeight);
    const box = [centre - halfWidth, middle - halfHeight, centre + halfWidth, middle + halfHeight];
    if (boxes.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1])) continue;
    boxes.push(box);
    shown.push({ x: centre, y: middle, said, size, box });
  }
  return shown;
}

/** Draw them, on plates of their own where there are images below. `look` has the colours of text and halo as well. */
export function draw(canvas, camera, found, names, look, plates) {
  const shown = placed(canvas, camera, found, names, look);
  canvas.textAlign = "center";
  canvas.textBaseline = "middle";
  canvas.lineJoin = "round";
  canvas.lineWidth = 3.5;
  for (const { x, y, said, size, box } of shown) {
    if (plates) plate(canvas, box, look.halo);
    canvas.font = font(size, look);
    canvas.strokeStyle = look.halo;
    canvas.strokeText(said, x, y);
    canvas.fillStyle = look.text;
    canvas.fillText(said, x, y);
  }
  return shown;
}

function plate(canvas, [left, top, right, bottom], colour) {
  canvas.globalAlpha = 0.86;
  canvas.fillStyle = colour;
  canvas.beginPath();
  canvas.roundRect(left, top, right - left, bottom - top, 5);
  canvas.fill();
  canvas.globalAlpha = 1;
}

function font(size, look) {
  return `600 ${size}px ${look.font}`;
}
