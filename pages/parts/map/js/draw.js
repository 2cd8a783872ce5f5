// Draws the points. All of them are drawn once into a frame aside, a batch at a time, and the frame is what is moved while
// the map moves: without a GPU a million points take half a second, a picture of them takes none. Where all points fit
// into one batch, every frame is drawn anew. Nothing happens while nothing changes.

import { CONTOURS, PALETTE_WIDTH, PICTURE, POINTS } from "./shaders.js";
import { Frame, program, texture } from "./context.js";

const AT_REST = 110; // ms without movement, after which all points are drawn anew
const FIRST_BATCH = 60_000; // points; then as many as take about `PACE`
const PACE = 12; // ms
const SAMPLE = 14_000; // points that fill what the moved picture does not cover
const MARGIN = 0.15; // of the screen, drawn around it, so that a small movement uncovers nothing
const LOCATIONS = { x: 0, y: 1, oldX: 2, oldY: 3, code: 4, state: 5 };

/** States of a point; each is drawn over the ones before. */
export const HIDDEN = 0;
export const GHOST = 1; // left out by a filter
export const DIM = 2; // not selected while others are
export const BRIGHT = 3; // selected
export const PLAIN = 4;

export class Points {
  /** `drawn` is called when all points have been drawn as they are now, with the milliseconds that it took. */
  constructor(gl, drawn) {
    this.gl = gl;
    this.drawn = drawn;
    this.batch = FIRST_BATCH;
    this.points = program(gl, POINTS);
    this.picture = program(gl, PICTURE);
    this.contours = program(gl, CONTOURS);
    this.buffers = Object.fromEntries(Object.keys(LOCATIONS).map((name) => [name, gl.createBuffer()]));
    this.palette = texture(gl, gl.NEAREST);
    this.field = null;
    this.shown = new Frame(gl); // what the screen shows, moved to where the camera is
    this.next = new Frame(gl); // what is being drawn
    this.arrays = gl.createVertexArray();
    this.sampling = gl.createVertexArray();
    this.present = 1 << PLAIN;
    this.arrived = 1;
    this.grid = null;
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  // -- what is drawn --------------------------------------------------------------------------------------------

  /** The points of a grid, in its order; with `old` (two arrays in the same order) they can be moved there from elsewhere. */
  place(grid, old = null) {
    this.grid = grid;
    this.#upload("x", grid.xs);
    this.#upload("y", grid.ys);
    this.#upload("oldX", old ? old[0] : grid.xs);
    this.#upload("oldY", old ? old[1] : grid.ys);
    this.arrived = old ? 0 : 1;
    this.changed();
  }

  /** Colour numbers and states, in the grid's order. `present` has a bit for each state that occurs. */
  codes(codes) {
    this.wide = { 1: this.gl.UNSIGNED_BYTE, 2: this.gl.UNSIGNED_SHORT, 4: this.gl.UNSIGNED_INT }[codes.BYTES_PER_ELEMENT];
    this.codeSize = codes.BYTES_PER_ELEMENT;
    this.#upload("code", codes);
    this.changed();
  }

  states(states, present) {
    this.present = present;
    this.#upload("state", states);
    this.changed();
  }

  /** Colours by number, RGBA bytes; an opacity of 0 hides. */
  colours(rgba) {
    const { gl } = this;
    const height = Math.max(1, Math.ceil(rgba.length / 4 / PALETTE_WIDTH));
    const whole = new Uint8Array(height * PALETTE_WIDTH * 4);
    whole.set(rgba);
    gl.bindTexture(gl.TEXTURE_2D, this.palette);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, PALETTE_WIDTH, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, whole);
    this.changed();
  }

