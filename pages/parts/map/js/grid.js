// Points in spatial order: a grid of cells numbered along a Morton curve. What lies near on the map lies near in memory,
// so a part of the map is a few stretches of the arrays. embedding_core/spatial.py orders the same way, bit for bit.

const DEEPEST = 10; // levels: 1024 cells a side
const SPREAD = Uint32Array.from({ length: 1 << DEEPEST }, (_, number) => {
  let spread = 0;
  for (let bit = 0; bit < DEEPEST; bit += 1) spread |= ((number >> bit) & 1) << (2 * bit);
  return spread;
});
const COUNTED = 50_000; // positions that are looked at one by one

export class Grid {
  /** `x` and `y` (n,) in row order, `box` their extremes. Rows that are NaN are on no cell and come last. */
  constructor(x, y, box) {
    const n = x.length;
    [this.x0, this.y0] = box;
    this.level = 0;
    while (4 ** this.level < n / 2 && this.level < DEEPEST) this.level += 1;
    this.side = 1 << this.level;
    this.perX = box[2] > box[0] ? this.side / (box[2] - box[0]) : 0; // cells per unit
    this.perY = box[3] > box[1] ? this.side / (box[3] - box[1]) : 0;
    this.#sort(x, y);
    this.xs = new Float32Array(n); // (n,) in spatial order
    this.ys = new Float32Array(n);
    this.at = new Uint32Array(n); // position of each row
    for (let p = 0; p < n; p += 1) {
      const row = this.order[p];
      this.xs[p] = x[row];
      this.ys[p] = y[row];
      this.at[row] = p;
    }
  }

