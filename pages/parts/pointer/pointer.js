// Listens to a Plotly chart on the same page: which point was clicked, which one the pointer rests
// on, and what part of the map is looked at.

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
const REST = 250; // ms without a further zoom, after which it is told
const TOLD = ["xaxis.range", "yaxis.range", "scene.camera", "dragmode"];

class Pointer {
  constructor(peek) {
    this.peek = peek;
    this.picture = peek.querySelector("img");
    this.chart = null;
    this.hover = (event) => this.#show(event);
    this.leave = () => (this.peek.hidden = true);
    this.click = (event) => this.#click(event);
    this.relayout = (change) => this.#moved(change);
    // Streamlit may draw the chart anew at any time: look for it whenever the pointer comes by.
    this.come = ({ target }) => this.#listen(target.closest?.(`${this.data.chart} .js-plotly-plot`));
    document.addEventListener("pointerover", this.come, true);
  }

  update(data, clicked, moved) {
    Object.assign(this, { data, clicked, moved });
    this.peek.hidden = true;
  }

  end() {
    clearTimeout(this.resting);
    document.removeEventListener("pointerover", this.come, true);
    this.#listen(null, true);
  }

  #listen(chart, anyway = false) {
    if (!anyway && (!chart?.on || chart === this.chart)) return;
    const events = {
      plotly_click: this.click,
      plotly_hover: this.hover,
      plotly_unhover: this.leave,
      plotly_relayout: this.relayout,
    };
    for (const [name, handler] of Object.entries(events)) {
      this.chart?.removeListener?.(name, handler);
      chart?.on(name, handler);
    }
    this.chart?.removeEventListener("pointerleave", this.leave);
    chart?.addEventListener("pointerleave", this.leave);
    this.chart = chart;
  }

  #show({ points, event }) {
    const url = this.data.thumbnails[points?.[0]?.customdata];
    if (!url || event?.buttons || matchMedia("(hover: none)").matches) return this.leave();
    if (this.picture.getAttribute("src") !== url) this.picture.src = url;
    this.peek.hidden = false;
    const { width, height } = this.peek.getBoundingClientRect();
    const left = Math.min(Math.max(event.clientX - width / 2, 8), innerWidth - width - 8);
    const above = event.clientY - height - GAP;
    this.peek.style.translate = `${left}px ${above > 8 ? above : event.clientY + GAP}px`;
  }

  #moved(change) {
    const names = Object.keys(change ?? {});
    if (!names.some((name) => name.endsWith("autorange") || TOLD.some((told) => name.startsWith(told)))) return;
    const layout = this.chart._fullLayout;
    const at = { dragmode: layout.dragmode };
    if (layout.scene) at.scene = { camera: layout.scene._scene?.getCamera?.() ?? layout.scene.camera };
    else {
      for (const axis of ["xaxis", "yaxis"]) if (!layout[axis].autorange) at[axis] = { range: [...layout[axis].range] };
    }
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.moved({ revision: layout.uirevision, at }), REST);
  }

  #click({ points }) {
    this.leave();
    const row = points?.[0]?.customdata;
    if (Number.isInteger(row)) this.clicked(row);
  }
}
