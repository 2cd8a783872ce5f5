// Listens to a Plotly chart in three dimensions on the same page: which point was clicked, which one the pointer rests
// on, and from where the chart is looked at.

const views = new WeakMap();

export default function (component) {
  const { data, parentElement, setStateValue, setTriggerValue } = component;
  if (!views.has(parentElement)) views.set(parentElement, new Pointer(parentElement.querySelector(".peek")));
  const view = views.get(parentElement);
  view.update(data, (row) => setTriggerValue("clicked", row), (at) => setStateValue("view", at));
  return () => {
    view.end();
    views.delete(parentElement);
  };
}

const GAP = 50; // px between the pointer and the picture: Plotly's own text has room there
const STILL = 5; // px that a pointer may move in a click
const REST = 250; // ms without a further turn, after which it is told

class Pointer {
  constructor(peek) {
    this.peek = peek;
    this.picture = peek.querySelector("img");
    this.chart = null;
    this.at = { clientX: 0, clientY: 0 }; // Plotly tells no place of a hover
    this.move = ({ clientX, clientY }) => (this.at = { clientX, clientY });
    this.hover = (event) => this.#show(event);
    this.leave = () => {
      this.over = null;
      this.peek.hidden = true;
    };
    this.relayout = (change) => this.#moved(change);
    // Streamlit may draw the chart anew at any time: look for it whenever the pointer comes by.
    this.come = ({ target }) => this.#listen(target.closest?.(`${this.data.chart} .js-plotly-plot`));
    // Plotly tells of no click: it is one when the pointer is let go where it was pressed, on a point.
    this.press = ({ clientX, clientY }) => (this.pressed = { x: clientX, y: clientY, row: this.over });
    this.release = (event) => this.#released(event);
    document.addEventListener("pointerover", this.come, true);
    document.addEventListener("pointerdown", this.press, true);
    document.addEventListener("pointerup", this.release, true);
  }

  update(data, clicked, moved) {
    Object.assign(this, { data, clicked, moved });
    this.leave();
  }

  end() {
    clearTimeout(this.resting);
    document.removeEventListener("pointerover", this.come, true);
    document.removeEventListener("pointerdown", this.press, true);
    document.removeEventListener("pointerup", this.release, true);
    this.#listen(null, true);
  }

  #listen(chart, anyway = false) {
    if (!anyway && (!chart?.on || chart === this.chart)) return;
    const events = { plotly_hover: this.hover, plotly_unhover: this.leave, plotly_relayout: this.relayout };
    for (const [name, handler] of Object.entries(events)) {
      this.chart?.removeListener?.(name, handler);
      chart?.on(name, handler);
    }
    for (const [name, handler] of Object.entries({ pointerleave: this.leave, pointermove: this.move })) {
      this.chart?.removeEventListener(name, handler);
      chart?.addEventListener(name, handler);
    }
    this.chart = chart;
  }

  #show({ points, event }) {
    if (event?.buttons) return this.leave();
    this.over = points?.[0]?.customdata;
    const url = this.data.thumbnails[this.over];
    if (!url || matchMedia("(hover: none)").matches) {
      this.peek.hidden = true;
      return;
    }
    if (this.picture.getAttribute("src") !== url) this.picture.src = url;
    this.peek.hidden = false;
    const { width, height } = this.peek.getBoundingClientRect();
    const { clientX, clientY } = this.at;
    const left = Math.min(Math.max(clientX - width / 2, 8), innerWidth - width - 8);
    const above = clientY - height - GAP;
    this.peek.style.translate = `${left}px ${above > 8 ? above : clientY + GAP}px`;
  }

  #moved(change) {
    if (!Object.keys(change ?? {}).some((name) => name.startsWith("scene.camera"))) return;
    const { scene, uirevision } = this.chart._fullLayout;
    const camera = scene._scene?.getCamera?.() ?? scene.camera;
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.moved({ revision: uirevision, camera }), REST);
  }

  #released({ clientX, clientY }) {
    const { x, y, row } = this.pressed ?? {};
    this.pressed = null;
    if (Number.isInteger(row) && Math.hypot(clientX - x, clientY - y) < STILL) this.clicked(row);
  }
}
