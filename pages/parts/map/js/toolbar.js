// The tools over the map. Each has a key, and says so.

import { el, icon } from "./dom.js";

const TOOLS = [
  ["pan", "Move the map", "V"],
  ["lasso", "Lasso: draw around images", "L"],
  ["rectangle", "Rectangle: draw a box around images", "R"],
];
const VIEWS = [
  ["fit", "Show everything", "F"],
  ["focus", "Go to the selection", "S"],
];
const SELECTING = [
  ["undo", "Undo the last change of the selection", "Z"],
  ["invert", "Select everything else", "I"],
  ["grow", "Add the nearest neighbours of the selected images", "G"],
  ["clear", "Clear the selection", "Escape"],
];
const LAYERS = [
  ["labels", "Names on the map", "N"],
  ["images", "Images in place of dots, once there is room", "M"],
  ["contours", "Lines of equal density", "D"],
];
const SHEETS = [
  ["panel", "Colours and filters", "P"],
  ["help", "Keys and gestures", "?"],
];
export const KEYS = Object.fromEntries([...TOOLS, ...VIEWS, ...SELECTING, ...LAYERS].map(([name, , key]) => [key.toLowerCase(), name]));
const MORE_KEYS = [
  ["Drag", "moves the map, the wheel zooms, a double click goes in"],
  ["Shift + drag", "draws around images and adds them to the selection"],
  ["Alt + drag", "draws around images and takes them out"],
  ["Click", "opens an image; with Shift it joins the selection, with Alt it leaves"],
  ["Arrow keys", "move a crosshair; Enter opens, Space selects, Shift makes longer steps"],
  ["+ and −", "zoom"],
  ["Fingers", "two move and zoom; a tap opens an image, a finger that rests on it shows its neighbours"],
  ["Legend", "a click shows one entry alone, Shift adds more, Ctrl hides one; its frame selects it"],
];

export class Toolbar {
  /** `act(name)` does what a button or key says. */
  constructor(root, act) {
    this.act = act;
    this.buttons = {};
    const group = (label, entries, kind) =>
      el("div", { class: "group", role: "group", "aria-label": label }, ...entries.map(([name, title, key]) => this.#button(name, title, key, kind)));
    this.selecting = group("Selection", SELECTING);
    this.count = el("span", { class: "selected" });
    this.selecting.prepend(this.count);
    this.help = el("div", { class: "help", popover: "auto" }, el("h4", {}, "On the map"), this.#keys());
    this.exports = el("div", { class: "exports", popover: "auto" });
    root.append(
      group("Tools", TOOLS, "tool"),
      group("View", VIEWS),
      this.selecting,
      el("span", { class: "space" }),
      group("Layers", LAYERS, "layer"),
      el(
        "div",
        { class: "group", role: "group", "aria-label": "More" },
        this.#button("export", "Take the map along", null),
        ...SHEETS.map(([name, title, key]) => this.#button(name, title, key)),
      ),
      this.help,
      this.exports,
    );
  }

  #button(name, title, key, kind) {
    const said = key ? `${title} (${key})` : title;
    const attributes = { type: "button", title: said, "aria-label": title, onclick: () => this.act(name) };
    if (kind === "tool") attributes["data-tool"] = name;
    if (kind) attributes["aria-pressed"] = "false";
    if (key) attributes["aria-keyshortcuts"] = key;
    this.buttons[name] = el("button", attributes, icon(name));
    return this.buttons[name];
  }

  #keys() {
    const rows = [...TOOLS, ...VIEWS, ...SELECTING, ...LAYERS, ...SHEETS].map(([, title, key]) => [key, title.charAt(0).toLowerCase() + title.slice(1)]);
    return el("dl", {}, ...[...MORE_KEYS, ...rows].flatMap(([key, what]) => [el("dt", {}, key), el("dd", {}, what)]));
  }

  update(model) {
    const { tool, options, selection, filters } = model;
    for (const [name] of TOOLS) this.buttons[name].setAttribute("aria-pressed", String(name === tool));
    for (const [name] of LAYERS) this.buttons[name].setAttribute("aria-pressed", String(options[name]));
    this.selecting.hidden = !selection.size && !selection.past.length;
    const seen = filters.active && selection.size ? selection.count((row) => model.shown(row)) : selection.size;
    const hidden = seen < selection.size ? `, ${(selection.size - seen).toLocaleString("en")} not shown` : "";
    this.count.textContent = selection.size ? `${selection.size.toLocaleString("en")} selected${hidden}` : "";
    for (const name of ["invert", "grow", "clear"]) this.buttons[name].disabled = !selection.size;
    this.buttons.focus.disabled = !selection.size;
    this.buttons.undo.disabled = !selection.past.length;
  }

  /** Open a sheet below its button. */
  toggle(name) {
    const sheet = name === "help" ? this.help : this.exports;
    sheet.togglePopover();
    if (!sheet.matches(":popover-open")) return;
    const button = this.buttons[name].getBoundingClientRect();
    const { width, height } = sheet.getBoundingClientRect();
    sheet.style.left = `${Math.max(8, Math.min(button.right - width, innerWidth - width - 8))}px`;
    sheet.style.top = `${Math.max(8, Math.min(button.bottom + 6, innerHeight - height - 8))}px`;
  }
}
