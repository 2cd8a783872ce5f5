// One image to look at closely, as a Streamlit component.

const views = new WeakMap();

export default function (component) {
  const { data, parentElement } = component;
  if (!views.has(parentElement)) views.set(parentElement, new Viewer(parentElement.querySelector(".viewer")));
  views.get(parentElement).update(data);
  return () => {
    views.get(parentElement)?.end();
    views.delete(parentElement);
  };
}

const CLOSEST = 16; // times the size at which all of it is seen
const STEP = 1.5; // of a button or key
const PUSH = 48; // px of an arrow key
const LARGEST = 2; // times its size that a small image is enlarged to be seen whole
// Dark to bright, even in lightness; the clear end lets the image be seen.
const SCALE = [[68, 1, 84, 150], [59, 82, 139, 130], [33, 145, 140, 120], [94, 201, 98, 130], [253, 231, 37, 165]];

class Viewer {
  constructor(root) {
    this.root = root;
    this.sheet = root.querySelector(".sheet");
    this.image = root.querySelector("img");
    this.heat = root.querySelector(".heat");
    [this.zoom, this.x, this.y] = [1, 0, 0]; // times the whole, and px from the middle
    this.pointers = new Map();
    root.onwheel = (event) => {
      event.preventDefault();
      this.#closer(Math.exp(-event.deltaY * 0.0022), this.#at(event));
    };
    root.onpointerdown = (event) => this.#down(event);
    root.onpointermove = (event) => this.#move(event);
    root.onpointerup = root.onpointercancel = (event) => this.pointers.delete(event.pointerId);
    root.ondblclick = (event) => this.#closer(this.zoom > 1.01 ? 1 / this.zoom : 3, this.#at(event));
    root.onkeydown = (event) => this.#key(event);
    root.onclick = ({ target }) => this.#act(target.closest("[data-act]")?.dataset.act);
    this.watching = new ResizeObserver(() => this.#place());
    this.watching.observe(root);
  }

  end() {
    this.watching.disconnect();
  }

  update({ url, thumbnail, alt, width, height, heat }) {
    [this.width, this.height] = [Math.max(width, 1), Math.max(height, 1)];
    if (this.image.getAttribute("src") !== url) {
      this.image.style.backgroundImage = thumbnail ? `url("${thumbnail}")` : "";
      this.image.src = url;
      [this.zoom, this.x, this.y] = [1, 0, 0];
    }
    this.image.alt = alt;
    this.#warm(heat);
    this.#place();
  }

  #warm(heat) {
    this.heat.hidden = !heat;
    if (!heat) return;
    const side = heat.rows.length;
    [this.heat.width, this.heat.height] = [side, side];
    const draw = this.heat.getContext("2d");
    const pixels = draw.createImageData(side, side);
    const most = Math.max(...heat.rows.flat(), 1e-6);
    heat.rows.flat().forEach((fall, at) => pixels.data.set(colour(Math.max(fall, 0) / most), at * 4));
    draw.putImageData(pixels, 0, 0);
    const [left, top, right, bottom] = heat.seen;
    Object.assign(this.heat.style, { inset: "auto", left: `${left * 100}%`, top: `${top * 100}%`, width: `${(right - left) * 100}%`, height: `${(bottom - top) * 100}%` });
  }

  #act(name) {
    if (name === "in") this.#closer(STEP);
    if (name === "out") this.#closer(1 / STEP);
    if (name === "fit") this.#closer(0);
  }

  #key(event) {
    const arrow = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (event.key === "+" || event.key === "=") this.#closer(STEP);
    else if (event.key === "-") this.#closer(1 / STEP);
    else if (event.key === "0") this.#closer(0);
    else if (arrow && this.zoom > 1) {
      [this.x, this.y] = [this.x + arrow[0] * PUSH, this.y + arrow[1] * PUSH];
      this.#place();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #at({ clientX, clientY }) {
    const { left, top, width, height } = this.root.getBoundingClientRect();
    return [clientX - left - width / 2, clientY - top - height / 2];
  }

  #down(event) {
    if (event.target.closest("button")) return;
    this.pointers.set(event.pointerId, this.#at(event));
    if (this.zoom > 1 || event.pointerType === "mouse") this.root.setPointerCapture(event.pointerId);
    this.pinch = this.#spread();
  }

  #move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const at = this.#at(event);
    this.pointers.set(event.pointerId, at);
    if (this.pointers.size === 2) {
      const spread = this.#spread();
      this.#closer(spread.far / this.pinch.far, spread.middle);
      this.pinch = spread;
    } else if (this.zoom > 1) {
      [this.x, this.y] = [this.x + at[0] - before[0], this.y + at[1] - before[1]];
      this.#place();
    }
  }

  #spread() {
    const [a, b] = [...this.pointers.values()];
    return b && { middle: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], far: Math.max(Math.hypot(a[0] - b[0], a[1] - b[1]), 1) };
  }

  /** Zoom by a factor; what is at this place, from the middle, stays there. */
  #closer(factor, [x, y] = [0, 0]) {
    const zoom = Math.min(Math.max(this.zoom * factor, 1), CLOSEST);
    const by = zoom / this.zoom;
    [this.x, this.y, this.zoom] = [x - (x - this.x) * by, y - (y - this.y) * by, zoom];
    this.#place();
  }

  #place() {
    const { clientWidth, clientHeight } = this.root;
    const fit = Math.min(clientWidth / this.width, clientHeight / this.height, LARGEST);
    const [width, height] = [this.width * fit * this.zoom, this.height * fit * this.zoom];
    const [roomX, roomY] = [Math.max((width - clientWidth) / 2, 0), Math.max((height - clientHeight) / 2, 0)];
    this.x = Math.min(Math.max(this.x, -roomX), roomX);
    this.y = Math.min(Math.max(this.y, -roomY), roomY);
    this.root.toggleAttribute("data-zoomed", this.zoom > 1.01);
    Object.assign(this.sheet.style, { width: `${width}px`, height: `${height}px`, transform: `translate(${this.x - width / 2}px, ${this.y - height / 2}px)` });
  }
}

function colour(share) {
  const at = Math.min(share, 1) * (SCALE.length - 1);
  const low = Math.min(Math.floor(at), SCALE.length - 2);
  return SCALE[low].map((from, channel) => Math.round(from + (SCALE[low + 1][channel] - from) * (at - low)));
}
