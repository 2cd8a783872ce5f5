// The review as a Streamlit component: one case at a time, a key decides, the next is there already.

const views = new WeakMap();

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  if (!views.has(parentElement)) views.set(parentElement, new Review(parentElement));
  views.get(parentElement).update(data, setTriggerValue);
  return () => {
    views.get(parentElement)?.end();
    views.delete(parentElement);
  };
}

class Review {
  constructor(root) {
    this.root = root;
    this.dialog = this.$("dialog");
    this.outbox = globalThis.kindredOutbox ??= new Outbox();
    this.tab = globalThis.kindredTab ??= ownMark();
    this.made = []; // labels that are new
    this.buttons = new Buttons(root);
    this.figures = new Figures(root);
    this.strip = new Strip(this.$(".strip"), (entry) => this.#undo(entry));
    this.naming = new Naming(this.$(".naming"), this.$(".who span"), (name) => this.#panel(name));
    this.choosing = new Choosing(this.$(".labels"), (label) => this.#relabel(label), () => this.#panel(null));
    this.leaving = new AbortController();
    this.#listen();
  }

  $(selector) {
    return this.root.querySelector(selector);
  }

  update(data, tell) {
    this.tell = tell;
    const other = data.address !== this.data?.address || data.key !== this.data?.key || data.mode !== this.data?.mode;
    this.data = data;
    this.$(".title").textContent = data.title;
    if (other) this.#begin();
    if (this.dialog.open) return;
    this.dialog.showModal();
    this.#focus();
  }

  end() {
    this.leaving.abort();
    this.pile?.release();
  }

  #begin() {
    this.pile?.release();
    const calibrating = this.data.mode === "calibrate";
    this.pile = calibrating ? new Sample(this.data.address, this.data.key, this.data.wanted) : new Pile(this.data.address, this.data.key, this.tab, this.data.first);
    this.strip.open(`kindred-decided-${this.data.mode}-${this.data.address}${this.data.key}`);
    if (calibrating) this.pile.resume(this.strip.entries.map(({ one, action }) => [one.key, action]));
    this.pile.unsent = () => this.outbox.letters.map(({ body }) => body.case);
    this.pile.sent = () => this.outbox.sent();
    this.pile.addEventListener("change", () => this.#draw());
    this.dialog.dataset.mode = this.data.mode;
    this.buttons.build(this.data.acts, this.data.mode);
    this.#draw();
    this.pile.fill();
  }

  #listen() {
    const { signal } = this.leaving;
    const on = (target, kind, act) => target.addEventListener(kind, act, { signal });
    new Hands(this.dialog, signal, {
      means: (key) => !this.panel || key === "?" ? this.buttons.keys[key] : undefined,
      does: (does, event) => this.#does(does, event),
      choose: (place, among) => !this.panel && this.#choose(place, among),
      chosen: () => this.scene.group && !this.scene.zoomed,
      zoom: (event) => this.#zoom(!this.scene.zoomed, event),
      escape: () => this.#escape(),
      pressed: () => this.panel || this.#focus(),
    });
    on(this.outbox, "change", () => this.#unsent());
    on(this.outbox, "answer", ({ detail }) => this.#answered(detail));
    on(this.outbox, "refusal", ({ detail }) => this.#refused(detail));
    on(window, "pagehide", () => this.pile?.release());
  }

  // -- what is on the screen ----------------------------------------------------------------------------------------

  #draw() {
    const scene = this.pile.drawn((one) => new Scene(one, this.data.words));
    if (scene !== this.scene || !scene) {
      this.scene?.zoom(false);
      this.scene = scene;
      this.#show(scene);
    }
    this.#figures();
    this.$(".again").textContent = this.pile.problem ? `The next images could not be had: ${this.pile.problem}` : "";
  }

  #show(scene) {
    this.figures.hint("");
    this.dialog.dataset.layout = scene?.group && !scene.one.evidence.length ? "wide" : "";
    this.dialog.dataset.view = scene ? "case" : this.pile.ended ? "end" : "loading";
    this.$(".stage").replaceChildren(...(scene ? [scene.pictures] : []));
    this.$(".about").replaceChildren(...(scene?.aside ?? []));
    this.$(".side").scrollTop = 0;
    this.$(".stage").setAttribute("aria-label", scene ? scene.one.images.map(({ path }) => path).join(", ") : "");
    this.buttons.show(scene);
    if (!scene && this.pile.ended) this.#end();
  }

  #figures() {
    const calibrating = this.data.mode === "calibrate";
    if (!this.pile.progress) return;
    this.figures.show(this.pile.progress, calibrating ? 0 : this.outbox.ahead, calibrating ? "answered" : "decided");
  }

  #end() {
    this.#say(this.figures.end(this.pile, this.strip.counts, this.outbox.ahead));
  }

  // -- hands --------------------------------------------------------------------------------------------------------

  #does(does, event) {
    event?.preventDefault();
    const suggested = this.scene?.one.suggestion;
    if (does === "suggested") {
      if (!suggested || !this.data.acts.some(([act]) => act === suggested.act)) return this.#hint("Nothing is suggested here.");
      if (suggested.act === "relabel") return this.#relabel(suggested.label);
      does = suggested.act;
    }
    const acts = {
      undo: () => this.#undo(this.strip.last),
      skip: () => this.pile.skip() || this.#hint("There is no other to go on to."),
      back: () => this.pile.back() || this.#hint("None was skipped."),
      zoom: () => this.#zoom(!this.scene?.zoomed),
      help: () => this.#panel(this.panel === "keys" ? null : "keys"),
      who: () => this.naming.ask(),
      close: () => this.#leave(),
      more: () => this.pile.fill(true),
      line: () => this.tell("line", this.pile.line),
      relabel: () => this.scene && this.#ask(),
    };
    if (does in acts) return acts[does]();
    if (this.scene) this.#decide(does);
  }

