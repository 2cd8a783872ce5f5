// Points drawn by the processor. Where there is no GPU, a million points cost WebGL half a second, nearly all of it in
// setting up each point; written straight into a picture they cost some twenty milliseconds, since a point of one or two
// pixels is one or two stores, and points near each other are near in memory.

const FULL = 256; // opacity 1
const RED_BLUE = 0x00ff00ff;
const GREEN_ALPHA = 0xff00ff00;

/** Whether a context draws without a GPU. */
export function software(gl) {
  const named = gl.getExtension("WEBGL_debug_renderer_info");
  const renderer = named ? gl.getParameter(named.UNMASKED_RENDERER_WEBGL) : gl.getParameter(gl.RENDERER);
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(String(renderer));
}

export class Raster {
  constructor() {
    this.pixels = new Uint32Array(0);
    this.perPoint = 2e-5; // ms, as measured last
  }

  /** A picture (height, width) of premultiplied RGBA, the lowest line first, as WebGL takes it. */
  clear(width, height) {
    [this.width, this.height] = [width, height];
    if (this.pixels.length === width * height) this.pixels.fill(0);
    else this.pixels = new Uint32Array(width * height);
  }

  /** Draw the points of one state over what is there. `view` is what the picture shows of the map; `paint` has a colour
   * (RGBA bytes) for each code and `opacity`; `side` is 1 or 2 pixels. */
  draw(grid, stretches, { codes, states }, wanted, view, paint, side) {
    const begun = performance.now();
    const { xs, ys } = grid;
    const { width, height, pixels } = this;
    const scale = view.scale * (width / view.width);
    const [left, bottom] = [view.x - width / 2 / scale, view.y - height / 2 / scale];
    const { redBlue, greenAlpha, keep } = weighted(paint);
    let seen = 0;
    for (const [first, end] of stretches) {
      seen += end - first;
      for (let p = first; p < end; p += 1) {
        if (states[p] !== wanted) continue;
        const px = Math.floor((xs[p] - left) * scale);
        const py = Math.floor((ys[p] - bottom) * scale);
        if (px < 0 || py < 0 || px >= width - 1 || py >= height - 1) continue;
        const code = codes[p];
        const [rb, ga, rest] = [redBlue[code], greenAlpha[code], keep[code]];
        const at = py * width + px;
        pixels[at] = over(pixels[at], rb, ga, rest);
        if (side > 1) {
          pixels[at + 1] = over(pixels[at + 1], rb, ga, rest);
          pixels[at + width] = over(pixels[at + width], rb, ga, rest);
          pixels[at + width + 1] = over(pixels[at + width + 1], rb, ga, rest);
        }
      }
    }
    if (seen > 10_000) this.perPoint = 0.7 * this.perPoint + 0.3 * ((performance.now() - begun) / seen);
  }
}

/** Two channels at a time: 16 bits each have room for a product of 8 and 8. */
function over(below, redBlue, greenAlpha, keep) {
  const rb = (redBlue + Math.imul(below & RED_BLUE, keep)) >>> 8;
  const ga = greenAlpha + Math.imul((below >>> 8) & RED_BLUE, keep);
  return ((rb & RED_BLUE) | (ga & GREEN_ALPHA)) >>> 0;
}

/** Per colour: its channels times its opacity, two by two, and the share that what lies below keeps. */
function weighted({ colours, opacity }) {
  const count = colours.length / 4;
  const [redBlue, greenAlpha, keep] = [new Int32Array(count), new Int32Array(count), new Int32Array(count)];
  for (let code = 0; code < count; code += 1) {
    const [red, green, blue, alpha] = colours.subarray(code * 4, code * 4 + 4);
    const weight = Math.round(FULL * opacity * (alpha / 255));
    redBlue[code] = Math.imul(red | (blue << 16), weight);
    greenAlpha[code] = Math.imul(green | (255 << 16), weight);
    keep[code] = FULL - weight;
  }
  return { redBlue, greenAlpha, keep };
}
