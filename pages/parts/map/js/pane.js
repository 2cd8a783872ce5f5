// One map on the screen: points below, images and names over them, and on top what follows the pointer. Two panes share one
// model, so that hover, selection, colours and filters are the same in both.

import { Camera } from "./camera.js";
import { canvas, context, forget, leave } from "./context.js";
import { density } from "./density.js";
import { BRIGHT, DIM, GHOST, HIDDEN, PLAIN, Points } from "./draw.js";
import { Grid } from "./grid.js";
import * as images from "./images.js";
import * as labels from "./labels.js";
import { Movement, origins } from "./movement.js";
import { Overlay } from "./overlay.js";
import { css } from "./palette.js";
import { load } from "./planes.js";
import { software } from "./raster.js";
import { Spots } from "./spots.js";
import { occupied, style } from "./style.js";

const REST = 140; // ms without movement, after which names are placed anew
const SHARP = 2; // pixels per CSS pixel that are drawn at most; overdraw is the cost where there is no GPU
const HARD = 150; // ms: a map that takes longer is drawn with one pixel per CSS pixel
const DIMMED = 0.28; // opacity of what is not selected, against the rest

export class Pane {
  constructor(model, element, { changed, painted }) {
    Object.assign(this, { model, element, changed, painted });
    element.innerHTML = `<canvas class="scene"></canvas><svg class="pointer" aria-hidden="true"></svg>
      <div class="wait" hidden></div><div class="void" role="status"></div><div class="title" hidden></div>`;
    this.sceneCanvas = element.querySelector("canvas");
    this.canvas = canvas();
    this.gl = context(this.canvas);
    this.canvas.className = "points";
    element.prepend(this.canvas);
    this.overlay = new Overlay(element.querySelector("svg"));
    this.wait = element.querySelector(".wait");
    this.void = element.querySelector(".void");
    this.camera = new Camera([-1, -1, 1, 1]);
    this.movement = new Movement(this);
    this.images = new images.Images();
    this.spots = new Spots(this);
    this.layout = { size: 0, images: [] };
    this.anchors = [];
    this.dirty = { scene: true, pointer: true };
    this.frames = [];
    // Without a GPU, drawing "on it" means to have it imitated: then the processor draws this canvas as well.
    this.scene = this.sceneCanvas.getContext("2d", { willReadFrequently: Boolean(this.gl) && software(this.gl) });
    if (!this.gl) {
      this.say("This browser has no WebGL2, which the map is drawn with. Update it, or switch hardware acceleration on in its settings. All other pages work.");
      return;
    }
    this.points = new Points(this.gl, (ms) => this.#drawn(ms));
    this.listening = new AbortController();
    const { signal } = this.listening;
    const lost = (event) => {
      event.preventDefault();
      forget(this.gl);
      this.say("The graphics card took its memory back. The map comes again in a moment.");
    };
    this.canvas.addEventListener("webglcontextlost", lost, { signal });
    this.canvas.addEventListener("webglcontextrestored", () => this.#again(), { signal });
    this.watching = new ResizeObserver(() => this.resize());
    this.watching.observe(element);
    this.resize();
  }

  end() {
    this.ended = true;
    cancelAnimationFrame(this.asked);
    this.watching?.disconnect();
    if (!this.gl) return;
    this.listening.abort();
    if (!this.gl.isContextLost()) this.points.delete();
    leave(this.canvas, this.gl);
  }

  entitle(text) {
    const title = this.element.querySelector(".title");
    title.textContent = text;
    title.hidden = !text;
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
    const fitBefore = this.camera.fit();
    this.grid = grid;
    this.share = occupied(grid);
    this.camera.limits(facts.box);
    this.movement.skip();
    this.points.place(grid, before && origins(grid, before, fitBefore, this.camera.fit()));
    this.camera.set(this.camera.fit());
    if (before) this.movement.migrate();
    this.#codes();
    this.states();
    this.contours();
    return true;
  }

  /** End a movement at once. */
  skip() {
    const skipped = this.movement.skip();
    if (skipped) this.moved();
    return skipped;
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
    const { filters, selection, gone, options } = this.model;
    const { order } = this.grid;
    const states = new Uint8Array(order.length);
    const some = selection.size > 0;
    const { fails } = filters;
    const left = options.ghosts ? GHOST : HIDDEN;
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
    const sized = (canvas, ratio) => {
      const pixels = [Math.round(width * ratio), Math.round(height * ratio)];
      if (canvas.width === pixels[0] && canvas.height === pixels[1]) return false;
      [canvas.width, canvas.height] = pixels; // which clears it
      return true;
    };
    if (sized(this.canvas, this.ratio)) this.points?.changed();
    sized(this.sceneCanvas, sharp);
    this.scene.setTransform(sharp, 0, 0, sharp, 0, 0);
    this.camera.resize(width, height);
    this.moved();
    cancelAnimationFrame(this.asked);
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

  /** Go to a state of the camera. */
  fly(to) {
    this.movement.fly(to);
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

  #tick(now) {
    this.asked = 0;
    if (this.ended || !this.gl) return;
    let more = this.movement.step(now);
    if (more) this.moved();
    if (this.grid) {
      const { ghost, contour } = this.model.colours;
      this.style = { ...style(this.grid, this.camera, this.box, this.share), ratio: this.ratio, ghost, contour, dimmed: DIMMED };
      more = this.points.frame(this.camera, this.style, now) || more;
      if (this.points.work) this.#poll();
      if (!this.settled && !this.movement.under && now - this.movedAt > REST) this.#settle();
      more ||= !this.settled;
    }
    if (this.dirty.scene) this.#drawScene();
    if (this.dirty.pointer) this.overlay.draw(this);
    this.dirty.scene = this.dirty.pointer = false;
    if (more) this.ask();
    this.#measure(now, more);
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
    this.names = column?.names ?? [];
    this.anchors =
      model.options.labels && column
        ? labels.anchors(this.grid, this.camera, column.codes, column.names.length, (row) => model.shown(row))
        : [];
    this.dirty.scene = true;
    this.void.textContent = this.#nothing();
    this.changed(this);
  }

  /** Why there is nothing to be seen, where there is nothing. */
  #nothing() {
    if (!this.model.shownCount) return "No image passes all filters. Take one off above the map, or show all.";
    return this.grid.count(...this.camera.seen()) ? "" : "Nothing lies here. F shows all of the map.";
  }

  #drawScene() {
    const { scene, camera, model } = this;
    scene.clearRect(0, 0, camera.width, camera.height);
    if (!this.grid || this.movement.migration) return;
    this.layout = { size: 0, images: [] };
    if (model.options.images && model.pages) {
      this.layout = this.images.place(this.grid, camera, {
        inView: this.style.inView,
        pass: (row) => model.shown(row),
        first: (row) => (model.exemplars.has(row) ? -1 : model.selection.has(row) ? 0 : 1),
      });
      images.draw(scene, this.layout, model.pages, this.framing());
    }
    if (this.anchors.length) this.named = labels.draw(scene, camera, this.anchors, this.names, model.colours, this.layout.size > 0);
    else this.named = [];
  }

  /** How images are framed. */
  framing() {
    const { model } = this;
    return {
      frame: (row) => css(model.colourOf(row)),
      faint: (row) => model.selection.size > 0 && !model.selection.has(row),
      surface: model.colours.surface,
    };
  }
}