  #choose(place, among) {
    const chosen = Boolean(this.scene?.choose(place, among));
    if (chosen) {
      this.buttons.offer(this.scene);
      this.#say(`${this.scene.stays.size === 1 ? `Image ${place + 1} stays` : `${this.scene.stays.size} stay`}.`);
    }
    return chosen;
  }

  #zoom(on, event) {
    if (!this.scene) return;
    const box = event && event.target.closest(".frame")?.getBoundingClientRect();
    const place = box ? { x: (100 * (event.clientX - box.left)) / box.width, y: (100 * (event.clientY - box.top)) / box.height } : {};
    this.scene.zoom(on, place);
    this.$(".act[data-does=zoom]").setAttribute("aria-pressed", on);
  }

  // -- decisions ----------------------------------------------------------------------------------------------------

  #ask() {
    if (!this.naming.name) return this.naming.ask(() => this.#ask());
    const { images, suggestion } = this.scene.one;
    this.#panel("labels");
    this.choosing.show([...this.data.labels, ...this.made], suggestion?.label ?? null, images[0].label);
  }

  #relabel(label) {
    this.#panel(null);
    if (![...this.data.labels, ...this.made].includes(label)) this.made.push(label);
    this.#decide("relabel", label);
  }

  #decide(action, value = null) {
    if (!this.naming.name && this.data.mode !== "calibrate") return this.naming.ask(() => this.#decide(action, value));
    const { one, removed } = this.scene;
    const ids = action === "remove" && this.scene.group ? removed : one.ids;
    if (!ids.length) return this.#hint("All of them stay. Choose what goes, or keep all.");
    const entry = { id: mark(), action, value, one };
    this.strip.add(entry);
    if (this.data.mode !== "calibrate") {
      const { key } = this.data;
      const body = { id: entry.id, key, tab: this.tab, case: one.key, action, ids, value, who: this.naming.name };
      this.outbox.add(`${this.data.address}decide`, body);
    }
    this.pile.settle(action);
    const next = this.pile.current;
    this.#say(`${sentence(action, value)} ${next ? `Next: ${next.reason}` : ""}`);
  }

  #undo(entry) {
    if (!entry) return this.#hint("There is nothing to undo here. Older decisions are on the tab Decisions.");
    this.strip.drop(entry);
    if (this.data.mode !== "calibrate" && !this.outbox.recall(entry.id)) {
      const { key } = this.data;
      const body = { id: mark(), key, tab: this.tab, case: entry.one.key, decision: entry.id, who: this.naming.name };
      this.outbox.add(`${this.data.address}undo`, body);
    }
    this.pile.unsettle(entry.one);
    this.#say(`Undone: ${sentence(entry.action, entry.value)} ${entry.one.reason}`);
  }

  #answered({ progress }) {
    if (progress && this.data.mode !== "calibrate") this.pile.progress = progress;
    this.#figures();
    if (!this.scene) this.#draw();
  }

  /** Someone was quicker, or the images are gone: nothing that this browser could do. */
  #refused({ body, error }) {
    const entry = this.strip.entries.find(({ id }) => id === body.id);
    if (entry) this.strip.drop(entry);
    this.#warn(error ?? "One decision was not taken.");
  }

  #unsent() {
    const { waiting, troubled } = this.outbox;
    const note = this.$(".unsent");
    note.hidden = !(troubled && waiting);
    note.textContent = `${waiting} not saved yet. Trying again …`;
    this.#figures();
  }

  // -- panels, names, words -----------------------------------------------------------------------------------------

  #panel(name) {
    this.panel = name;
    this.figures.hint("");
    for (const panel of this.root.querySelectorAll(".panel")) panel.hidden = panel.dataset.panel !== name;
    if (name === "keys") this.$(".keys button").focus();
    if (!name) this.#focus();
  }

  #escape() {
    if (this.panel) return this.#panel(null);
    if (this.scene?.zoomed) return this.#zoom(false);
    this.#leave();
  }

  #leave() {
    this.dialog.close();
    this.pile.release();
    this.tell("closed", mark());
  }

  #focus() {
    if (!this.panel) this.$(".stage").focus({ preventScroll: true });
  }

  #warn(text) {
    this.$(".again").textContent = text;
    this.#say(text);
  }

  /** Why a key did nothing, for all to see, for a moment. */
  #hint(text) {
    this.#say(text);
    this.figures.hint(text);
  }

  #say(text) {
    this.$("[role=status]").textContent = text;
  }
}
