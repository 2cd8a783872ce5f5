// The map to take along: a picture of twice the screen, vectors for a paper, one file that opens without a server, a link.

import { context } from "./context.js";
import { el } from "./dom.js";
import { Points } from "./draw.js";
import * as images from "./images.js";
import * as labels from "./labels.js";
import { css } from "./palette.js";

const TWICE = 2;
const VECTORS = 20_000; // points of an SVG
const [WIDE, LINE, ROOM] = [210, 20, 16]; // px: width of the legend, height of an entry, distance to the edge
const PATIENCE = 30_000; // ms

/** Fill the sheet with what can be taken along now. */
export function fill(sheet, map) {
  const { pane } = map.panes[0];
  const entry = (title, said, act, disabled = false) => {
    const small = el("small", {}, said);
    const button = el("button", { type: "button", disabled }, title, small);
    button.onclick = async () => {
      small.textContent = "One moment …";
      try {
        small.textContent = (await act()) ?? said;
      } catch (error) {
        small.textContent = error.message;
      }
    };
    return button;
  };
  const vectors = pane.style.inView;
  const { camera } = pane;
  sheet.replaceChildren(
    el("h4", {}, "Take the map along"),
    entry("Picture (PNG)", `${Math.round((camera.width + WIDE) * TWICE)} × ${Math.round(camera.height * TWICE)} pixels, with its legend`, async () => save(await png(pane), "map.png")),
    entry(
      "Vectors (SVG)",
      vectors <= VECTORS ? `${vectors.toLocaleString("en")} points in view` : `At most ${VECTORS.toLocaleString("en")} points, and ${vectors.toLocaleString("en")} are in view: zoom in`,
      async () => save(new Blob([svg(pane)], { type: "image/svg+xml" }), "map.svg"),
      vectors > VECTORS,
    ),
    map.data.alone ? "" : entry("Link to this view", "Colours, filters, selection, and the part that you see", () => copy(map)),
  );
  if (!map.data.alone) files(map, sheet);
}

/** The map as one file, with and without images; how large it will be is said first. */
async function files(map, sheet) {
  const waiting = sheet.appendChild(el("p", { class: "nothing" }, "Weighing a file of its own …"));
  try {
    const { html, sizes } = await import("./standalone.js");
    const found = await sizes(map);
    const offer = (title, size, thumbnails) => {
      const fits = size <= found.largest;
      const small = el("small", {}, fits ? `About ${megabytes(size)}; opens in any browser, without a server` : `It would have ${megabytes(size)}, more than browsers open`);
      const button = el("button", { type: "button", disabled: !fits }, title, small);
      button.onclick = async () => {
        button.disabled = true;
        try {
          const file = await html(map, thumbnails, (share) => (small.textContent = `${Math.round(share * 100)} %`));
          save(file, "map.html");
          small.textContent = `Saved, ${megabytes(file.size)}`;
        } catch (error) {
          small.textContent = error.message;
        }
        button.disabled = false;
      };
      return button;
    };
    waiting.replaceWith(offer("One file with images (HTML)", found.with, true), offer("One file without images (HTML)", found.without, false));
  } catch (error) {
    waiting.textContent = error.message;
  }
}

