// One map on the screen: points below, images and names over them, and on top what follows the pointer. Two panes share one
// model, so that hover, selection, colours and filters are the same in both.

import { Camera } from "./camera.js";
import { context } from "./context.js";
import { density } from "./density.js";
import { BRIGHT, DIM, GHOST, HIDDEN, PLAIN, Points } from "./draw.js";
import { Grid } from "./grid.js";
import * as images from "./images.js";
import * as labels from "./labels.js";
import { load } from "./planes.js";
import { css } from "./palette.js";

const FLIGHT = 280; // ms of a movement of the camera
const MIGRATION = 900; // ms in which points go to their new places
const REST = 140; // ms without movement, after which names are placed anew
const SHARP = 2; // pixels per CSS pixel that are drawn at most; overdraw is the cost where there is no GPU
const HARD = 150; // ms: a map that takes longer is drawn with one pixel per CSS pixel
const [FINEST, COARSEST] = [1.5, 11]; // px, size of a point
const RASTER = 6; // levels, of the cells that are counted as occupied

export class Pane {
  constructor(model, element, { changed, painted }) {
    Object.assign(this, { model, element, changed, painted });
    element.innerHTML = `<canvas class="points"></canvas><canvas class="scene"></canvas><canvas class="pointer"></canvas>
      <div class="wait" hidden></div><div class="title" hidden></div>`;
    [this.canvas, this.sceneCanvas, this.pointerCanvas] = element.querySelectorAll("canvas");
    this.scene = this.sceneCanvas.getContext("2d");
    this.pointer = this.pointerCanvas.getContext("2d");
    this.wait = element.querySelector(".wait");
    this.camera = new Camera([-1, -1, 1, 1]);
    this.images = new images.Images();
    this.layout = { size: 0, images: [] };
    this.anchors = [];
    this.dirty = { scene: true, pointer: true };
    this.frames = [];
    this.gl = context(this.canvas);
    if (!this.gl) {
      this.say("This browser has no WebGL2, which the map is drawn with. Update it, or switch hardware acceleration on in its settings. All other pages work.");
      return;
    }
    this.points = new Points(this.gl, (ms) => this.#drawn(ms));
    this.canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      this.say("The graphics card took its memory back. The map comes again in a moment.");
    });
    this.canvas.addEventListener("webglcontextrestored", () => this.#again());
    this.watching = new ResizeObserver(() => this.resize());
    this.watching.observe(element);
    this.resize();
  }

  end() {
    this.ended = true;
    cancelAnimationFrame(this.asked);
    this.watching?.disconnect();
    if (this.points && !this.gl.isContextLost()) this.points.delete();
    this.gl?.getExtension("WEBGL_lose_context")?.loseContext(); // a browser allows some sixteen contexts
  }

  say(text) {
    this.wait.textContent = text;
    this.wait.hidden = !text;
  }

  // -- what is shown --------------------------------------------------------------------------------------------

  /** Show the points at an address. Those of the map before go to their new places, unless movement is not wanted. */
  async show(address) {
    if (!this.gl) return false;
    const turn = (this.turn = {});
    if (!this.grid) this.say("Fetching the map …");
    const { facts, planes } = await load(address);
    if (this.turn !== turn || this.ended) return false;
    this.begun = performance.now();
    this.say("");
    const { x, y } = planes;
    const grid = new Grid(x, y, facts.box);
    const before = this.grid?.order.length === grid.order.length && this.model.moves ? this.grid : null;
    this.box = facts.box;
    const whole = this.grid && !this.camera.same(this.camera.fit()) && before === null ? this.camera.state() : null;
    const from = before && { camera: this.camera.state(), fit: this.camera.fit() };
    this.grid = grid;
    this.cells = null;
    this.camera.limits(facts.box);
    if (before) this.#migrate(before, from);
    else {
      this.migration = null;
      this.points.place(grid);
      if (!whole) this.camera.set(this.camera.fit());
    }
    this.#codes();
    this.states();
    this.contours();
    return true;
  }

