// In the page of Kindred: tells the gauge when the points have come, and what the map's attributes say of gestures.
((n) => {
  gauge.spreads = true;
  const whole = Response.prototype.arrayBuffer;
  Response.prototype.arrayBuffer = async function () {
    const buffer = await whole.call(this);
    if (/\/map\/[^/]+\/points\//.test(this.url)) gauge.begin(n);
    return buffer;
  };
  const said = {
    "data-first-draw-ms": () => gauge.complete(),
    "data-hover": (value) => value && gauge.answer("hover", value),
    "data-selected": (value) => gauge.answer("lasso", Number(value)),
  };
  new MutationObserver((changes) => {
    for (const { target, attributeName } of changes) {
      if (target.hasAttribute("data-kindred-map")) said[attributeName](target.getAttribute(attributeName) ?? "");
    }
  }).observe(document, { subtree: true, attributes: true, attributeFilter: Object.keys(said) });
})(POINTS);