function megabytes(bytes) {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} KB` : bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

async function copy(map) {
  const link = new URL(location.href);
  for (const [name, value] of Object.entries(map.data.link)) link.searchParams.set(name, value);
  link.searchParams.set("at", map.panes[0].pane.camera.text());
  if (!navigator.clipboard) throw new Error(`This browser copies over HTTPS alone. The link is ${link.href}`);
  await navigator.clipboard.writeText(link.href);
  return "Copied.";
}

function save(blob, name) {
  const url = URL.createObjectURL(blob);
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

// -- a picture ----------------------------------------------------------------------------------------------------

/** A PNG of what a pane shows, at twice its size, with a legend beside it. */
async function png(pane) {
  const { camera, model } = pane;
  const [width, height] = [Math.round(camera.width * TWICE), Math.round(camera.height * TWICE)];
  const whole = el("canvas", { width: width + WIDE * TWICE, height });
  const draw = whole.getContext("2d");
  draw.fillStyle = model.colours.surface;
  draw.fillRect(0, 0, whole.width, height);
  await dots(pane, el("canvas", { width, height }), (canvas) => draw.drawImage(canvas, 0, 0));
  draw.scale(TWICE, TWICE);
  images.draw(draw, pane.layout, model.pages, pane.framing());
  if (pane.anchors.length) labels.draw(draw, camera, pane.anchors, pane.names, model.colours, pane.layout.size > 0);
  draw.textAlign = "left";
  draw.textBaseline = "middle";
  for (const item of legend(model, camera.height)) {
    const [left, top] = [camera.width + ROOM, ROOM + item.line * LINE];
    if (item.colour) {
      draw.fillStyle = item.colour;
      draw.beginPath();
      draw.arc(left + 5, top, 5, 0, 2 * Math.PI);
      draw.fill();
    }
    draw.font = `${item.colour ? 400 : 600} 13px ${model.colours.font}`;
    draw.fillStyle = model.colours.text;
    draw.fillText(item.text, left + (item.colour ? 16 : 0), top, WIDE - 2 * ROOM - 16);
  }
  return new Promise((resolve, reject) => {
    whole.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The picture is too large for this browser."))), "image/png");
  });
}

/** Draw the points of a pane on a canvas, `use` it, and give its memory back. */
async function dots(pane, canvas, use) {
  const gl = context(canvas);
  if (!gl) throw new Error("This browser has no WebGL2 left to draw with. Close other tabs and try again.");
  const points = new Points(gl, () => {});
  try {
    points.place(pane.grid);
    points.paint(pane.points.painted.codes, pane.points.painted.colours);
    points.states(pane.points.stated, pane.points.present);
    if (pane.points.field) points.density({ ...pane.points.field });
    const look = { ...pane.style, ratio: TWICE };
    const begun = performance.now();
    while (points.frame(pane.camera, look, Infinity)) {
      if (performance.now() - begun > PATIENCE) throw new Error("The picture took too long. Zoom in, or filter, and try again.");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    use(canvas);
  } finally {
    points.delete();
    gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

/** The lines of a legend of some height: `{line, text, colour}`. It says how many it leaves out. */
function legend(model, height) {
  const { column, palette } = model;
  if (!column) return [];
  const room = Math.floor((height - 2 * ROOM) / LINE) - 1;
  const title = { line: 0, text: column.title };
  if (!column.categorical) {
    const shares = column.empty ? [] : [1, 0.75, 0.5, 0.25, 0];
    return [title, ...shares.map((share, at) => ({ line: at + 1, text: column.words(column.low + share * (column.high - column.low)), colour: css(palette.number(share)) }))];
  }
  const counts = model.filters.counts(column);
  const entries = column.names.map((text, at) => ({ text, colour: css(palette.category(at)), count: counts[at + 1] })).filter(({ count }) => count);
  if (counts[0]) entries.push({ text: column.unknown, colour: css(model.empty) });
  const shown = entries.length <= room ? entries : entries.slice(0, room - 1);
  const rest = entries.length - shown.length;
  return [title, ...shown.map((entry, at) => ({ ...entry, line: at + 1 })), ...(rest ? [{ line: shown.length + 1, text: `and ${rest.toLocaleString("en")} more` }] : [])];
}

// -- vectors ------------------------------------------------------------------------------------------------------

/** An SVG of the points in view, grouped by colour, with names and legend. */
function svg(pane) {
  const { camera, model, grid, style: look } = pane;
  const { shades, colours } = model.painting();
  const groups = new Map();
  const some = model.selection.size > 0;
  for (const [first, end] of grid.stretches(...camera.seen())) {
    for (let p = first; p < end; p += 1) {
      const row = grid.order[p];
      if (!model.shown(row)) continue;
      const [x, y] = camera.toScreen(grid.xs[p], grid.ys[p]);
      if (x < 0 || y < 0 || x > camera.width || y > camera.height) continue;
      const key = `${shades[row]}|${some && !model.selection.has(row)}`;
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(`<circle cx="${x.toFixed(2)}" cy="${y.toFixed(2)}" r="${(look.size / 2).toFixed(2)}"/>`);
    }
  }
  const text = (x, y, said, more = "") => `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" fill="${model.colours.text}" ${more}>${escaped(said)}</text>`;
  const dots = [...groups].map(([key, circles]) => {
    const [shade, dim] = key.split("|");
    const at = Number(shade) * 4;
    const [red, green, blue] = colours.subarray(at, at + 3);
    const opacity = (look.opacity * (dim === "true" ? look.dimmed : 1)).toFixed(3);
    return `<g fill="rgb(${red},${green},${blue})" fill-opacity="${opacity}">${circles.join("")}</g>`;
  });
  const halo = `text-anchor="middle" dominant-baseline="middle" font-weight="600" stroke="${model.colours.surface}" stroke-width="3" paint-order="stroke"`;
  const names = labels.placed(pane.scene, camera, pane.anchors, pane.names, model.colours).map(({ x, y, said, size }) => text(x, y, said, `${halo} font-size="${size.toFixed(1)}"`));
  const key = legend(model, camera.height).flatMap(({ line, text: said, colour }) => {
    const [left, top] = [camera.width + ROOM, ROOM + line * LINE];
    const dot = colour ? [`<circle cx="${left + 5}" cy="${top}" r="5" fill="${colour}"/>`] : [];
    return [...dot, text(left + (colour ? 16 : 0), top, said, `dominant-baseline="middle" font-weight="${colour ? 400 : 600}"`)];
  });
  const [width, height] = [camera.width + WIDE, camera.height].map(Math.round);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13">
<rect width="100%" height="100%" fill="${model.colours.surface}"/>
${[...dots, ...names, ...key].join("\n")}
</svg>
`;
}

function escaped(text) {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
