// Choose a label by its first letters, or make a new one: a combobox as the ARIA practices describe it.

const MOST = 8; // labels that are offered at a time

class Choosing {
  /** `take` gets the label that was chosen, `leave` is told that none was. */
  constructor(panel, take, leave) {
    Object.assign(this, { panel, take, leave });
    this.input = panel.querySelector("input");
    this.list = panel.querySelector("[role=listbox]");
    this.input.oninput = () => this.#offer();
    this.input.onkeydown = (event) => this.#key(event);
    this.list.onpointerdown = (event) => event.preventDefault(); // the field keeps the focus
    this.list.onclick = ({ target }) => this.#choose(target.closest("[role=option]"));
  }

  get open() {
    return !this.panel.hidden;
  }

  /** `present` is the label that the image has, which is not offered; `suggested` comes first. */
  show(labels, suggested, present) {
    const rest = labels.filter((label) => label !== suggested && label !== present);
    Object.assign(this, { labels: suggested ? [suggested, ...rest] : rest, suggested, present });
    this.input.value = "";
    this.panel.hidden = false;
    this.#offer();
    this.input.focus();
  }

  hide() {
    this.panel.hidden = true;
  }

  #offer() {
    const typed = this.input.value.trim();
    const lower = typed.toLowerCase();
    const rank = (label) => {
      const at = label.toLowerCase().indexOf(lower);
      return at < 0 ? 3 : at === 0 ? 0 : /[^\p{L}\p{N}]/u.test(label[at - 1]) ? 1 : 2; // its start, a word's start, within
    };
    const fitting = this.labels.filter((label) => rank(label) < 3);
    if (typed) fitting.sort((one, other) => rank(one) - rank(other));
    const known = [...this.labels, this.present].some((label) => label?.toLowerCase() === lower);
    this.list.replaceChildren(...fitting.slice(0, MOST).map((label) => this.#option(label)));
    if (typed && !known) this.list.append(this.#option(typed, "new label"));
    this.#move(0);
  }

  #option(label, said = label === this.suggested ? "suggested" : "") {
    const option = element("li", "option");
    option.role = "option";
    option.dataset.label = label;
    option.append(element("span", "", label), element("span", "said", said));
    return option;
  }

  #key(event) {
    const at = this.options.findIndex((option) => option.ariaSelected === "true");
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) this.#move((at + steps[event.key] + this.options.length) % (this.options.length || 1));
    else if (event.key === "Enter") this.#choose(this.options[at]);
    else if (event.key === "Escape") this.leave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  get options() {
    return [...this.list.children];
  }

  #move(to) {
    this.options.forEach((option, place) => {
      option.id = `label-${place}`;
      option.ariaSelected = String(place === to);
    });
    this.options[to]?.scrollIntoView({ block: "nearest" });
    if (this.options[to]) this.input.setAttribute("aria-activedescendant", `label-${to}`);
    else this.input.removeAttribute("aria-activedescendant");
  }

  #choose(option) {
    if (option) this.take(option.dataset.label);
  }
}
