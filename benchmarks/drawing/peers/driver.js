// What every peer's page shares: the points, the colours, how large a point is, and where the plot goes.
const asked = new URLSearchParams(location.search);
export const n = Number(asked.get("n"));
export const width = Number(asked.get("width"));
export const height = Number(asked.get("height"));
export const size = Math.min(12, Math.max(2.5, 16 - 2.6 * Math.log10(n))); // pixels across
export const colours = Array.from({ length: 50 }, (_, code) => hex(((code * 137.5) % 360) / 360, code % 2 ? 0.62 : 0.45));

export const plot = document.createElement("div");
plot.id = "plot";
Object.assign(plot.style, { position: "absolute", left: "0", top: "0", width: `${width}px`, height: `${height}px` });
document.body.style.margin = "0";
document.body.append(plot);

const [x, y, codes] = await Promise.all(
  [["x", Float32Array], ["y", Float32Array], ["codes", Uint8Array]].map(async ([plane, Type]) =>
    new Type(await (await fetch(`/points/${n}/${plane}`)).arrayBuffer()),
  ),
);
const range = (plane) => plane.reduce(([low, high], one) => [Math.min(low, one), Math.max(high, one)], [Infinity, -Infinity]);
const [x0, x1] = range(x);
const [y0, y1] = range(y);
export const points = { x, y, codes };
export const centre = [(x0 + x1) / 2, (y0 + y1) / 2];
export const reach = (Math.max(x1 - x0, y1 - y0) / 2) * 1.02; // data units from the centre to the nearer edge

// The page says what it can do; `start` gets the library going and is measured from here on.
export async function drive(peer, start) {
  window.peer = peer;
  gauge.begin(n);
  await start();
}

// Which points lie inside a polygon of [x, y] in data units: the plain loop, for tools that leave this to the page.
export function inside(polygon) {
  let found = 0;
  for (let row = 0; row < n; row++) {
    let within = false;
    for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
      const [ax, ay] = polygon[i];
      const [bx, by] = polygon[j];
      if (ay > y[row] !== by > y[row] && x[row] < ((bx - ax) * (y[row] - ay)) / (by - ay) + ax) within = !within;
    }
    found += within;
  }
  return found;
}

// The nearest point within a distance, or -1: the plain loop.
export function nearest(px, py, within) {
  let best = within * within;
  let found = -1;
  for (let row = 0; row < n; row++) {
    const away = (x[row] - px) ** 2 + (y[row] - py) ** 2;
    if (away < best) [best, found] = [away, row];
  }
  return found;
}

function hex(hue, lightness) {
  const part = (offset) => {
    const at = (offset + hue * 12) % 12;
    const value = lightness - 0.6 * Math.min(lightness, 1 - lightness) * Math.max(-1, Math.min(at - 3, 9 - at, 1));
    return Math.round(value * 255).toString(16).padStart(2, "0");
  };
  return `#${part(0)}${part(8)}${part(4)}`;
}
