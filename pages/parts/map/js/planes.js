// Binary planes over the app's own routes. An address names its content, so what came once is kept and never asked again.

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  bytes: Uint8Array,
};
const KEPT = 64; // answers; pages of images are kept by whoever draws them
const kept = new Map();

/** `{facts, planes, size}` of a container, see pages/parts/map/planes.py for its form. */
export function load(address) {
  return keep(address, async () => unpack(await (await ask(address)).arrayBuffer()));
}

/** A set of rows as the server packs it: row i is bit i & 7 of byte i >> 3. */
export function bits(address) {
  return keep(address, async () => new Uint8Array(await (await ask(address)).arrayBuffer()));
}

export function unpack(buffer) {
  const head = new DataView(buffer).getUint32(0, true);
  const facts = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, head)));
  const planes = {};
  for (const { name, type, offset, length } of facts.planes) planes[name] = new ARRAYS[type](buffer, 4 + head + offset, length);
  return { facts, planes };
}

/** The answer to a request. A visit that expired while the page stood open is renewed once, without a word. */
export async function ask(address, options = {}) {
  const packed = globalThis.kindredPacked?.(address); // a map in a file of its own brings along what it needs
  if (packed) return new Response(packed);
  let answer = await fetch(address, { credentials: "same-origin", ...options });
  if (answer.status === 403) {
    await renewal();
    answer = await fetch(address, { credentials: "same-origin", ...options });
  }
  if (answer.ok) return answer;
  let said = `The server answered ${answer.status}.`;
  try {
    said = (await answer.json()).error ?? said;
  } catch {
    // not in words: the number has to do
  }
  throw Object.assign(new Error(said), { status: answer.status });
}

function keep(address, make) {
  let found = kept.get(address);
  kept.delete(address);
  if (!found) {
    found = make();
    found.catch(() => kept.delete(address));
  }
  kept.set(address, found); // the youngest is last
  if (kept.size > KEPT) kept.delete(kept.keys().next().value);
  return found;
}

let renewing = null;

function renewal() {
  renewing ??= fetch(location.href, { credentials: "same-origin", cache: "no-store" }).finally(() => (renewing = null));
  return renewing;
}
