// The map as one HTML file that opens from disk: the same modules, and everything that they would ask the server for, packed
// into the page; alone.js opens it. It is put together here, so that it shows what is shown now: colours, filters, selection and place.

import { A_PAGE } from "./pages.js";
import { ask } from "./planes.js";
import { packed } from "./rows.js";

const SAMPLED = 6; // pages of images that are weighed, to say beforehand how large the file will be
const LARGEST = 600e6; // bytes of a file that browsers still open
const AT_ONCE = 6; // requests
const BASE64 = 4 / 3;
const VARIABLES = [
  "--st-border-color",
  "--st-gray-text-color",
  "--st-background-color",
  "--st-secondary-background-color",
  "--st-text-color",
  "--st-link-color",
];

/** About how many bytes the file will have, with and without images. */
export async function sizes(map) {
  const { data } = map;
  const pages = Math.ceil(data.n / A_PAGE);
  const some = [...new Set(Array.from({ length: SAMPLED }, (_, at) => Math.floor((at * pages) / SAMPLED)))];
  const weights = await Promise.all(some.map(async (number) => (await bytes(`${data.pages}${number}`)).byteLength));
  const without = BASE64 * (await Promise.all(planes(map).map(async (address) => (await bytes(address)).byteLength))).reduce((sum, size) => sum + size, 150_000);
  const images = (BASE64 * pages * weights.reduce((sum, size) => sum + size, 0)) / some.length;
  return { with: without + images, without, largest: LARGEST };
}

/** The file. `progress(share)` is told how far it is. */
export async function html(map, thumbnails, progress) {
  const { data, root } = map;
  const wanted = planes(map);
  const path = map.model.filters.condition("path");
  if (path) wanted.push(`${data.match}?text=${encodeURIComponent(path.text)}`);
  if (thumbnails) for (let number = 0; number * A_PAGE < data.n; number += 1) wanted.push(`${data.pages}${number}`);
  const files = await all(wanted, async (address) => [address, base64(await bytes(address))], progress);
  const modules = await sources(new URL("./alone.js", import.meta.url).href);
  const imports = Object.fromEntries([...modules].map(([name, text]) => [`kindred/${name}`, `data:text/javascript;base64,${base64(new TextEncoder().encode(text))}`]));
  const look = getComputedStyle(root);
  const variables = VARIABLES.map((name) => `${name}: ${look.getPropertyValue(name).trim()};`).join(" ");
  const css = [...document.querySelectorAll("style")].map((one) => one.textContent).find((text) => text.includes(".kindred-map {"));
  const { camera } = map.panes[0].pane;
  const scene = {
    ...data,
    ...{ beside: null, select: "", grow: "", match: path ? data.match : "", columns: columns(map), opened: -1, selection: "", selections: "", alone: true },
    ...{ colour: map.viewing.colour, filter: map.model.filters.conditions, options: map.model.options },
    at: [camera.x, camera.y, camera.zoom],
    chosen: map.model.selection.size ? base64(packed(map.model.selection.rows)) : "",
    thumbnails,
  };
  const title = `${data.map.title}, ${data.n.toLocaleString("en")} images`;
  const page = [
    `<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>${text(title)}</title>\n`,
    `<style>html { ${variables} background: var(--st-background-color); color: var(--st-text-color); font-family: system-ui, sans-serif; } body { margin: 16px; }\n`,
    `${css}\n.kindred-map > .body { height: calc(100vh - 96px); }</style>\n`,
    `<script type="importmap">${json({ imports })}</script>\n`,
    `<section class="kindred-map" data-kindred-map data-hover="" data-selected="0"></section>\n`,
    `<script type="application/json" id="scene">${json(scene)}</script>\n`,
    ...files.map(([address, content]) => `<script type="text/plain" data-address="${text(address)}">${content}</script>\n`),
    `<script type="module">\nimport { open } from "kindred/alone.js";\nopen();\n</script>\n</html>\n`,
  ];
  return new Blob(page, { type: "text/html" });
}

/** The columns that go along: those that were looked at, and what cards tell. */
function columns({ data, model }) {
  return data.columns.filter(({ key }) => model.columns.there.has(key) || data.told.includes(key));
}

function planes(map) {
  const { data } = map;
  return [data.map.points, ...columns(map).map(({ address }) => address), ...(data.gone ? [data.gone] : [])];
}

/** The text of a module and of all that it imports, by file name, importing each other by names of an import map. */
async function sources(address, found = new Map()) {
  const name = address.split("/").pop();
  if (found.has(name)) return found;
  const source = new TextDecoder().decode(await bytes(address));
  found.set(name, source.replace(/(from |import\()"\.\/([\w-]+\.js)"/g, '$1"kindred/$2"'));
  for (const [, other] of source.matchAll(/(?:from |import\()"\.\/([\w-]+\.js)"/g)) await sources(new URL(`./${other}`, address).href, found);
  return found;
}

async function bytes(address) {
  return new Uint8Array(await (await ask(address)).arrayBuffer());
}

/** `make` of each, some at a time, in their order. */
async function all(list, make, progress) {
  const made = new Array(list.length);
  let [next, done] = [0, 0];
  const work = async () => {
    while (next < list.length) {
      const at = next;
      next += 1;
      made[at] = await make(list[at]);
      done += 1;
      progress(done / list.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return made;
}

function base64(content) {
  let binary = "";
  for (let at = 0; at < content.length; at += 0x8000) binary += String.fromCharCode(...content.subarray(at, at + 0x8000));
  return btoa(binary);
}

/** JSON that cannot end the script it stands in. */
function json(value) {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

function text(value) {
  return value.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
