// One case as elements: the images in question large, what is known of them, and the evidence beside.

const ENLARGED = 4; // times its size up to which a small image is enlarged
const AT_LEAST = 360; // px that it may take anyway

/** Everything from the server is set as text, never as HTML. */
function element(kind, className, text = "") {
  const made = document.createElement(kind);
  made.className = className;
  made.textContent = text;
  return made;
}

/** `stays` holds the places of the images that a removal leaves. */
class Scene {
  constructor(one, words) {
    Object.assign(this, { one, words });
    const goes = one.suggestion?.act === "remove" ? new Set(one.suggestion.ids) : null;
    const left = one.images.map(({ id }, place) => place).filter((place) => goes && !goes.has(one.images[place].id));
    this.group = one.images.length > 1;
    this.stays = new Set(this.group ? (left.length ? left : [0]) : []);
    this.shots = one.images.map((image, place) => this.#shot(image, place));
    this.pictures = this.#pictures();
    this.aside = this.#aside();
    this.zoom(false);
    this.#mark();
  }

  /** The ids that a removal takes. */
  get removed() {
    const stay = new Set([...this.stays].map((place) => this.one.images[place].id));
    return this.one.ids.filter((id) => !stay.has(id));
  }

  /** Keep this one alone or, `among` others, keep or drop it. */
  choose(place, among = false) {
    if (!this.group || !(place in this.one.images)) return false;
    if (!among) this.stays = new Set([place]);
    else if (!this.stays.delete(place)) this.stays.add(place);
    if (!this.stays.size) this.stays.add(place); // one of them stays
    this.#mark();
    return true;
  }

  /** Look closely, at the same place of every image of the case. */
  zoom(on, { x = 50, y = 50 } = {}) {
    this.zoomed = on;
    this.pictures.classList.toggle("zoomed", on);
    this.pictures.style.setProperty("--x", `${x}%`);
    this.pictures.style.setProperty("--y", `${y}%`);
  }

  #pictures() {
    const list = element("div", `pictures ${this.group ? "group" : "single"}`);
    const rest = this.one.ids.length - this.one.images.length;
    const columns = Math.ceil(Math.sqrt(this.shots.length * 1.4));
    list.style.setProperty("--columns", this.shots.length < 4 ? this.shots.length : columns);
    list.append(...this.shots, rest ? element("p", "more", `and ${rest} more, which go with a removal`) : "");
    list.addEventListener("pointermove", (event) => {
      const frame = event.target.closest(".frame");
      if (!this.zoomed || !frame) return;
      const box = frame.getBoundingClientRect();
      const share = (at, from, length) => Math.min(100, Math.max(0, (100 * (at - from)) / length));
      this.zoom(true, { x: share(event.clientX, box.left, box.width), y: share(event.clientY, box.top, box.height) });
    });
    return list;
  }

  #shot(image, place) {
    const shot = element("figure", "shot");
    const frame = element("div", "frame");
    const picture = element("img", "picture");
    Object.assign(picture, { alt: image.path, draggable: false, decoding: "async", src: image.preview });
    picture.style.backgroundImage = `url("${image.thumbnail}")`;
    const most = (side) => `${Math.max(side * ENLARGED, AT_LEAST)}px`;
    picture.style.maxWidth = image.width >= image.height ? most(image.width) : "";
    picture.style.maxHeight = image.height > image.width ? most(image.height) : "";
    picture.style.aspectRatio = `${image.width} / ${image.height}`;
    shot.dataset.state = "loading";
    picture.onload = () => (shot.dataset.state = "ready");
    picture.onerror = () => (shot.dataset.state = "broken");
    picture.decode().catch(() => {}); // ahead of being shown; `onerror` says the rest
    frame.append(picture, element("span", "broken", "No picture"));
    shot.append(frame);
    shot.dataset.place = place;
    if (this.group) shot.append(this.#caption(image, place));
    return shot;
  }

  #caption(image, place) {
    const caption = element("figcaption", "");
    const choice = element("button", "choice");
    choice.type = "button";
    if (place < 9) choice.append(element("kbd", "", String(place + 1)));
    choice.append(element("span", "mark"));
    const facts = element("span", "facts", measures(image));
    const name = element("span", "path", image.path);
    name.title = image.path;
    const label = element("span", "facts", [image.label, image.split].filter(Boolean).join(" · "));
    caption.append(choice, facts, name, label);
    return caption;
  }

  #mark() {
    this.shots.forEach((shot, place) => {
      if (!this.group) return;
      const stays = this.stays.has(place);
      shot.dataset.stays = stays;
      const [mark, choice] = [shot.querySelector(".mark"), shot.querySelector(".choice")];
      mark.textContent = stays ? "Stays" : "Goes";
      choice.setAttribute("aria-pressed", stays);
      choice.setAttribute("aria-label", `${place + 1}, ${this.one.images[place].path}: ${mark.textContent}`);
    });
  }

  #aside() {
    const aside = document.createDocumentFragment();
    const { one, words } = this;
    aside.append(element("p", "reason", one.reason));
    if (!this.group) {
      const [image] = one.images;
      if (one.suggestion?.act === "relabel") aside.append(change(image.label, one.suggestion.label));
      const facts = element("p", "known");
      const path = element("span", "path", image.path);
      path.title = image.path;
      const label = one.suggestion?.act === "relabel" ? null : image.label;
      facts.append(path, element("span", "facts", [label, image.split, measures(image)].filter(Boolean).join(" · ")));
      aside.append(facts);
    }
    if (one.evidence.length) {
      aside.append(element("h2", "", words.evidence));
      const list = element("ul", "evidence");
      list.append(...one.evidence.map((image, _, all) => witness(image, all.length === 1)));
      aside.append(list);
    }
    return [...aside.childNodes];
  }
}

function change(given, suggested) {
  const line = element("p", "change");
  line.append(element("span", "pill old", given || "no label"));
  line.append(element("span", "arrow", "→"), element("span", "pill new", suggested ?? "?"));
  line.setAttribute("aria-label", `Label: ${given || "none"}. Suggested: ${suggested}.`);
  return line;
}

/** One that is `alone` has the room of all, and is shown as sharp as that wants. */
function witness(image, alone) {
  const item = element("li", alone ? "alone" : "");
  const picture = element("img", "");
  if (alone) picture.style.backgroundImage = `url("${image.thumbnail}")`;
  Object.assign(picture, { src: alone ? image.preview : image.thumbnail, alt: image.path, title: image.path, decoding: "async" });
  const agrees = image.label ? element("span", "label", image.label) : "";
  item.append(picture, agrees, image.said && image.said !== image.label ? element("span", "said", image.said) : "");
  return item;
}

function measures({ width, height, format, nbytes }) {
  return `${width} × ${height} · ${format} · ${weight(nbytes)}`;
}

function weight(nbytes) {
  if (nbytes < 1e6) return `${Math.max(1, Math.round(nbytes / 1e3))} KB`;
  return `${(nbytes / 1e6).toFixed(1)} MB`;
}
