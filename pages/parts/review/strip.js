// What was just decided, newest first; each can be taken back.

const SHOWN = 6;
const REMEMBERED = 40; // decisions that can still be taken back after a reload
const MARKS = { keep: "✓", remove: "✕", relabel: "→", unsure: "?", yes: "Y", no: "N" };
const PAST = { keep: "Kept", remove: "Removed", relabel: "Relabelled", unsure: "Unsure", yes: "Yes", no: "No" };

class Strip {
  /** `undo` gets an entry `{id, action, value, one}`. */
  constructor(list, undo) {
    Object.assign(this, { list, entries: [], name: "" });
    list.onclick = ({ target }) => {
      const button = target.closest("button");
      if (button) undo(this.entries.find(({ id }) => id === button.dataset.id));
    };
  }

  /** Begin with what was decided under this name since the browser's tab was opened. */
  open(name) {
    this.name = name;
    this.entries = JSON.parse(sessionStorage.getItem(name) ?? "[]");
    this.#draw();
  }

  get last() {
    return this.entries.at(-1);
  }

  add(entry) {
    this.entries.push(entry);
    this.#changed();
  }

  drop(entry) {
    this.entries = this.entries.filter((other) => other !== entry);
    this.#changed();
  }

  /** How often each action was taken in this sitting. */
  get counts() {
    const counts = {};
    for (const { action } of this.entries) counts[action] = (counts[action] ?? 0) + 1;
    return counts;
  }

  #changed() {
    try {
      sessionStorage.setItem(this.name, JSON.stringify(this.entries.slice(-REMEMBERED)));
    } catch {
      // Storage is full or forbidden: what was decided can be taken back until the page is left.
    }
    this.#draw();
  }

  #draw() {
    this.list.replaceChildren(...this.entries.slice(-SHOWN).reverse().map((entry) => this.#item(entry)));
  }

  #item({ id, action, value, one }) {
    const item = element("li", "");
    const button = element("button", "done");
    Object.assign(button, { type: "button", title: `${sentence(action, value)} Click to undo.` });
    Object.assign(button.dataset, { id, action });
    const picture = element("img", "");
    Object.assign(picture, { src: one.images[0].thumbnail, alt: one.images[0].path });
    const mark = element("span", "mark", MARKS[action]);
    button.setAttribute("aria-label", `Undo: ${sentence(action, value)} ${one.images[0].path}`);
    button.append(picture, mark);
    item.append(button);
    return item;
  }
}

function sentence(action, value) {
  return action === "relabel" ? `Relabelled to ${value}.` : `${PAST[action]}.`;
}
