// Elements in one call. Texts are set as text, never as HTML.

/** `el("button", {class: "tool", onclick}, "Text", child)` */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made[key] = value;
    else if (key === "class") made.className = value;
    else if (key === "style") Object.assign(made.style, value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

// Drawn for this component: 20 × 20, lines of 1.6.
const PATHS = {
  pan: "M10 2v16M2 10h16M10 2 7.8 4.4M10 2l2.2 2.4M10 18l-2.2-2.4M10 18l2.2-2.4M2 10l2.4-2.2M2 10l2.4 2.2M18 10l-2.4-2.2M18 10l-2.4 2.2",
  lasso: "M10 3c4.4 0 8 2.2 8 5.2S14.400 13.500 10 13.500 2 11.200 2 8.200 5.600 3 10 3ZM5.600 12.600c-1.600 1-1.400 3 .2 3.200 1.600.2 1.900 1.600.7 2.700",
  rectangle: "M3 5.500V3h2.500M8.500 3h3M14.500 3H17v2.500M17 8.500v3M17 14.500V17h-2.500M11.500 17h-3M5.500 17H3v-2.500M3 11.500v-3",
  fit: "M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4M8 8h4v4H8Z",
  focus: "M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4M10 7.500v5M7.500 10h5",
  undo: "M4 8h8a4 4 0 0 1 0 8H8M4 8l3.500-3.500M4 8l3.500 3.500",
  invert: "M10 3a7 7 0 1 0 0 14ZM10 3a7 7 0 0 1 0 14",
  grow: "M10 10m-3 0a3 3 0 1 0 6 0 3 3 0 1 0-6 0M10 1.500v3M10 15.500v3M1.500 10h3M15.500 10h3M4 4l2 2M14 14l2 2M16 4l-2 2M6 14l-2 2",
  clear: "M5 5l10 10M15 5 5 15",
  labels: "M3 5V3.500h14V5M10 3.500V16.500M7.500 16.500h5",
  contours: "M2.500 13c2-5 5-8 8-8s6 2 7 6M5.500 14c1.500-3.500 3-5 5-5s3.500 1.500 4 3.500M9 14.500c.6-1.200 1-1.700 1.800-1.700s1.200.6 1.400 1.500",
  images: "M3 4h14v12H3ZM3 13l4-4 3.500 3.500L13 10l4 4M13 7.200h.01",
  export: "M10 3v9M6.500 8.500 10 12l3.500-3.500M3.500 13v3.500h13V13",
  panel: "M3 4h14v12H3ZM12 4v12",
  help: "M7.500 7.500a2.500 2.500 0 1 1 3.600 2.200c-.8.4-1.100.9-1.100 1.800M10 14.500h.01M10 2a8 8 0 1 0 0 16 8 8 0 0 0 0-16Z",
  size: "M3 5h12M3 10h8M3 15h4",
  name: "M3 15 6.500 5 10 15M4.200 12h4.600M12 8h5l-5 7h5",
  ghosts: "M10 3a6 6 0 0 0-6 6v8l2-1.500L8 17l2-1.500L12 17l2-1.500L16 17V9a6 6 0 0 0-6-6ZM8 9h.01M12 9h.01",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
