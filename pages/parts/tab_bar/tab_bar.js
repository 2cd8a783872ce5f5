// Brings the open tab of a bar into sight. The page itself is not scrolled.

const seen = new WeakMap(); // bar → the tab that was open when it was scrolled last

export default function ({ data }) {
  const bar = document.querySelector(`.st-key-${data.tabs} [role=tablist]`);
  const tab = bar?.querySelector("[role=tab][aria-selected=true]");
  if (!tab || seen.get(bar) === tab) return;
  seen.set(bar, tab);
  let pane = bar;
  while (pane !== document.body && pane.scrollWidth <= pane.clientWidth) pane = pane.parentElement;
  if (pane === document.body) return; // all of it is seen
  const [inner, outer] = [tab.getBoundingClientRect(), pane.getBoundingClientRect()];
  pane.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2;
}
