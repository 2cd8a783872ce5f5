// Groups as cards, each with a gallery. Everything that comes with the data is set as text, never as HTML.

const views = new WeakMap();

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  if (!views.has(parentElement)) views.set(parentElement, new Cards(parentElement));
  views.get(parentElement).update(data.cards, setTriggerValue);
  return () => views.delete(parentElement);
}

class Cards {
  constructor(root) {
    this.list = root.querySelector(".cards");
    this.template = root.querySelector(".card-of-cards").content.firstElementChild;
    this.tile = root.querySelector(".tile-of-gallery");
    this.cards = new Map(); // number → <li>
    this.faces = new WeakMap(); // <li> → Gallery
    this.list.addEventListener("click", ({ target }) => this.#press(target.closest(".action")));
  }

  update(cards, tell) {
    this.tell = tell;
    const old = this.cards;
    this.cards = new Map(cards.map((one) => [one.number, this.#fill(old.get(one.number) ?? this.#card(), one)]));
    arrange(this.list, old, this.cards);
  }

  #card() {
    const card = this.template.cloneNode(true);
    this.faces.set(card, new Gallery(card.querySelector(".gallery"), this.tile, { each: true }));
    return card;
  }

  #fill(card, { number, name, said, faces }) {
    card.dataset.number = number;
    card.querySelector(".name").textContent = name;
    card.querySelector(".said").textContent = said;
    for (const button of card.querySelectorAll(".action")) {
      button.setAttribute("aria-label", `${button.textContent.trim()} ${name}`);
    }
    const alt = `The most typical images of ${name}`;
    const shown = { items: faces, selected: [], size: "s", alt, captions: false };
    this.faces.get(card).update(shown, (id) => this.tell("opened", id));
    return card;
  }

  #press(button) {
    if (button) this.tell(button.dataset.does, Number(button.closest(".card").dataset.number));
  }
}
