// Every way to decide and to move on as a button with its key, and the list of all keys.

const MOVES = { ArrowRight: "skip", ArrowLeft: "back", " ": "zoom", Enter: "suggested", "?": "help", s: "skip", z: "undo" };
const REST = [["skip", "Skip", "S"], ["undo", "Undo", "Z"], ["zoom", "Zoom", "Space"]];

class Buttons {
  constructor(root) {
    this.root = root;
    this.keys = MOVES; // key, small letters → what it does
  }

  /** `acts` are `[what it does, title, key]`. */
  build(acts, mode) {
    this.acts = acts;
    this.keys = { ...MOVES, ...Object.fromEntries(acts.map(([does, , key]) => [key.toLowerCase(), does])) };
    const proposed = acts.some(([does]) => does === "relabel") ? [["suggested", "Relabel", "⏎"]] : [];
    this.root.querySelector(".acts").replaceChildren(...[...proposed, ...acts].map(button));
    this.root.querySelector(".rest").replaceChildren(...REST.map(button));
    const rows = explained(acts, mode).flatMap(([key, says]) => [cap(key), element("dd", "", says)]);
    this.root.querySelector(".keys dl").replaceChildren(...rows);
  }

  /** Mark what is suggested for this case; without one there is nothing to press but undo. */
  show(scene) {
    const { act, label } = scene?.one.suggestion ?? {};
    for (const one of this.root.querySelectorAll("footer .act")) {
      const { does } = one.dataset;
      one.toggleAttribute("data-suggested", does === "suggested" || (does === act && !label));
      one.disabled = !scene && does !== "undo";
      if (does === "suggested") one.hidden = !label;
    }
    if (scene) this.offer(scene);
  }

  /** What they say depends on the case, and on which images of it stay. */
  offer({ one, group, removed }) {
    const label = one.suggestion?.label;
    if (label && this.#text("suggested")) this.#text("suggested").textContent = `Relabel to ${label}`;
    for (const [does, title] of this.acts) {
      if (does === "relabel") this.#text(does).textContent = label ? "Other label" : title;
      if (does === "remove" && group) this.#text(does).textContent = `${title}, remove ${removed.length}`;
      if (does === "remove" && !group) this.#text(does).textContent = title;
    }
  }

  #text(does) {
    return this.root.querySelector(`.act[data-does=${does}] .does`);
  }
}

function button([does, title, key]) {
  const made = element("button", "act");
  made.type = "button";
  made.dataset.does = does;
  made.append(element("kbd", "", key), element("span", "does", title));
  return made;
}

function explained(acts, mode) {
  const says = ([does, title, key]) => [key, does === "relabel" ? `${title}; Enter takes the first` : title];
  const suggests = mode === "calibrate" ? [] : [["Enter", "Do what is suggested"]];
  const group = ["1 – 9", "Of several images: this one stays. With Shift: this one, too, or not"];
  const moves = [["S or →", "Skip; it comes again in the end"], ["←", "Back to the one that was skipped"]];
  const looks = [["Space", "Look closely; the pointer moves the view"], ["Esc", "Back, one step"], ["?", "These keys"]];
  return [...acts.map(says), ...suggests, group, ["Z", "Undo the last decision"], ...moves, ...looks];
}

function cap(key) {
  const term = element("dt", "");
  term.append(element("kbd", "", key));
  return term;
}
