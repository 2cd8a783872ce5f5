// Draws the points into a frame aside, and shows that frame wherever the map has been moved since. What is quick is drawn
// anew for every frame; what is not, once the map is at rest, a batch at a time. Nothing happens while nothing changes.
//
// A GPU draws a million points in some milliseconds. Without one the processor does it itself, see raster.js.

import { Buffers } from "./buffers.js";
import { Frame, program, texture } from "./context.js";
import { Raster, software, travelling } from "./raster.js";
import { CONTOURS, PICTURE } from "./shaders.js";

const AT_REST = 110; // ms without movement, after which all points are drawn anew
const BATCH = 100_000; // points at first; then as many as take about `PACE`
const PACE = 24; // ms
const LEAST = 50_000;
const MOST = 4_000_000;
const SAMPLE = 14_000; // points that fill what the moved frame does not cover
const MARGIN = 0.15; // of the screen, drawn around it, so that a small movement uncovers nothing
const QUICK = 30; // ms that the processor may draw for a frame

/** States of a point; each is drawn over the ones before. */
export const HIDDEN = 0;
export const GHOST = 1; // left out by a filter
export const DIM = 2; // not selected while others are
export const BRIGHT = 3; // selected
export const PLAIN = 4;
const ORDER = [GHOST, DIM, PLAIN, BRIGHT];

export class Points {
  /** `drawn` is called when all points have been drawn as they are now, with the milliseconds that it took. */
  constructor(gl, drawn) {
    Object.assign(this, { gl, drawn, batch: BATCH, grid: null, present: 1 << PLAIN });
    this.buffers = new Buffers(gl);
    this.raster = software(gl) ? new Raster() : null;
    this.picture = program(gl, PICTURE);
    this.contours = null; // made when first wanted
    this.field = null;
    this.shown = new Frame(gl); // what the screen shows, moved to where the camera is
    this.next = new Frame(gl); // what is being drawn
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  // -- what is drawn --------------------------------------------------------------------------------------------

  /** The points of a grid, in its order; with `old` (two arrays in the same order) they can be moved there from elsewhere. */
  place(grid, old = null) {
    this.grid = grid;
    this.old = old;
    this.buffers.place(grid, old);
    this.changed();
  }

  get arrived() {
    return this.buffers.arrived;
  }

  /** How far points are on their way from the old places to the new ones, in 0…1. */
  set arrived(share) {
    this.buffers.arrived = share;
  }

  /** Colour numbers (n,) in the grid's order, and the colours by number, RGBA bytes. */
  paint(codes, colours) {
    this.painted = { codes, colours };
    this.buffers.codes(codes);
    this.buffers.colours(colours);
    this.changed();
  }

  /** States (n,) in the grid's order. `present` has a bit for each that occurs. */
  states(states, present) {
    this.stated = states;
    this.present = present;
    this.buffers.states(states);
    this.changed();
  }

  /** A field of heights in 0…1 over a box of the map whose lines are drawn below the points; null for none. */
  density(field) {
    const { gl } = this;
    if (this.field) gl.deleteTexture(this.field.texture);
    this.field = field;
    if (field) {
      field.texture = texture(gl, gl.LINEAR);
      gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, field.side, field.side, 0, gl.RED, gl.UNSIGNED_BYTE, field.heights);
      gl.pixelStorei(gl.UNPACK_ALIGNMENT, 4);
    }
  }

  /** What the frames show is not what is to be seen any more. */
  changed() {
    this.stale = true;
    this.stop();
  }

  // -- frames ---------------------------------------------------------------------------------------------------

  /** Draw one frame for a camera. `look` has size, opacity, ghost, dimmed, ratio and the line of contours. Returns whether
   * more is to come by itself: then ask again with the next frame. */
  frame(camera, look, now) {
    if (!this.grid || this.gl.isContextLost()) return false;
    this.look = look;
    if (!this.moving || !camera.same(this.moving)) {
      this.moving = camera.state();
      this.movedAt = now;
      if (this.work && !camera.same(this.work.camera)) this.stop();
    }
    if (!this.#current(camera) && !this.work) {
      const work = this.#planned(camera);
      const resting = this.arrived === 1 && (this.stale || now - this.movedAt >= AT_REST);
      if (work.quick || !this.shown.camera || resting) this.#begin(work, camera);
    }
    if (this.work) this.#proceed();
    this.#present(camera);
    return Boolean(this.work) || !this.#current(camera);
  }