  /** A field of heights in 0…1 over a box of the map whose lines are drawn below the points; null for none. */
  density(field) {
    const { gl } = this;
    this.field?.texture && gl.deleteTexture(this.field.texture);
    this.field = field;
    if (field) {
      field.texture = texture(gl, gl.LINEAR);
      gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, field.side, field.side, 0, gl.RED, gl.UNSIGNED_BYTE, field.heights);
      gl.pixelStorei(gl.UNPACK_ALIGNMENT, 4);
    }
  }

  #upload(name, array) {
    const { gl } = this;
    gl.bindVertexArray(null);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[name]);
    if (this.buffers[name].size === array.byteLength) gl.bufferSubData(gl.ARRAY_BUFFER, 0, array);
    else gl.bufferData(gl.ARRAY_BUFFER, array, gl.DYNAMIC_DRAW);
    this.buffers[name].size = array.byteLength;
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
    const { gl } = this;
    if (!this.grid || gl.isContextLost()) return false;
    this.look = look;
    const moved = !this.moving || !camera.same(this.moving);
    if (moved) {
      this.moving = camera.state();
      this.movedAt = now;
      if (this.work && !camera.same(this.work.camera)) this.stop();
    }
    const current = this.shown.camera && !this.stale && camera.same(this.shown.camera) && this.arrived === this.shown.arrived;
    if (!current && !this.work) {
      const work = this.#planned(camera);
      const cheap = work.points <= this.batch;
      const resting = this.stale || now - this.movedAt >= AT_REST;
      if (cheap || !this.shown.camera || (resting && this.arrived === 1)) this.#begin(work, camera);
    }
    if (this.work) this.#proceed();
    this.#present(camera);
    return Boolean(this.work) || !(this.shown.camera && camera.same(this.shown.camera) && !this.stale);
  }

  /** Drop a drawing that is under way. */
  stop() {
    if (!this.work) return;
    if (this.work.fence) this.gl.deleteSync(this.work.fence);
    this.stale ||= this.work.stale;
    this.work = null;
  }

  /** Go on drawing aside without touching the screen. Returns whether there is still something to draw. */
  poll() {
    if (this.work && !this.gl.isContextLost()) this.#proceed();
    return Boolean(this.work);
  }

  /** What has to be drawn for a camera: passes over stretches of points. */
  #planned(camera) {
    const [x0, y0, x1, y1] = camera.seen(MARGIN);
    const room = (this.look.size + 2) / camera.scale;
    const stretches = this.arrived < 1 ? [[0, this.grid.n]] : this.grid.stretches(x0 - room, y0 - room, x1 + room, y1 + room);
    const inView = stretches.reduce((sum, [first, end]) => sum + end - first, 0);
    const passes = [GHOST, DIM, PLAIN, BRIGHT].filter((state) => this.present & (1 << state)).map((state) => 1 << state);
    // States that need no order among themselves go in one pass.
    const jobs = passes.flatMap((wanted) => stretches.map(([first, end]) => ({ wanted, first, end })));
    return { jobs, points: inView * passes.length };
  }

  #begin(work, camera) {
    const { gl } = this;
    const ratio = this.look.ratio;
    this.work = { ...work, camera: camera.state(), arrived: this.arrived, stale: this.stale, begun: performance.now() };
    this.stale = false;
    this.next.resize(Math.ceil(camera.width * (1 + 2 * MARGIN) * ratio), Math.ceil(camera.height * (1 + 2 * MARGIN) * ratio));
    this.next.clear();
    const [width, height] = [this.next.width / ratio, this.next.height / ratio];
    this.next.view = { scale: camera.scale, x: camera.x, y: camera.y, width, height };
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  }

  /** Draw batches until one is still on its way, or all is done. */
  #proceed() {
    const { gl, work } = this;
    for (;;) {
      if (work.fence) {
        const state = gl.clientWaitSync(work.fence, 0, 0);
        if (state === gl.TIMEOUT_EXPIRED) return;
        gl.deleteSync(work.fence);
        work.fence = null;
        const took = performance.now() - work.sent;
        if (work.full) this.batch = Math.max(20_000, Math.min(this.batch * Math.min(Math.max(PACE / took, 0.5), 2), 4_000_000));
      }
      if (!work.jobs.length) return this.#finish();
      this.#send();
      if (work.jobs.length === 0 && work.points <= this.batch) return this.#finish(); // one batch: no need to wait for it
    }
  }

  #send() {
    const { gl, work } = this;
    this.#pointing(this.next.view, this.next);
    let room = Math.round(this.batch);
    while (work.jobs.length && room > 0) {
      const job = work.jobs[0];
      const count = Math.min(job.end - job.first, room);
      gl.uniform1ui(this.points.uniforms.wanted, job.wanted);
      gl.drawArrays(gl.POINTS, job.first, count);
      job.first += count;
      room -= count;
      if (job.first >= job.end) work.jobs.shift();
    }
    gl.bindVertexArray(null);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    work.full = room <= 0;
    work.sent = performance.now();
    work.fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    gl.flush();
  }

  #finish() {
    const { work } = this;
    if (work.fence) this.gl.deleteSync(work.fence);
    [this.shown, this.next] = [this.next, this.shown];
    this.shown.camera = work.camera;
    this.shown.arrived = work.arrived;
    this.work = null;
    this.drawn(performance.now() - work.begun);
  }

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
    const view = frame.view;
    if (!view) return;
    const box = [view.width, view.height].map((side) => side / 2 / view.scale);
    const place = clip(camera, [view.x - box[0], view.y - box[1], view.x + box[0], view.y + box[1]]);
    this.#fill(camera, place);
    gl.useProgram(this.picture.made);
    gl.uniform4fv(this.picture.uniforms.place, place);
    gl.bindTexture(gl.TEXTURE_2D, frame.texture);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  /** Some of the points on the strips that the moved picture leaves free. */
  #fill(camera, [left, bottom, right, top]) {
    const { width, height } = this.gl.canvas;
    const [l, b, r, t] = [left * width, bottom * height, right * width, top * height].map((edge, at) =>
      Math.round(Math.min(Math.max((edge + (at % 2 ? height : width)) / 2, 0), at % 2 ? height : width)),
    );
    const strips = [[0, 0, l, height], [r, 0, width, height], [l, 0, r, b], [l, t, r, height]];
    this.#sample(camera, strips.filter(([x0, y0, x1, y1]) => x1 - x0 > 1 && y1 - y0 > 1));
  }

  /** Some of the points, on these parts of the screen. */
  #sample(camera, strips) {
    if (!strips.length) return;
    const { gl } = this;
    const { width, height } = gl.canvas;
    const every = Math.max(1, Math.min(Math.ceil(this.grid.n / SAMPLE), Math.floor(255 / Math.max(4, this.codeSize))));
    const view = { scale: camera.scale, x: camera.x, y: camera.y, width: camera.width, height: camera.height };
    this.#pointing(view, { width, height, buffer: null }, every);
    gl.uniform1ui(this.points.uniforms.wanted, this.present & ~(1 << HIDDEN));
    gl.enable(gl.SCISSOR_TEST);
    for (const [x0, y0, x1, y1] of strips) {
      gl.scissor(x0, y0, x1 - x0, y1 - y0);
      gl.drawArrays(gl.POINTS, 0, Math.floor(this.grid.n / every));
    }
    gl.disable(gl.SCISSOR_TEST);
    gl.bindVertexArray(null);
  }

  #contour(camera) {
    const { gl, field } = this;
    const { made, uniforms } = this.contours;
    gl.useProgram(made);
    gl.uniform4fv(uniforms.place, clip(camera, field.box));
    gl.uniform4fv(uniforms.line, this.look.contour);
    gl.uniform1f(uniforms.levels, field.levels);
    gl.bindTexture(gl.TEXTURE_2D, field.texture);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  /** Make ready to draw points, each or `every` so many, into a frame. */
  #pointing(view, frame, every = 1) {
    const { gl, look } = this;
    const { made, uniforms } = this.points;
    gl.bindFramebuffer(gl.FRAMEBUFFER, frame.buffer);
    gl.viewport(0, 0, frame.width, frame.height);
    gl.useProgram(made);
    const high = [Math.fround(view.x), Math.fround(view.y)];
    gl.uniform4f(uniforms.middle, high[0], high[1], view.x - high[0], view.y - high[1]);
    gl.uniform2f(uniforms.perUnit, (2 * view.scale) / view.width, (2 * view.scale) / view.height);
    gl.uniform1f(uniforms.arrived, this.arrived);
    gl.uniform1f(uniforms.size, look.size * look.ratio);
    gl.uniform1f(uniforms.opacity, look.opacity);
    gl.uniform4fv(uniforms.ghost, look.ghost);
    gl.uniform1f(uniforms.dimmed, look.dimmed);
    gl.bindTexture(gl.TEXTURE_2D, this.palette);
    gl.bindVertexArray(every === 1 ? this.arrays : this.sampling);
    for (const [name, location] of Object.entries(LOCATIONS)) {
      gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[name]);
      gl.enableVertexAttribArray(location);
      if (name === "code") gl.vertexAttribIPointer(location, 1, this.wide, this.codeSize * every, 0);
      else if (name === "state") gl.vertexAttribIPointer(location, 1, gl.UNSIGNED_BYTE, every, 0);
      else gl.vertexAttribPointer(location, 1, gl.FLOAT, false, 4 * every, 0);
    }
  }

  delete() {
    const { gl } = this;
    this.stop();
    this.density(null);
    for (const buffer of Object.values(this.buffers)) gl.deleteBuffer(buffer);
    for (const frame of [this.shown, this.next]) frame.delete();
    for (const { made } of [this.points, this.picture, this.contours]) gl.deleteProgram(made);
    for (const array of [this.arrays, this.sampling]) gl.deleteVertexArray(array);
    gl.deleteTexture(this.palette);
  }
}

/** A box of the map in clip space: left, bottom, right, top. */
function clip(camera, [x0, y0, x1, y1]) {
  const [left, top] = camera.toScreen(x0, y1);
  const [right, bottom] = camera.toScreen(x1, y0);
  const [w, h] = [camera.width, camera.height];
  return [(2 * left) / w - 1, 1 - (2 * bottom) / h, (2 * right) / w - 1, 1 - (2 * top) / h];
}
