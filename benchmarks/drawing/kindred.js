// In the page of Kindred: tells the gauge when points and their colours have come, of which the later counts, and what the
// map's attributes say of gestures.
((n) => {
  gauge.spreads = true;
  const coming = new Set(["points", "column"]);
  let drawn = false;
  const whole = Response.prototype.arrayBuffer;
  Response.prototype.arrayBuffer = async function () {
    const buffer = await whole.call(this);
    const kind = /\/map\/[^/]+\/(points|column)\//.exec(this.url)?.[1];
    if (coming.delete(kind)) gauge.begin(n);
    if (drawn && kind === "column" && !coming.size) gauge.settled((now) => (gauge.presented ??= now));
    return buffer;
  };
  const said = {
    "data-first-draw-ms"() {
      drawn = true;
      if (!coming.size) gauge.complete(); // otherwise without colours: the next drawing counts
    },
    "data-hover": (value) => value && gauge.answer("hover", value),
    "data-selected": (value) => gauge.answer("lasso", Number(value)),
  };
  new MutationObserver((changes) => {
    for (const { target, attributeName } of changes) {
      if (target.hasAttribute("data-kindred-map")) said[attributeName](target.getAttribute(attributeName) ?? "");
    }
  }).observe(document, { subtree: true, attributes: true, attributeFilter: Object.keys(said) });
})(POINTS);