  #current(camera) {
    return this.shown.camera && !this.stale && camera.same(this.shown.camera) && this.arrived === this.shown.arrived;
  }

  /** Drop a drawing that is under way. */
  stop() {
    if (!this.work) return;
    for (const { fence } of this.work.sent) this.gl.deleteSync(fence);
    this.stale ||= this.work.stale;
    this.work = null;
  }

  /** Go on drawing aside without touching the screen. Returns whether there is still something to draw. */
  poll() {
    if (this.work && !this.gl.isContextLost()) this.#proceed();
    return Boolean(this.work);
  }

  /** What has to be drawn for a camera, by whom, and whether that is quick. */
  #planned(camera) {
    const [x0, y0, x1, y1] = camera.seen(MARGIN);
    const room = (this.look.size + 2) / camera.scale;
    const stretches = this.arrived < 1 ? [[0, this.grid.n]] : this.grid.stretches(x0 - room, y0 - room, x1 + room, y1 + room);
    const inView = stretches.reduce((sum, [first, end]) => sum + end - first, 0);
    const passes = ORDER.filter((state) => this.present & (1 << state));
    const points = inView * passes.length;
    const quick = this.raster ? points * this.raster.perPoint < QUICK : points <= this.batch;
    return { stretches, passes, points, quick };
  }

  #begin(plan, camera) {
    const { ratio } = this.look;
    const more = 1 + 2 * MARGIN;
    this.next.resize(Math.ceil(camera.width * more * ratio), Math.ceil(camera.height * more * ratio));
    this.next.view = { ...camera.state(), width: this.next.width / ratio, height: this.next.height / ratio };
    const jobs = plan.passes.flatMap((state) => plan.stretches.map(([first, end]) => ({ wanted: 1 << state, first, end })));
    const { arrived, stale } = this;
    this.work = { ...plan, jobs, camera: camera.state(), arrived, stale, begun: performance.now(), sent: [] };
    this.stale = false;
    if (this.raster) this.#bare();
    else this.next.clear();
  }

  /** Draw with the processor, all at once. */
  #bare() {
    const { gl, raster, next, look, work } = this;
    raster.clear(next.width, next.height);
    const places = work.arrived < 1 ? travelling(this.grid, this.old, work.arrived) : this.grid;
    const arrays = { codes: this.painted.codes, states: this.stated };
    const { colours } = this.painted;
    // As in the shader of points.
    const ways = {
      [GHOST]: { colours: this.#ghostly(), opacity: look.ghost[3] * look.opacity, size: Math.max(look.size * 0.7, 1) },
      [DIM]: { colours, opacity: look.opacity * look.dimmed, size: look.size },
      [PLAIN]: { colours, opacity: look.opacity, size: look.size },
      [BRIGHT]: { colours, opacity: Math.min(look.opacity * 1.25, 1), size: look.size * 1.15 },
    };
    for (const state of work.passes) {
      raster.draw(places, work.stretches, arrays, state, next.view, ways[state], ways[state].size * look.ratio);
    }
    gl.bindTexture(gl.TEXTURE_2D, next.texture);
    const bytes = new Uint8Array(raster.pixels.buffer);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, next.width, next.height, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
    work.jobs = [];
  }

  #ghostly() {
    const { colours } = this.painted;
    const ghost = this.look.ghost.map((channel) => Math.round(channel * 255));
    return Uint8Array.from(colours, (_, at) => (at % 4 === 3 ? 255 : ghost[at % 4]));
  }

  /** Send batches, two ahead of what is done, until all is. */
  #proceed() {
    const { gl, work } = this;
    if (work.quick || this.raster) {
      while (work.jobs.length) this.#send();
      return this.#finish();
    }
    while (work.sent.length || work.jobs.length) {
      const [first] = work.sent;
      if (first && gl.clientWaitSync(first.fence, 0, 0) !== gl.TIMEOUT_EXPIRED) {
        gl.deleteSync(first.fence);
        work.sent.shift();
        const now = performance.now();
        const took = now - Math.max(first.at, work.doneAt ?? 0);
        work.doneAt = now;
        if (first.full) this.batch = Math.max(LEAST, Math.min(this.batch * Math.min(Math.max(PACE / took, 0.5), 2), MOST));
      } else if (work.jobs.length && work.sent.length < 2) {
        const full = this.#send();
        work.sent.push({ fence: gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0), at: performance.now(), full });
        gl.flush();
      } else return;
    }
    this.#finish();
  }

  /** Draw one batch. Returns whether it was a full one. */
  #send() {
    const { work } = this;
    this.buffers.begin(this.next.view, this.next, this.look);
    let room = Math.round(this.batch);
    while (work.jobs.length && room > 0) {
      const job = work.jobs[0];
      const count = Math.min(job.end - job.first, room);
      this.buffers.draw(job.wanted, job.first, count);
      job.first += count;
      room -= count;
      if (job.first >= job.end) work.jobs.shift();
    }
    this.buffers.end();
    return room <= 0;
  }

  #finish() {
    const { work } = this;
    for (const { fence } of work.sent) this.gl.deleteSync(fence);
    [this.shown, this.next] = [this.next, this.shown];
    this.shown.camera = work.camera;
    this.shown.arrived = work.arrived;
    this.work = null;
    this.drawn(performance.now() - work.begun);
  }

  // -- the screen -----------------------------------------------------------------------------------------------

  /** Put the shown frame on the screen, where the camera is now. */
  #present(camera) {
    const { gl } = this;
    const { width, height } = gl.canvas;
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.viewport(0, 0, width, height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    if (this.field) this.#contour(camera);
    if (this.arrived < 1 && this.shown.arrived !== this.arrived) return this.#sample(camera, [[0, 0, width, height]]);
    const frame = this.shown.camera ? this.shown : this.next; // the very first one is seen as it comes
    const { view } = frame;
    if (!view) return;
    const half = [view.width, view.height].map((side) => side / 2 / view.scale);
    const place = clip(camera, [view.x - half[0], view.y - half[1], view.x + half[0], view.y + half[1]]);
    this.#sample(camera, uncovered(place, width, height));
    this.#picture(this.picture, place, frame.texture);
  }

  /** Some of the points, on these parts of the screen. */
  #sample(camera, parts) {
    if (!parts.length) return;
    const { gl } = this;
    const { width, height } = gl.canvas;
    const every = this.buffers.apart(this.grid.n, SAMPLE);
    const view = { ...camera.state(), width: camera.width, height: camera.height };
    this.buffers.begin(view, { width, height, buffer: null }, this.look, every);
    gl.enable(gl.SCISSOR_TEST);
    for (const [x0, y0, x1, y1] of parts) {
      gl.scissor(x0, y0, x1 - x0, y1 - y0);
      this.buffers.draw(this.present & ~(1 << HIDDEN), 0, Math.floor(this.grid.n / every));
    }
    gl.disable(gl.SCISSOR_TEST);
    this.buffers.end();
  }

  #contour(camera) {
    const { gl, field } = this;
    this.contours ??= program(gl, CONTOURS);
    const { contours } = this;
    gl.useProgram(contours.made);
    gl.uniform4fv(contours.uniforms.line, this.look.contour);
    gl.uniform1f(contours.uniforms.levels, field.levels);
    this.#picture(contours, clip(camera, field.box), field.texture);
  }

  #picture({ made, uniforms }, place, picture) {
    const { gl } = this;
    gl.useProgram(made);
    gl.uniform4fv(uniforms.place, place);
    gl.bindTexture(gl.TEXTURE_2D, picture);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  delete() {
    this.stop();
    this.density(null);
    this.buffers.delete();
    for (const frame of [this.shown, this.next]) frame.delete();
  }
}

/** A box of the map in clip space: left, bottom, right, top. */
function clip(camera, [x0, y0, x1, y1]) {
  const [left, top] = camera.toScreen(x0, y1);
  const [right, bottom] = camera.toScreen(x1, y0);
  const [w, h] = [camera.width, camera.height];
  return [(2 * left) / w - 1, 1 - (2 * bottom) / h, (2 * right) / w - 1, 1 - (2 * top) / h];
}

/** The parts of a screen, in pixels from the lower left, that a picture at `place` in clip space leaves free. */
function uncovered([left, bottom, right, top], width, height) {
  const pixel = (edge, size) => Math.round(Math.min(Math.max(((edge + 1) / 2) * size, 0), size));
  const [l, b, r, t] = [pixel(left, width), pixel(bottom, height), pixel(right, width), pixel(top, height)];
  const parts = [[0, 0, l, height], [r, 0, width, height], [l, 0, r, b], [l, t, r, height]];
  return parts.filter(([x0, y0, x1, y1]) => x1 - x0 > 1 && y1 - y0 > 1);
}