  /** Points start where the map before had them, seen as they were seen. */
  #migrate(before, from) {
    const n = this.grid.order.length;
    const [oldX, oldY] = [new Float32Array(n), new Float32Array(n)];
    const fit = this.camera.fit();
    const ratio = from.fit.scale / fit.scale;
    for (let p = 0; p < n; p += 1) {
      const at = before.at[this.grid.order[p]];
      oldX[p] = (before.xs[at] - from.fit.x) * ratio + fit.x;
      oldY[p] = (before.ys[at] - from.fit.y) * ratio + fit.y;
    }
    this.points.place(this.grid, [oldX, oldY]);
    this.camera.set(fit);
    this.flight = null;
    this.migration = { begun: performance.now() };
  }

  /** End a movement at once. */
  skip() {
    if (!this.migration && !this.flight) return false;
    if (this.flight) this.camera.set(this.flight.to);
    if (this.migration) {
      this.points.arrived = 1;
      this.points.changed();
    }
    [this.flight, this.migration] = [null, null];
    this.moved();
    return true;
  }

  /** Colours have changed. */
  colours() {
    if (!this.grid) return;
    this.#codes();
    this.anchors = [];
    this.settled = false;
    this.redraw();
  }

  #codes() {
    const { shades, colours } = this.model.painting();
    const { order } = this.grid;
    const codes = new shades.constructor(order.length);
    for (let p = 0; p < order.length; p += 1) codes[p] = shades[order[p]];
    this.points.paint(codes, colours);
  }

  /** What is filtered or selected has changed. */
  states() {
    if (!this.grid) return;
    const { filters, selection, gone, ghosts } = this.model;
    const { order } = this.grid;
    const states = new Uint8Array(order.length);
    const some = selection.size > 0;
    const { fails } = filters;
    const left = ghosts ? GHOST : HIDDEN;
    let present = 0;
    for (let p = 0; p < order.length; p += 1) {
      const row = order[p];
      const state = gone?.[row] ? HIDDEN : fails[row] ? left : some ? (selection.rows[row] ? BRIGHT : DIM) : PLAIN;
      states[p] = state;
      present |= 1 << state;
    }
    this.points.states(states, present);
    this.settled = false;
    this.redraw();
  }

  contours() {
    if (!this.grid) return;
    this.points.density(this.model.options.contours ? density(this.grid, this.box, (row) => this.model.shown(row)) : null);
    this.redraw();
  }

  resize() {
    const { width, height } = this.element.getBoundingClientRect();
    if (!width || !height) return;
    const sharp = Math.min(devicePixelRatio || 1, SHARP);
    this.ratio = this.hard ? Math.min(sharp, 1) : sharp;
    for (const canvas of [this.canvas, this.sceneCanvas, this.pointerCanvas]) {
      const ratio = canvas === this.canvas ? this.ratio : sharp;
      [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
      if (canvas !== this.canvas) canvas.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
    }
    this.camera.resize(width, height);
    this.moved();
    this.#tick(performance.now()); // now: a canvas that changed its size is empty
  }

  #again() {
    this.points = new Points(this.gl, (ms) => this.#drawn(ms));
    this.say("");
    if (!this.grid) return;
    this.points.place(this.grid);
    this.#codes();
    this.states();
    this.contours();
  }

  // -- where one looks ------------------------------------------------------------------------------------------

  /** Fly to a state of the camera; at once where movement is not wanted. */
  fly(to) {
    if (!this.model.moves) {
      this.camera.set(to);
      this.flight = null;
    } else this.flight = { from: this.camera.state(), to, begun: performance.now() };
    this.moved();
  }

  /** Look at a place, `zoom` times closer than the whole map. */
  look([x, y, zoom]) {
    this.camera.set({ x, y, scale: this.camera.fit().scale * zoom });
    this.moved();
  }

  moved() {
    this.settled = false;
    this.movedAt = performance.now();
    this.redraw();
  }

  redraw() {
    this.dirty.scene = true;
    this.dirty.pointer = true;
    this.ask();
  }

  /** Only what follows the pointer. */
  point() {
    this.dirty.pointer = true;
    this.ask();
  }

  ask() {
    if (!this.asked && !this.ended) this.asked = requestAnimationFrame((now) => this.#tick(now));
  }

  /** Points in view, by the cells that they are in. */
  get inView() {
    return this.grid.stretches(...this.camera.seen()).reduce((sum, [first, end]) => sum + end - first, 0);
  }

  /** Pixels of the screen that have points in them, roughly. */
  #occupied() {
    const level = Math.min(this.grid.level, RASTER);
    const side = 1 << level;
    const size = (this.grid.side / side) ** 2;
    this.cells ??= Uint8Array.from({ length: side * side }, (_, at) => Number(this.grid.start[(at + 1) * size] > this.grid.start[at * size]));
    const [x0, y0, x1, y1] = this.box;
    const [left, bottom, right, top] = this.camera.seen();
    const share = this.cells.reduce((sum, one) => sum + one, 0) / this.cells.length;
    const width = Math.max(Math.min(right, x1) - Math.max(left, x0), 0);
    const height = Math.max(Math.min(top, y1) - Math.max(bottom, y0), 0);
    return Math.max(width * height * this.camera.scale ** 2 * share, 1);
  }

  /** Size and opacity that suit the number of points in view: neither grains nor a blot, from some to a million. */
  #style() {
    const { colours } = this.model;
    const inView = Math.max(this.inView, 1);
    const area = this.camera.width * this.camera.height;
    const size = Math.min(Math.max(0.55 * Math.sqrt(area / inView), FINEST), COARSEST);
    const cover = (inView * size * size * 0.785) / this.#occupied();
    const opacity = 0.92 / (1 + 0.12 * cover);
    return { size, opacity, ratio: this.ratio, ghost: colours.ghost, dimmed: 0.28, contour: colours.contour };
  }

  #tick(now) {
    this.asked = 0;
    if (this.ended || !this.gl) return;
    let more = this.#move(now);
    if (this.grid) {
      this.style = this.#style();
      more = this.points.frame(this.camera, this.style, now) || more;
      if (this.points.work) this.#poll();
    }
    if (!this.settled && now - this.movedAt > REST && !this.flight && !this.migration && this.grid) this.#settle();
    more ||= !this.settled && Boolean(this.grid);
    if (this.dirty.scene) this.#drawScene();
    if (this.dirty.pointer) this.#drawPointer();
    this.dirty.scene = this.dirty.pointer = false;
    if (more) this.ask();
    this.#measure(now, more);
  }

  #move(now) {
    if (this.flight) {
      const { from, to, begun } = this.flight;
      const share = Math.min((now - begun) / FLIGHT, 1);
      const eased = 1 - (1 - share) ** 3;
      const scale = from.scale * (to.scale / from.scale) ** eased;
      // The place moves along with the scale, so that what stays in place on the screen does so all the way.
      const along = to.scale === from.scale ? eased : (1 / scale - 1 / from.scale) / (1 / to.scale - 1 / from.scale);
      this.camera.set({ x: from.x + (to.x - from.x) * along, y: from.y + (to.y - from.y) * along, scale });
      if (share >= 1) {
        this.camera.set(to);
        this.flight = null;
      }
      this.moved();
    }
    if (this.migration) {
      const share = Math.min(Math.max((now - this.migration.begun) / MIGRATION, 0), 1);
      this.points.arrived = share < 0.5 ? 4 * share ** 3 : 1 - (2 - 2 * share) ** 3 / 2;
      if (share >= 1) {
        this.points.arrived = 1;
        this.points.changed();
        this.migration = null;
      }
      this.moved();
    }
    return Boolean(this.flight || this.migration);
  }

  /** Batches that are drawn aside need no frames: ask for the next one as soon as the last is done. */
  #poll() {
    if (this.polling) return;
    this.polling = true;
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      if (!this.ended && this.points.poll()) setTimeout(() => channel.port2.postMessage(0), 1);
      else {
        channel.port1.close();
        this.polling = false;
        this.ask();
      }
    };
    channel.port2.postMessage(0);
  }

  #drawn(ms) {
    if (!this.hard && ms > HARD && this.ratio > 1) {
      this.hard = true;
      queueMicrotask(() => this.resize());
    }
    if (this.begun !== undefined && this.points.arrived === 1) {
      this.painted({ first: performance.now() - this.begun });
      this.begun = undefined;
    }
  }

  #measure(now, more) {
    if (this.last !== undefined) this.frames.push(now - this.last);
    if (this.frames.length > 30) this.frames.shift();
    this.last = more ? now : undefined;
    if (this.frames.length) this.painted({ frame: [...this.frames].sort((a, b) => a - b)[this.frames.length >> 1] });
  }

  // -- over the points ------------------------------------------------------------------------------------------

  /** The map stands still: place images and names for what is seen now. */
  #settle() {
    this.settled = true;
    const { model } = this;
    const column = model.naming();
    this.anchors =
      model.options.labels && column
        ? labels.anchors(this.grid, this.camera, column.codes, column.names.length, (row) => model.shown(row))
        : [];
    this.dirty.scene = true;
    this.changed(this);
  }

  #drawScene() {
    const { scene, camera, model } = this;
    scene.clearRect(0, 0, camera.width, camera.height);
    if (!this.grid || this.migration) return;
    this.layout = { size: 0, images: [] };
    if (model.options.images && model.pages) {
      this.layout = this.images.place(this.grid, camera, {
        inView: this.inView,
        pass: (row) => model.shown(row),
        first: (row) => (model.exemplars.has(row) ? -1 : model.selection.has(row) ? 0 : 1),
      });
      images.draw(scene, this.layout, model.pages, this.framing());
    }
    if (this.anchors.length) this.named = labels.draw(scene, camera, this.anchors, model.naming().names, model.colours, this.covered());
    else this.named = [];
  }

  /** How images are framed. */
  framing() {
    const { model } = this;
    return {
      frame: (row) => (model.selection.has(row) ? model.colours.accent : css(model.colourOf(row))),
      faint: (row) => model.selection.size > 0 && !model.selection.has(row),
      surface: model.colours.surface,
    };
  }

  /** The boxes that images cover. */
  covered() {
    const half = this.layout.size / 2 + 2;
    return this.layout.images.map(({ x, y }) => [x - half, y - half, x + half, y + half]);
  }

  /** To which side the neighbours of a row lie: the mean of their places on the screen, less its own; 0 without any. */
  lean(row) {
    const placed = this.model.near(row).filter((other) => this.#placed(other));
    const { x } = this.spot(row);
    return placed.reduce((sum, other) => sum + this.spot(other).x - x, 0);
  }

  /** The image or dot of a row: its place on the screen and how far it reaches. */
  spot(row) {
    const p = this.grid.at[row];
    const [x, y] = this.camera.toScreen(this.grid.xs[p], this.grid.ys[p]);
    return { x, y, reach: this.layout.images.some((one) => one.row === row) ? this.layout.size / 2 + 2 : this.style.size / 2 + 1 };
  }

  #drawPointer() {
    const { pointer, camera, model } = this;
    pointer.clearRect(0, 0, camera.width, camera.height);
    if (!this.grid || !this.style) return;
    const { colours, hovered, opened } = model;
    if (opened >= 0 && this.#placed(opened)) this.#ring(opened, colours.accent, 3);
    if (hovered >= 0 && this.#placed(hovered)) {
      const from = this.spot(hovered);
      pointer.strokeStyle = colours.text;
      pointer.lineWidth = 1;
      pointer.globalAlpha = 0.75;
      pointer.beginPath();
      for (const row of model.near(hovered)) {
        if (!this.#placed(row)) continue;
        const to = this.spot(row);
        pointer.moveTo(from.x, from.y);
        pointer.lineTo(to.x, to.y);
      }
      pointer.stroke();
      pointer.globalAlpha = 1;
      for (const row of model.near(hovered)) if (this.#placed(row)) this.#ring(row, colours.text, 1);
      this.#ring(hovered, colours.text, 2);
    }
    if (this.shape?.length > 1) {
      pointer.beginPath();
      this.shape.forEach(([x, y], at) => (at ? pointer.lineTo(x, y) : pointer.moveTo(x, y)));
      pointer.closePath();
      pointer.fillStyle = colours.wash;
      pointer.fill("evenodd");
      pointer.strokeStyle = colours.accent;
      pointer.lineWidth = 1.5;
      pointer.stroke();
    }
    if (this.crosshair) {
      const [x, y] = this.crosshair;
      pointer.strokeStyle = colours.accent;
      pointer.lineWidth = 1.5;
      pointer.beginPath();
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        pointer.moveTo(x + dx * 5, y + dy * 5);
        pointer.lineTo(x + dx * 16, y + dy * 16);
      }
      pointer.stroke();
    }
  }

  #placed(row) {
    return this.grid.at[row] < this.grid.n;
  }

  #ring(row, colour, width) {
    const { pointer } = this;
    const { x, y, reach } = this.spot(row);
    pointer.strokeStyle = colour;
    pointer.lineWidth = width;
    pointer.beginPath();
    if (reach > COARSEST) pointer.rect(x - reach - 2, y - reach - 2, 2 * reach + 4, 2 * reach + 4);
    else pointer.arc(x, y, Math.max(reach + 1.5, 4), 0, 2 * Math.PI);
    pointer.stroke();
  }

  /** The row at a place of the screen, −1 where there is none: an image that covers it, else the nearest dot. */
  rowAt(left, top, reach) {
    if (!this.grid || !this.style) return -1;
    const half = this.layout.size / 2;
    for (let at = this.layout.images.length - 1; at >= 0; at -= 1) {
      const { row, x, y } = this.layout.images[at];
      if (Math.abs(x - left) <= half && Math.abs(y - top) <= half) return row;
    }
    const [x, y] = this.camera.toMap(left, top);
    const radius = Math.max(reach, this.style.size / 2 + 3) / this.camera.scale;
    const p = this.grid.nearest(x, y, radius, (at) => this.model.shown(this.grid.order[at]));
    return p < 0 ? -1 : this.grid.order[p];
  }

  /** The shown rows inside a polygon on the screen, as a set. */
  within(shape) {
    const rows = new Uint8Array(this.grid.order.length);
    const { order } = this.grid;
    const { fails } = this.model.filters;
    const { gone } = this.model;
    this.grid.inside(
      shape.map(([left, top]) => this.camera.toMap(left, top)),
      (p) => {
        const row = order[p];
        if (!fails[row] && !gone?.[row]) rows[row] = 1;
      },
    );
    return rows;
  }

  /** The box around rows, with some room; null for none. */
  around(rows) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (let row = 0; row < rows.length; row += 1) {
      if (!rows[row] || !this.#placed(row)) continue;
      const p = this.grid.at[row];
      box[0] = Math.min(box[0], this.grid.xs[p]);
      box[1] = Math.min(box[1], this.grid.ys[p]);
      box[2] = Math.max(box[2], this.grid.xs[p]);
      box[3] = Math.max(box[3], this.grid.ys[p]);
    }
    return box[0] <= box[2] ? box : null;
  }
}
