// Brings the open tab of a bar to its middle, whether a link or a hand has opened it. The page itself is not scrolled.

const seen = new WeakMap(); // bar → the tab that was open when it was scrolled last

export default function ({ data }) {
  const bar = document.querySelector(`.st-key-${data.tabs} [role=tablist]`);
  if (!bar) return;
  if (!seen.has(bar)) {
    seen.set(bar, null);
    const opened = { subtree: true, attributes: true, attributeFilter: ["aria-selected"] };
    // A tab that is opened is first scrolled just up to the edge, under the arrow there, by the bar itself.
    const after = () => requestAnimationFrame(() => requestAnimationFrame(() => middle(bar)));
    new MutationObserver(after).observe(bar, opened);
  }
  middle(bar);
}

function middle(bar) {
  const tab = bar.querySelector("[role=tab][aria-selected=true]");
  if (!tab || seen.get(bar) === tab) return;
  seen.set(bar, tab);
  let pane = bar;
  while (pane !== document.body && pane.scrollWidth <= pane.clientWidth) pane = pane.parentElement;
  if (pane === document.body) return; // all of it is seen
  const [inner, outer] = [tab.getBoundingClientRect(), pane.getBoundingClientRect()];
  pane.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2;
}
