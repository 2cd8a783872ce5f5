// What a map in a file of its own runs, see standalone.js.

import { KindredMap } from "./map.js";
import { unpacked } from "./rows.js";

const SILENT = { selected() {}, opened() {}, view() {} }; // there is no page around it

/** Serve what is packed into the file, and draw the map as it was. */
export async function open() {
  globalThis.kindredPacked = (address) => {
    const found = document.querySelector(`script[data-address="${CSS.escape(address)}"]`);
    return found ? bytes(found.textContent) : null;
  };
  const scene = JSON.parse(document.getElementById("scene").textContent);
  const map = new KindredMap(document.querySelector("[data-kindred-map]"), SILENT);
  await map.update({ ...scene, pages: scene.thumbnails ? scene.pages : "" });
  if (scene.chosen) map.choosing.combine(unpacked(bytes(scene.chosen), scene.n), "new", "a selection");
}

function bytes(base64) {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}
