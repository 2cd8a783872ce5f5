// Images by the page: 64 that lie together on the map, with their thumbnails, paths and true nearest neighbours. A page is
// asked for when the pointer or the camera comes near it.

import { ask, unpack } from "./planes.js";

export const A_PAGE = 64;
const AT_ONCE = 6; // requests under way
const KEPT = 240; // pages, some 250 KB each
const BITMAPS = 1500; // decoded thumbnails

export class Pages {
  /** `address(page)` of a page; `arrived` is called when one has come or a thumbnail has been decoded. */
  constructor(address, grid, arrived) {
    Object.assign(this, { address, grid, arrived });
    this.pages = new Map(); // number → page, the one used last at the end
    this.bitmaps = new Map(); // row → ImageBitmap, or null while it is decoded
    this.waiting = [];
    this.underWay = 0;
    this.ended = false;
  }

  end() {
    this.ended = true;
    for (const page of this.pages.values()) page.come(); // whoever waits waits no longer
    for (const bitmap of this.bitmaps.values()) bitmap?.close();
    this.bitmaps.clear();
    this.pages.clear();
  }

  /** What is known of a row's image: `{id, path, sha, near, similarity, size, thumbnail}`; null until it has come. */
  of(row) {
    const position = this.grid.at[row];
    const page = this.#page(Math.floor(position / A_PAGE));
    return page?.images?.[position % A_PAGE] ?? null;
  }

  /** Likewise, once it has come. */
  async coming(row) {
    const number = Math.floor(this.grid.at[row] / A_PAGE);
    this.#page(number);
    await this.pages.get(number)?.coming;
    return this.of(row);
  }

  /** Ask for the pages of these positions before they are needed. */
  prefetch(positions) {
    for (const position of positions) this.#page(Math.floor(position / A_PAGE));
  }

  /** The decoded thumbnail of a row; null until it is there. */
  bitmap(row) {
    const known = this.bitmaps.get(row);
    if (known !== undefined) {
      this.bitmaps.delete(row);
      this.bitmaps.set(row, known);
      return known;
    }
    const image = this.of(row);
    if (!image || !image.thumbnail.length) return null;
    this.bitmaps.set(row, null);
    createImageBitmap(new Blob([image.thumbnail])).then(
      (bitmap) => {
        if (this.ended) return bitmap.close();
        this.bitmaps.set(row, bitmap);
        if (this.bitmaps.size > BITMAPS) {
          const [oldest, gone] = this.bitmaps.entries().next().value;
          this.bitmaps.delete(oldest);
          gone?.close();
        }
        this.arrived();
      },
      () => {}, // stays null: a dot is drawn
    );
    return null;
  }

  #page(number) {
    let page = this.pages.get(number);
    if (page) {
      this.pages.delete(number);
      this.pages.set(number, page);
      return page;
    }
    page = { images: null };
    page.coming = new Promise((resolve) => (page.come = resolve));
    this.pages.set(number, page);
    this.waiting.push(number);
    this.#next();
    return page;
  }

  #next() {
    while (this.underWay < AT_ONCE && this.waiting.length && !this.ended) {
      const number = this.waiting.pop(); // what was asked for last is looked at now
      this.underWay += 1;
      this.#fetch(number).finally(() => {
        this.underWay -= 1;
        this.#next();
      });
    }
    // What the camera has flown over is not worth asking for any more.
    for (const number of this.waiting.splice(0, Math.max(0, this.waiting.length - 60))) this.#drop(number);
  }

  async #fetch(number) {
    const page = this.pages.get(number);
    if (!page) return;
    try {
      page.images = read(unpack(await (await ask(this.address(number))).arrayBuffer()));
      page.come();
      for (const old of this.pages.keys()) {
        if (this.pages.size <= KEPT) break;
        this.pages.delete(old);
      }
      this.arrived();
    } catch {
      this.#drop(number); // asked for again when it is needed again
    }
  }

  #drop(number) {
    this.pages.get(number)?.come();
    this.pages.delete(number);
  }
}

function read({ facts, planes }) {
  return facts.rows.map((row, at) => ({
    row,
    id: facts.ids[at],
    path: facts.paths[at],
    sha: facts.shas[at],
    size: facts.sizes[at],
    near: facts.near[at] ?? [],
    similarity: facts.similarity[at] ?? [],
    thumbnail: planes.thumbnails.subarray(at ? facts.ends[at - 1] : 0, facts.ends[at]),
  }));
}
