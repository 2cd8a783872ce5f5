// Points drawn by the processor. Where there is no GPU, a million points cost WebGL half a second, nearly all of it in
// setting up each point; written straight into a picture they cost some twenty milliseconds, since a point of one or two
// pixels is one or two stores, and points near each other are near in memory.

const FULL = 256; // opacity 1
const RED_BLUE = 0x00ff00ff;
const GREEN_ALPHA = 0xff00ff00;
const TINY = 2.2; // px, up to which a point is one pixel or a square of four
const PARTS = 4; // places within a pixel, each way, for which a disc is prepared
const SOFT = 0.25; // px by which the edge of a disc is softer, as in shaders.js

const imitated = new WeakMap(); // context → whether it draws without a GPU: to ask waits for all that it has to do

/** Whether a context draws without a GPU. */
export function software(gl) {
  if (!imitated.has(gl)) {
    const named = gl.getExtension("WEBGL_debug_renderer_info");
    const renderer = named ? gl.getParameter(named.UNMASKED_RENDERER_WEBGL) : gl.getParameter(gl.RENDERER);
    imitated.set(gl, /swiftshader|llvmpipe|softpipe|software|basic render/i.test(String(renderer)));
  }
  return imitated.get(gl);
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

  /** Draw the points of one state over what is there. `places` is `{xs, ys}` (n,); `view` is what the picture shows of the map; `paint` has a colour (RGBA bytes) for each code and `opacity`;
   * `size` is in pixels. */
  draw(places, stretches, { codes, states }, wanted, view, paint, size) {
    const begun = performance.now();
    const frame = { scale: view.scale * (this.width / view.width), x: view.x, y: view.y };
    const seen = stretches.reduce((sum, [first, end]) => sum + end - first, 0);
    if (size > TINY) this.#discs(places, stretches, codes, states, wanted, frame, paint, size);
    else {
      const side = size >= 1.75 || seen < 300_000 ? 2 : 1;
      // What one point covers is more or less than the pixels that are written for it.
      const opacity = 1 - (1 - paint.opacity) ** (size ** 2 / side ** 2);
      this.#squares(places, stretches, codes, states, wanted, frame, { ...paint, opacity }, side);
    }
    if (seen > 2_000) this.perPoint = 0.6 * this.perPoint + 0.4 * ((performance.now() - begun) / seen);
  }

  #squares({ xs, ys }, stretches, codes, states, wanted, { scale, x, y }, paint, side) {
    const { width, height, pixels } = this;
    const [left, bottom] = [x - width / 2 / scale, y - height / 2 / scale];
    const { redBlue, greenAlpha, weight } = weighted(paint);
    for (const [first, end] of stretches) {
      for (let p = first; p < end; p += 1) {
        if (states[p] !== wanted) continue;
        const px = Math.floor((xs[p] - left) * scale);
        const py = Math.floor((ys[p] - bottom) * scale);
        if (px < 0 || py < 0 || px >= width - 1 || py >= height - 1) continue;
        const code = codes[p];
        const part = weight[code];
        const [rb, ga, rest] = [Math.imul(redBlue[code], part), Math.imul(greenAlpha[code], part), FULL - part];
        const at = py * width + px;
        pixels[at] = over(pixels[at], rb, ga, rest);
        if (side > 1) {
          pixels[at + 1] = over(pixels[at + 1], rb, ga, rest);
          pixels[at + width] = over(pixels[at + width], rb, ga, rest);
          pixels[at + width + 1] = over(pixels[at + width + 1], rb, ga, rest);
        }
      }
    }
  }

  #discs({ xs, ys }, stretches, codes, states, wanted, { scale, x, y }, paint, size) {
    const { width, height, pixels } = this;
    const [left, bottom] = [x - width / 2 / scale, y - height / 2 / scale];
    const { redBlue, greenAlpha, weight } = weighted(paint);
    const discs = prepared(size, width);
    const reach = Math.ceil(size / 2) + 1;
    for (const [first, end] of stretches) {
      for (let p = first; p < end; p += 1) {
        if (states[p] !== wanted) continue;
        const [fx, fy] = [(xs[p] - left) * scale, (ys[p] - bottom) * scale];
        const [px, py] = [Math.floor(fx), Math.floor(fy)];
        if (px < reach || py < reach || px >= width - reach || py >= height - reach) continue;
        const code = codes[p];
        const [rb, ga, most] = [redBlue[code], greenAlpha[code], weight[code]];
        const { offsets, cover } = discs[Math.floor((fy - py) * PARTS) * PARTS + Math.floor((fx - px) * PARTS)];
        const middle = py * width + px;
        for (let k = 0; k < offsets.length; k += 1) {
          const at = middle + offsets[k];
          const part = (most * cover[k]) >> 8;
          pixels[at] = over(pixels[at], Math.imul(rb, part), Math.imul(ga, part), FULL - part);
        }
      }
    }
  }
}

/** Two channels at a time: 16 bits each have room for a product of 8 and 8. */
function over(below, redBlue, greenAlpha, keep) {
  const rb = (redBlue + Math.imul(below & RED_BLUE, keep)) >>> 8;
  const ga = greenAlpha + Math.imul((below >>> 8) & RED_BLUE, keep);
  return ((rb & RED_BLUE) | (ga & GREEN_ALPHA)) >>> 0;
}

/** Per colour: its channels, two by two, and the weight with which it is laid over what lies below. */
function weighted({ colours, opacity }) {
  const count = colours.length / 4;
  const [redBlue, greenAlpha, weight] = [new Int32Array(count), new Int32Array(count), new Int32Array(count)];
  for (let code = 0; code < count; code += 1) {
    const [red, green, blue, alpha] = colours.subarray(code * 4, code * 4 + 4);
    redBlue[code] = red | (blue << 16);
    greenAlpha[code] = green | (255 << 16);
    weight[code] = Math.round(FULL * opacity * (alpha / 255));
  }
  return { redBlue, greenAlpha, weight };
}

/** A disc for each of the places that its middle may have within a pixel: the pixels that it covers, and how much. */
function prepared(size, width) {
  const reach = Math.ceil(size / 2) + 1;
  return Array.from({ length: PARTS * PARTS }, (_, place) => {
    const [x, y] = [((place % PARTS) + 0.5) / PARTS, (Math.floor(place / PARTS) + 0.5) / PARTS];
    const [offsets, cover] = [[], []];
    for (let dy = -reach; dy <= reach; dy += 1) {
      for (let dx = -reach; dx <= reach; dx += 1) {
        const share = Math.min(Math.max(size / 2 - Math.hypot(dx + 0.5 - x, dy + 0.5 - y) + SOFT, 0), 1);
        if (share < 0.01) continue;
        offsets.push(dy * width + dx);
        cover.push(Math.round(FULL * share));
      }
    }
    return { offsets: Int32Array.from(offsets), cover: Int32Array.from(cover) };
  });
}

/** Where points are on their way from the old places to the new ones, `arrived` in 0…1. */
export function travelling({ xs, ys }, [oldX, oldY], arrived) {
  const along = (from, to) => to.map((value, p) => from[p] + (value - from[p]) * arrived);
  return { xs: along(oldX, xs), ys: along(oldY, ys) };
}
