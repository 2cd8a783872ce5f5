// What hand and keyboard mean on a pane: pan, zoom, lasso, rectangle, click. Calls back with finished gestures alone.
//
// Dragging pans; with the lasso or rectangle in hand, or with Shift (add) or Alt (subtract) held, it draws. The middle and
// the right button always pan. On a touch screen one finger scrolls the page while nothing is in hand, opens an image by a tap
// and shows what it is by resting on it; two fingers move and zoom the map.

const STILL = 4; // px that a pointer may move in a click
const DOUBLE = 320; // ms between two clicks that are one double click
const REACH = 8; // px around the pointer
const REACH_TOUCH = 22;
const HOLD = 450; // ms that a finger rests on an image to see what it is
const STEP = 16; // px of the crosshair a key press
const WHEEL = 0.0022; // zoom per unit of a wheel

export class Gestures {
  /** `on` has hover(row, x, y), leave(), click(row, event), drawn(shape, mode), moved(), hint(text), key(event). */
  constructor(pane, model, on) {
    Object.assign(this, { pane, model, on });
    this.pointers = new Map();
    const { element } = pane;
    this.element = element;
    element.tabIndex = 0;
    const listen = (name, act, options) => element.addEventListener(name, act, options);
    listen("pointerdown", (event) => this.#down(event));
    listen("pointermove", (event) => this.#move(event));
    listen("pointerup", (event) => this.#up(event));
    listen("pointercancel", (event) => this.#cancel(event));
    listen("pointerleave", ({ pointerType }) => pointerType !== "touch" && !this.pointers.size && this.on.leave());
    listen("wheel", (event) => this.#wheel(event), { passive: false });
    listen("contextmenu", (event) => event.preventDefault());
    listen("keydown", (event) => this.#key(event));
    listen("blur", () => {
      this.pane.crosshair = null;
      this.drop();
      this.on.leave();
    });
  }

  get drawing() {
    return this.model.tool !== "pan";
  }

  /** With a tool in hand the finger draws; otherwise the page scrolls under it. */
  touchable() {
    this.element.style.touchAction = this.drawing ? "none" : "pan-y";
  }

  #at({ clientX, clientY }) {
    const { left, top } = this.element.getBoundingClientRect();
    return [clientX - left, clientY - top];
  }

  #down(event) {
    if (event.target.closest("button, a")) return;
    this.pane.skip();
    this.pane.crosshair = null;
    clearTimeout(this.resting);
    if (event.pointerType === "touch") this.on.leave();
    if (this.pen) this.drop();
    const at = this.#at(event);
    this.pointers.set(event.pointerId, at);
    this.element.setPointerCapture?.(event.pointerId);
    this.element.focus({ preventScroll: true, focusVisible: false });
    if (this.pointers.size === 2) {
      this.gesture = { kind: "pinch", ...this.#pinch() };
      this.pane.shape = null;
      return;
    }
    if (this.pointers.size > 2) return;
    const touch = event.pointerType === "touch";
    const draws = event.button === 0 && (this.drawing || event.shiftKey || event.altKey);
    const mode = event.altKey ? "subtract" : event.shiftKey ? "add" : "new";
    if (event.button === 0 || event.button === 1 || event.button === 2) {
      this.gesture = { kind: draws ? "draw" : touch ? "tap" : "pan", at, from: at, mode, moved: false, touch };
      if (event.button === 1) event.preventDefault();
      if (touch && !draws) this.resting = setTimeout(() => this.#rested(this.gesture), HOLD);
    }
  }

  /** A finger has rested in one place: that is its pointing at something. */
  #rested(gesture) {
    if (!gesture || gesture.moved || gesture.kind !== "tap") return;
    gesture.rested = true;
    this.on.hover(this.pane.spots.at(...gesture.from, REACH_TOUCH), ...gesture.from);
  }

  #move(event) {
    const at = this.#at(event);
    const { gesture } = this;
    if (this.pointers.has(event.pointerId)) this.pointers.set(event.pointerId, at);
    if (!gesture) {
      if (event.pointerType !== "touch") this.on.hover(this.pane.spots.at(...at, REACH), ...at);
      return;
    }
    if (gesture.kind === "pinch") return this.#pinched();
    if (!gesture.moved && Math.hypot(at[0] - gesture.from[0], at[1] - gesture.from[1]) < STILL) return;
    if (!gesture.moved) {
      gesture.moved = true;
      this.on.leave();
      if (gesture.kind === "draw") this.pane.shape = [gesture.from];
    }
    if (gesture.kind === "pan") {
      this.pane.camera.pan(at[0] - gesture.at[0], at[1] - gesture.at[1]);
      this.pane.moved();
      this.on.moved();
    } else if (gesture.kind === "draw") {
      for (const one of event.getCoalescedEvents?.() ?? [event]) this.#draw(this.#at(one), gesture.from);
      this.#draw(at, gesture.from);
      this.pane.point();
    } else this.on.hint("Two fingers move the map");
    gesture.at = at;
  }

  #draw(at, from) {
    const { pane } = this;
    if (this.model.tool === "rectangle") {
      pane.shape = [from, [at[0], from[1]], at, [from[0], at[1]]];
      return;
    }
    const last = pane.shape[pane.shape.length - 1];
    if (Math.hypot(at[0] - last[0], at[1] - last[1]) >= 2) pane.shape.push(at);
  }

  #up(event) {
    const { gesture } = this;
    this.pointers.delete(event.pointerId);
    if (!gesture) return;
    if (gesture.kind === "pinch") {
      if (!this.pointers.size) this.gesture = null;
      return;
    }
    this.gesture = null;
    clearTimeout(this.resting);
    if (gesture.rested) return;
    if (!gesture.moved) return this.#clicked(event, gesture);
    if (gesture.kind === "draw") this.#finish(gesture.mode);
  }

  #finish(mode) {
    const { shape } = this.pane;
    this.pane.shape = null;
    this.pane.point();
    if (shape?.length > 2) this.on.drawn(shape, mode);
  }

  #cancel(event) {
    clearTimeout(this.resting);
    this.pointers.delete(event.pointerId);
    if (!this.pointers.size) this.gesture = null;
    this.pane.shape = null;
    this.pane.point();
  }

