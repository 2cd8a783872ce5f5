// What part of the map is looked at: the place in the middle of the screen and CSS pixels per unit. y grows upwards.

const ROOM = 0.06; // of the screen, left free on each side by `fit`
const CLOSEST = 50_000; // times closer than the whole map
const FURTHEST = 0.4;

export class Camera {
  constructor(box) {
    [this.width, this.height] = [1, 1]; // until it is said
    this.sized = false;
    this.limits(box);
    [this.x, this.y, this.scale] = [this.middle[0], this.middle[1], 1];
  }

  /** Another map's extremes. */
  limits([x0, y0, x1, y1]) {
    this.box = [x0, y0, x1, y1];
    this.middle = [(x0 + x1) / 2, (y0 + y1) / 2];
  }

  resize(width, height) {
    const whole = this.sized ? this.zoom : 0;
    this.sized = true;
    [this.width, this.height] = [Math.max(width, 1), Math.max(height, 1)];
    if (whole) this.scale = whole * this.#scaleOf(this.box);
  }

  state() {
    return { x: this.x, y: this.y, scale: this.scale };
  }

  set({ x, y, scale }) {
    [this.x, this.y] = [x, y];
    this.scale = this.#bounded(scale);
  }

  same({ x, y, scale }) {
    return this.x === x && this.y === y && this.scale === scale;
  }

  /** The state in which a box, by default the whole map, fills the screen. */
  fit(box = this.box) {
    return { x: (box[0] + box[2]) / 2, y: (box[1] + box[3]) / 2, scale: this.#bounded(this.#scaleOf(box)) };
  }

  /** How much closer than the whole map. */
  get zoom() {
    return this.scale / this.#scaleOf(this.box);
  }

  /** Where one looks, as links say it. */
  text() {
    return [this.x, this.y, this.zoom].map((value) => Number(value.toPrecision(6))).join("_");
  }

  toMap(left, top) {
    return [this.x + (left - this.width / 2) / this.scale, this.y - (top - this.height / 2) / this.scale];
  }

  toScreen(x, y) {
    return [(x - this.x) * this.scale + this.width / 2, this.height / 2 - (y - this.y) * this.scale];
  }

  /** The box of the map on the screen, `more` times the screen wider on each side. */
  seen(more = 0) {
    const [halfWidth, halfHeight] = [(this.width * (0.5 + more)) / this.scale, (this.height * (0.5 + more)) / this.scale];
    return [this.x - halfWidth, this.y - halfHeight, this.x + halfWidth, this.y + halfHeight];
  }

  pan(dx, dy) {
    const [x0, y0, x1, y1] = this.box;
    this.x = Math.min(Math.max(this.x - dx / this.scale, x0), x1);
    this.y = Math.min(Math.max(this.y + dy / this.scale, y0), y1);
  }

  /** The state `factor` times closer, in which what is at this place of the screen stays there. */
  closer(factor, left = this.width / 2, top = this.height / 2) {
    const scale = this.#bounded(this.scale * factor);
    const [x, y] = this.toMap(left, top);
    return { x: x - (left - this.width / 2) / scale, y: y + (top - this.height / 2) / scale, scale };
  }

  #scaleOf([x0, y0, x1, y1]) {
    const [width, height] = [this.width * (1 - 2 * ROOM), this.height * (1 - 2 * ROOM)];
    const scale = Math.min(x1 > x0 ? width / (x1 - x0) : Infinity, y1 > y0 ? height / (y1 - y0) : Infinity);
    return Number.isFinite(scale) ? scale : 1;
  }

  #bounded(scale) {
    const whole = this.#scaleOf(this.box);
    return Math.min(Math.max(scale, whole * FURTHEST), whole * CLOSEST);
  }
}
