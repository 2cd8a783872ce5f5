// What moves by itself: the camera on its way, and points on theirs from one map to the next.

const FLIGHT = 280; // ms of a movement of the camera
const MIGRATION = 900; // ms in which points go to their new places

export class Movement {
  constructor(pane) {
    this.pane = pane;
    this.flight = null;
    this.migration = null;
  }

  get under() {
    return Boolean(this.flight || this.migration);
  }

  /** Fly to a state of the camera; be there at once where movement is not wanted. */
  fly(to) {
    const { camera, model } = this.pane;
    if (model.moves) this.flight = { from: camera.state(), to, begun: performance.now() };
    else {
      camera.set(to);
      this.flight = null;
    }
  }

  /** Let points go from where they were to where they are. */
  migrate() {
    this.flight = null;
    this.migration = { begun: performance.now() };
  }

  /** End it all at once. Returns whether there was anything to end. */
  skip() {
    if (!this.under) return false;
    const { camera, points } = this.pane;
    if (this.flight) camera.set(this.flight.to);
    if (this.migration) {
      points.arrived = 1;
      points.changed();
    }
    [this.flight, this.migration] = [null, null];
    return true;
  }

  /** One frame's worth. Returns whether anything moved. */
  step(now) {
    if (!this.under) return false;
    if (this.flight) this.#fly(now);
    if (this.migration) this.#migrate(now);
    return true;
  }

  #fly(now) {
    const { camera } = this.pane;
    const { from, to, begun } = this.flight;
    const share = Math.min((now - begun) / FLIGHT, 1);
    const eased = 1 - (1 - share) ** 3;
    const scale = from.scale * (to.scale / from.scale) ** eased;
    // The place moves along with the scale, so that what stays in place on the screen does so all the way.
    const along = to.scale === from.scale ? eased : (1 / scale - 1 / from.scale) / (1 / to.scale - 1 / from.scale);
    camera.set(share < 1 ? { x: from.x + (to.x - from.x) * along, y: from.y + (to.y - from.y) * along, scale } : to);
    if (share >= 1) this.flight = null;
  }

  #migrate(now) {
    const { points } = this.pane;
    const share = Math.min(Math.max((now - this.migration.begun) / MIGRATION, 0), 1);
    points.arrived = share < 0.5 ? 4 * share ** 3 : 1 - (2 - 2 * share) ** 3 / 2;
    if (share < 1) return;
    points.arrived = 1;
    points.changed();
    this.migration = null;
  }
}

/** Where points of `grid` were on the map `before`, in the order of `grid`, seen as they were seen there: two arrays. */
export function origins(grid, before, fitBefore, fit) {
  const n = grid.order.length;
  const [x, y] = [new Float32Array(n), new Float32Array(n)];
  const ratio = fitBefore.scale / fit.scale;
  for (let p = 0; p < n; p += 1) {
    const at = before.at[grid.order[p]];
    if (at >= before.n) {
      [x[p], y[p]] = [grid.xs[p], grid.ys[p]]; // it was not on that map
      continue;
    }
    x[p] = (before.xs[at] - fitBefore.x) * ratio + fit.x;
    y[p] = (before.ys[at] - fitBefore.y) * ratio + fit.y;
  }
  return [x, y];
}