  #clicked(event, { from, touch, mode }) {
    const now = performance.now();
    const again = now - (this.clickedAt ?? -Infinity) < DOUBLE && Math.hypot(from[0] - this.clickedOn[0], from[1] - this.clickedOn[1]) < 12;
    clearTimeout(this.opening);
    if (again && event.button === 0) {
      this.clickedAt = -Infinity;
      this.pane.fly(this.pane.camera.closer(event.shiftKey ? 0.5 : 2, ...from));
      this.on.moved();
      return;
    }
    [this.clickedAt, this.clickedOn] = [now, from];
    if (event.button !== 0) return;
    const row = this.pane.spots.at(...from, touch ? REACH_TOUCH : REACH);
    // A click may be the first half of a double click, which goes in and opens nothing.
    if (mode === "new") this.opening = setTimeout(() => this.on.click(row, mode), row < 0 ? 0 : DOUBLE - 80);
    else this.on.click(row, mode);
  }

  #wheel(event) {
    event.preventDefault();
    if (this.pane.shape) return; // what is drawn is drawn on the screen
    this.pane.skip();
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
    const pinch = event.ctrlKey ? 4 : 1; // a pinch on a touch pad comes as a wheel with Ctrl
    const factor = Math.exp(-Math.min(Math.max(event.deltaY * unit * pinch, -600), 600) * WHEEL);
    this.pane.camera.set(this.pane.camera.closer(factor, ...this.#at(event)));
    this.pane.moved();
    this.on.moved();
  }

  #pinch() {
    const [a, b] = [...this.pointers.values()];
    return { middle: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], far: Math.max(Math.hypot(a[0] - b[0], a[1] - b[1]), 1) };
  }

  #pinched() {
    if (this.pointers.size < 2) return;
    const { camera } = this.pane;
    const now = this.#pinch();
    camera.pan(now.middle[0] - this.gesture.middle[0], now.middle[1] - this.gesture.middle[1]);
    camera.set(camera.closer(now.far / this.gesture.far, ...now.middle));
    Object.assign(this.gesture, now);
    this.pane.moved();
    this.on.moved();
  }

  // -- keyboard: the arrows move a crosshair that does what a pointer does ---------------------------------------

  #key(event) {
    if (event.target !== this.element) return;
    const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const skipped = this.pane.skip();
    if (arrow && !event.ctrlKey && !event.metaKey) this.#steer(arrow, event.shiftKey ? 4 : 1);
    else if (event.key === "Enter" || event.code === "Space") this.#press(event);
    else if (event.key === "Escape" && (this.pane.shape || this.pen)) this.drop();
    else if (!(event.key === "Escape" && skipped) && !this.on.key(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  #steer([dx, dy], times) {
    const { pane } = this;
    const { camera } = pane;
    const at = pane.crosshair ?? [camera.width / 2, camera.height / 2];
    const to = [at[0] + dx * STEP * times, at[1] + dy * STEP * times];
    const held = [Math.min(Math.max(to[0], 20), camera.width - 20), Math.min(Math.max(to[1], 20), camera.height - 20)];
    if (!this.pen && (held[0] !== to[0] || held[1] !== to[1])) {
      camera.pan(held[0] - to[0], held[1] - to[1]);
      pane.moved();
      this.on.moved();
    }
    pane.crosshair = held;
    if (this.pen) this.#draw(held, this.pen);
    else this.on.hover(pane.spots.at(...held, 24), ...held);
    pane.point();
  }

  #press(event) {
    if (event.repeat) return;
    const { pane } = this;
    pane.crosshair ??= [pane.camera.width / 2, pane.camera.height / 2];
    const mode = event.altKey ? "subtract" : event.shiftKey ? "add" : "new";
    if (this.drawing && event.key === "Enter") {
      if (this.pen) {
        this.pen = null;
        this.#finish(mode);
      } else {
        this.pen = pane.crosshair;
        pane.shape = [this.pen];
        this.on.hint("Draw with the arrow keys, Enter closes, Escape lets go");
      }
    } else this.on.click(pane.spots.at(...pane.crosshair, 24), event.code === "Space" ? "toggle" : mode);
    pane.point();
  }

  /** Let go of what is being drawn. */
  drop() {
    this.pen = null;
    this.gesture = null;
    this.pane.shape = null;
    this.pane.point();
  }
}