  #sort(x, y) {
    const n = x.length;
    const cells = this.side * this.side;
    const cell = new Uint32Array(n);
    this.start = new Uint32Array(cells + 2); // first position of each cell; the last cell is for rows without a place
    for (let row = 0; row < n; row += 1) {
      const at = x[row] === x[row] && y[row] === y[row] ? SPREAD[this.column(x[row])] | (SPREAD[this.line(y[row])] << 1) : cells;
      cell[row] = at;
      this.start[at + 1] += 1;
    }
    for (let at = 0; at <= cells; at += 1) this.start[at + 1] += this.start[at];
    const next = this.start.slice();
    this.order = new Uint32Array(n); // row at each position
    for (let row = 0; row < n; row += 1) this.order[next[cell[row]]++] = row;
    this.n = this.start[cells]; // positions with a place
  }

  column(x) {
    return Math.min(Math.max(Math.floor((x - this.x0) * this.perX), 0), this.side - 1);
  }

  line(y) {
    return Math.min(Math.max(Math.floor((y - this.y0) * this.perY), 0), this.side - 1);
  }

  /** The position nearest to (x, y) within `radius`, of those that `accepts(position)`; −1 without one. */
  nearest(x, y, radius, accepts) {
    const last = this.side - 1;
    const [left, right] = [this.column(x - radius), this.column(x + radius)];
    const [bottom, top] = [this.line(y - radius), this.line(y + radius)];
    let best = -1;
    let least = radius * radius;
    for (let cy = bottom; cy <= Math.min(top, last); cy += 1) {
      for (let cx = left; cx <= Math.min(right, last); cx += 1) {
        const cell = SPREAD[cx] | (SPREAD[cy] << 1);
        for (let p = this.start[cell]; p < this.start[cell + 1]; p += 1) {
          const dx = this.xs[p] - x;
          const dy = this.ys[p] - y;
          const far = dx * dx + dy * dy;
          if (far <= least && accepts(p)) {
            best = p;
            least = far;
          }
        }
      }
    }
    return best;
  }

  /** Stretches `[first, end)` of positions whose cells touch the box, merged where they meet; at most some hundred. */
  stretches(x0, y0, x1, y1) {
    const found = [];
    const wide = Math.max((x1 - x0) * this.perX, (y1 - y0) * this.perY, 1); // cells
    const coarse = Math.min(this.level, Math.max(7, 5 + Math.ceil(Math.log2(this.side / wide)))); // finer saves no points
    this.#walk(0, 0, 0, (cx, cy, size, level) => {
      const box = this.#bounds(cx, cy, size);
      if (box[0] > x1 || box[2] < x0 || box[1] > y1 || box[3] < y0) return false;
      const within = box[0] >= x0 && box[2] <= x1 && box[1] >= y0 && box[3] <= y1;
      if (!within && level < coarse) return true;
      const [first, end] = this.#held(cx, cy, size);
      if (first === end) return false;
      const before = found[found.length - 1];
      if (before && before[1] === first) before[1] = end;
      else found.push([first, end]);
      return false;
    });
    return found;
  }

  /** How many positions are in the box: of many, those in cells that touch it. */
  count(x0, y0, x1, y1) {
    const stretches = this.stretches(x0, y0, x1, y1);
    const touching = stretches.reduce((sum, [first, end]) => sum + end - first, 0);
    if (touching > COUNTED) return touching;
    let count = 0;
    for (const [first, end] of stretches) {
      for (let p = first; p < end; p += 1) if (this.xs[p] >= x0 && this.xs[p] <= x1 && this.ys[p] >= y0 && this.ys[p] <= y1) count += 1;
    }
    return count;
  }

  /** Call `take(first, end)` for stretches of positions that are inside a polygon, `[[x, y], …]`, by the even-odd rule. */
  inside(polygon, take) {
    const box = bounds(polygon);
    const edges = [polygon.map((corner, at) => [polygon[(at || polygon.length) - 1], corner])]; // by level: those that touch
    this.#walk(0, 0, 0, (cx, cy, size, level) => {
      const [x0, y0, x1, y1] = this.#bounds(cx, cy, size);
      if (x0 > box[2] || x1 < box[0] || y0 > box[3] || y1 < box[1]) return false;
      const [first, end] = this.#held(cx, cy, size);
      if (first === end) return false;
      const touching = edges[level].filter(([from, to]) => touches(from, to, x0, y0, x1, y1));
      if (touching.length) {
        edges[level + 1] = touching; // what does not touch a square touches none of its parts
        if (level < this.level) return true;
        for (let p = first; p < end; p += 1) if (contains(polygon, this.xs[p], this.ys[p])) take(p, p + 1);
      } else if (contains(polygon, (x0 + x1) / 2, (y0 + y1) / 2)) take(first, end);
      return false;
    });
  }

  /** Descend through squares of cells for as long as `enters` says so. */
  #walk(cx, cy, level, enters) {
    const size = this.side >> level;
    if (!enters(cx, cy, size, level)) return;
    const half = size >> 1;
    // In the order of the curve, so that stretches that follow each other meet.
    this.#walk(cx, cy, level + 1, enters);
    this.#walk(cx + half, cy, level + 1, enters);
    this.#walk(cx, cy + half, level + 1, enters);
    this.#walk(cx + half, cy + half, level + 1, enters);
  }

  /** Positions in a square of cells: one stretch. */
  #held(cx, cy, size) {
    const first = SPREAD[cx] | (SPREAD[cy] << 1);
    return [this.start[first], this.start[first + size * size]];
  }

  /** The box of a square of cells, a little wider, since a point on an edge may have been rounded over it. */
  #bounds(cx, cy, size) {
    const width = this.perX ? 1 / this.perX : 0;
    const height = this.perY ? 1 / this.perY : 0;
    const [mx, my] = [width * 1e-3 + 1e-30, height * 1e-3 + 1e-30];
    return [
      this.x0 + cx * width - mx,
      this.y0 + cy * height - my,
      this.x0 + (cx + size) * width + mx,
      this.y0 + (cy + size) * height + my,
    ];
  }
}

export function bounds(polygon) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of polygon) {
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x);
    box[3] = Math.max(box[3], y);
  }
  return box;
}

/** Whether a point is inside a polygon, by the even-odd rule. */
export function contains(polygon, x, y) {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i, i += 1) {
    const [xi, yi] = polygon[i];
    const [xj, yj] = polygon[j];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

/** Whether an edge touches a box: Liang and Barsky's clipping, is anything left of it within? */
function touches([ax, ay], [bx, by], x0, y0, x1, y1) {
  let [enter, leave] = [0, 1];
  const dx = bx - ax;
  const dy = by - ay;
  for (const [step, room] of [
    [-dx, ax - x0],
    [dx, x1 - ax],
    [-dy, ay - y0],
    [dy, y1 - ay],
  ]) {
    if (step === 0) {
      if (room < 0) return false;
    } else if (step < 0) enter = Math.max(enter, room / step);
    else leave = Math.min(leave, room / step);
  }
  return enter <= leave;
}
