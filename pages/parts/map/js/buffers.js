// The points on the GPU: where they are, where they were, their colours and states, and one call that draws a stretch.

import { PALETTE_WIDTH, POINTS } from "./shaders.js";
import { program, texture } from "./context.js";

const LOCATIONS = { x: 0, y: 1, oldX: 2, oldY: 3, code: 4, state: 5 };
const STRIDE = 255; // bytes between two vertices, at most

export class Buffers {
  constructor(gl) {
    this.gl = gl;
    this.points = null; // made when first needed: where the processor draws, that may be never
    this.buffers = Object.fromEntries(Object.keys(LOCATIONS).map((name) => [name, gl.createBuffer()]));
    this.palette = texture(gl, gl.NEAREST);
    this.codeSize = 1;
    this.arrived = 1; // 0 at the old places, 1 at the new ones
    this.waiting = new Map(); // arrays that the GPU has not been given: where the processor draws, it need not be
  }

  place(grid, old) {
    this.waiting.set("x", grid.xs);
    this.waiting.set("y", grid.ys);
    this.waiting.set("oldX", old ? old[0] : grid.xs);
    this.waiting.set("oldY", old ? old[1] : grid.ys);
    this.arrived = old ? 0 : 1;
  }

  codes(codes) {
    const { gl } = this;
    this.codeSize = codes.BYTES_PER_ELEMENT;
    this.codeType = { 1: gl.UNSIGNED_BYTE, 2: gl.UNSIGNED_SHORT, 4: gl.UNSIGNED_INT }[this.codeSize];
    this.waiting.set("code", codes);
  }

  states(states) {
    this.waiting.set("state", states);
  }

  colours(rgba) {
    const { gl } = this;
    const height = Math.max(1, Math.ceil(rgba.length / 4 / PALETTE_WIDTH));
    const whole = new Uint8Array(height * PALETTE_WIDTH * 4);
    whole.set(rgba);
    gl.bindTexture(gl.TEXTURE_2D, this.palette);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, PALETTE_WIDTH, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, whole);
  }

  /** How many points apart the sampled ones can be, to have about `count` of `n`. */
  apart(n, count) {
    return Math.max(1, Math.min(Math.ceil(n / count), Math.floor(STRIDE / 4)));
  }

  /** Make ready to draw points, each or `every` so many, into a frame that shows `view`. */
  begin(view, frame, look, every = 1) {
    const { gl } = this;
    this.points ??= program(gl, POINTS);
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
    for (const [name, array] of this.waiting) this.#upload(name, array);
    this.waiting.clear();
    for (const [name, location] of Object.entries(LOCATIONS)) {
      gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[name]);
      gl.enableVertexAttribArray(location);
      if (name === "code") gl.vertexAttribIPointer(location, 1, this.codeType, this.codeSize * every, 0);
      else if (name === "state") gl.vertexAttribIPointer(location, 1, gl.UNSIGNED_BYTE, every, 0);
      else gl.vertexAttribPointer(location, 1, gl.FLOAT, false, 4 * every, 0);
    }
  }

  /** Draw the points of some states, a bit each. Between `begin` and `end`. */
  draw(wanted, first, count) {
    this.gl.uniform1ui(this.points.uniforms.wanted, wanted);
    this.gl.drawArrays(this.gl.POINTS, first, count);
  }

  end() {
    for (const location of Object.values(LOCATIONS)) this.gl.disableVertexAttribArray(location);
  }

  #upload(name, array) {
    const { gl } = this;
    const buffer = this.buffers[name];
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    if (buffer.size === array.byteLength) gl.bufferSubData(gl.ARRAY_BUFFER, 0, array);
    else gl.bufferData(gl.ARRAY_BUFFER, array, gl.DYNAMIC_DRAW);
    buffer.size = array.byteLength;
  }

  delete() {
    for (const buffer of Object.values(this.buffers)) this.gl.deleteBuffer(buffer);
    this.gl.deleteTexture(this.palette);
  }
}
