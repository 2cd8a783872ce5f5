// A grid of thumbnails. Everything that comes with the data is set as text, never as HTML.

class Gallery {
  /** With `each`, every tile is a stop of the Tab key: for a few among other controls. */
  constructor(list, template, { each = false } = {}) {
    this.list = list;
    this.template = template.content.firstElementChild.cloneNode(true);
    const frame = this.template.querySelector(".frame");
    const second = frame.cloneNode(true); // of a pair
    second.classList.add("beside");
    frame.after(second);
    this.each = each;
    this.tiles = new Map(); // id → <li>
    this.list.onclick = ({ target }) => this.#open(target);
    this.list.onkeydown = (event) => this.#move(event);
    this.list.onfocusin = ({ target }) => this.#rove(target.closest(".tile"));
  }

  update({ items, selected, size, alt, captions, wraps, pairs }, open) {
    this.open = open;
    const kinds = { bare: !captions, wraps, pairs };
    this.list.className = ["gallery", size, ...Object.keys(kinds).filter((name) => kinds[name])].join(" ");
    this.list.setAttribute("aria-label", alt);
    const old = this.tiles;
    // Known tiles are moved, not made anew: their pictures stay on the screen and the focus stays where it was.
    this.tiles = new Map(items.map((item) => [item.id, this.#fill(old.get(item.id) ?? this.#tile(), item, selected)]));
    arrange(this.list, old, this.tiles);
    const buttons = this.#buttons();
    const stop = buttons.find((button) => button.tabIndex === 0) ?? buttons.find((button) => button.ariaCurrent);
    this.#rove(stop ?? buttons[0]);
  }

  #tile() {
    const tile = this.template.cloneNode(true);
    const picture = tile.querySelector("img");
    picture.onload = () => (tile.dataset.state = "ready");
    picture.onerror = () => this.#retry(tile, picture);
    const second = tile.querySelector(".beside");
    second.firstElementChild.onload = () => (second.dataset.state = "ready");
    second.firstElementChild.onerror = () => this.#retry(second, second.firstElementChild);
    return tile;
  }

  #fill(tile, { id, url, caption, detail, badge, alt, beside }, selected) {
    const button = tile.firstElementChild;
    const picture = tile.querySelector("img");
    button.dataset.id = id;
    const second = beside ? `beside ${beside.alt}, ${beside.badge}` : "";
    button.setAttribute("aria-label", [alt || caption, badge, detail, second].filter(Boolean).join(", "));
    if (selected.includes(id)) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
    for (const [name, text] of Object.entries({ caption, detail, badge })) {
      const place = tile.querySelector(`.${name}`);
      place.textContent = text;
      place.hidden = !text;
      place.title = name === "badge" ? "" : text; // whole, where it is cut
    }
    show(tile, picture, url);
    this.#pair(tile.querySelector(".beside"), beside);
    return tile;
  }

  #pair(frame, beside) {
    frame.hidden = !beside;
    if (!beside) return;
    const badge = frame.querySelector(".badge");
    badge.textContent = beside.badge;
    badge.hidden = !beside.badge;
    frame.title = beside.alt;
    show(frame, frame.firstElementChild, beside.url);
  }

  /** The visit may have expired while the page stood open. Loading a page renews it; one second try, no third. */
  async #retry(tile, picture) {
    const url = picture.getAttribute("src");
    if (tile.dataset.tried === url) {
      tile.dataset.state = "broken";
      return;
    }
    tile.dataset.tried = url;
    await renewal();
    if (picture.getAttribute("src") === url) picture.src = url;
  }

  #open(target) {
    const button = target.closest(".tile");
    if (button) this.open(Number(button.dataset.id));
  }

  #move(event) {
    const buttons = this.#buttons();
    const here = buttons.indexOf(event.target.closest(".tile"));
    if (here < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const top = buttons[0].getBoundingClientRect().top;
    const columns = buttons.findIndex((button) => button.getBoundingClientRect().top > top + 1);
    const row = columns < 0 ? buttons.length : columns;
    const end = buttons.length - 1 - here;
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: row, ArrowUp: -row, Home: -here, End: end };
    if (!(event.key in steps)) return;
    event.preventDefault();
    buttons[here + steps[event.key]]?.focus();
  }

  /** One stop of the Tab key for the whole grid; arrows go on from there. */
  #rove(chosen) {
    if (!chosen) return;
    for (const button of this.#buttons()) button.tabIndex = this.each || button === chosen ? 0 : -1;
  }

  #buttons() {
    return [...this.list.querySelectorAll(".tile")];
  }
}

/** Have `picture` show what is at `url`; `holder` says how far that is. */
function show(holder, picture, url) {
  if (picture.getAttribute("src") === url) return;
  holder.dataset.state = "loading";
  picture.src = url;
}

/** Have the elements `now` (key → element) in the list, in that order, and no others of `before`. */
function arrange(list, before, now) {
  for (const [key, element] of before) if (!now.has(key)) element.remove();
  let place = list.firstElementChild;
  for (const element of now.values()) {
    if (element === place) place = place.nextElementSibling;
    else list.insertBefore(element, place);
  }
}

let renewing = null;

function renewal() {
  renewing ??= fetch(location.href, { cache: "no-store" })
    .catch(() => {})
    .finally(() => setTimeout(() => (renewing = null), 10_000));
  return renewing;
}
