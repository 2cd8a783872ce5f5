// Runs in every measured page before anything else: when points were in memory, when a frame had all of them, and
// when a gesture's answer was known and shown. The same for all tools, ours included.
//
// A frame has all points when its draw calls cover `wanted` of them; a tool that spreads them over several frames says
// itself which is the last (`gauge.complete`), and its draw calls until then must cover as many, unless it has sent pictures.
// A frame is shown when the graphics queue is empty after it: one pixel is read back, which waits for all that was asked for
// before. A selection is shown with the last frame after it that draws points or sends a picture.
(() => {
  const SOME = 1000; // points of a frame that draws them
  const QUIET = 400; // ms without such a frame, after which there is no further one
  const contexts = [];
  const gauge = {
    wanted: Infinity,
    began: null, // points in memory
    presented: null, // the first frame with all points, shown
    drawn: 0, // points drawn in this frame
    calls: 0, // of drawing, in this frame
    pictures: 0, // sent to the graphics memory, in this frame
    total: 0, // and since they were in memory
    sent: 0, // pictures since then
    spreads: false, // whether the tool draws in several frames
    stamps: {}, // of the last `move` and `release` of the mouse
    armed: null,
    frames: [],
  };
  window.gauge = gauge;

  gauge.sync = () => {
    const pixel = new Uint8Array(4);
    for (const gl of contexts) if (!gl.isContextLost()) gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
  };

  // Calls back at the end of the next frame, when it is shown, with what was drawn since the frame before.
  const ended = [];
  gauge.afterFrame = (then) => ended.push(then);

  gauge.soon = (then) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      gauge.sync();
      then(performance.now());
    };
    port2.postMessage(0);
  };

  gauge.begin = (wanted) => {
    gauge.wanted = wanted;
    gauge.began = performance.now();
  };

  // -- what is drawn ----------------------------------------------------------------------------------------------

  // A frame begins with the events before it: what their handlers draw belongs to it.
  const { port1, port2 } = new MessageChannel();
  let frame = 0;
  port1.onmessage = () => {
    const { drawn, calls, pictures } = gauge;
    gauge.drawn = gauge.calls = gauge.pictures = 0;
    if (gauge.watching && calls) gauge.frames.push(frame);
    const waiting = ended.splice(0);
    if (!waiting.length) return;
    gauge.sync();
    for (const then of waiting) then(performance.now(), drawn >= SOME || pictures > 0);
  };
  const everyFrame = (now) => {
    frame = now;
    port2.postMessage(0);
    requestAnimationFrame(everyFrame);
  };
  requestAnimationFrame(everyFrame);

  const count = (points) => {
    gauge.calls += 1;
    gauge.drawn += points;
    if (gauge.began !== null) gauge.total += points;
    if (!gauge.spreads && gauge.drawn >= gauge.wanted) all();
  };

  const all = () => {
    if (gauge.presented !== null || gauge.began === null) return;
    gauge.presented = -1; // being waited for
    gauge.soon((now) => (gauge.presented = now));
  };

  gauge.complete = () => (gauge.total >= gauge.wanted || gauge.sent > 0) && all();

  const picture = () => {
    gauge.pictures += 1;
    if (gauge.began !== null) gauge.sent += 1;
  };

  const wrap = (owner, name, points, then = count) => {
    const original = owner[name];
    owner[name] = function (...given) {
      const answer = original.apply(this, given);
      then(points(...given));
      return answer;
    };
  };
  for (const kind of [WebGLRenderingContext, WebGL2RenderingContext]) {
    for (const name of ["texImage2D", "texSubImage2D"]) wrap(kind.prototype, name, () => 1, picture);
    wrap(kind.prototype, "drawArrays", (mode, first, n) => n);
    wrap(kind.prototype, "drawElements", (mode, n) => n);
  }
  wrap(WebGL2RenderingContext.prototype, "drawArraysInstanced", (mode, first, n, instances) => instances);
  wrap(WebGL2RenderingContext.prototype, "drawElementsInstanced", (mode, n, type, offset, instances) => instances);

  const getContext = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (...given) {
    const context = getContext.apply(this, given);
    if (context && String(given[0]).includes("webgl") && !contexts.includes(context)) contexts.push(context);
    return context;
  };

  // -- what a gesture leads to ------------------------------------------------------------------------------------

  // A move counts from when the page hears of it, since browsers hold moves back until the next frame; a release counts
  // from when it happened, since a page that is busy hears of it late.
  window.addEventListener("pointermove", () => (gauge.stamps.move = performance.now()), true);
  window.addEventListener("pointerup", (event) => (gauge.stamps.release = event.timeStamp), true);

  // The next `gauge.answer(kind, value)` is measured from the last event of kind `from`, which must be after this.
  gauge.arm = (kind, from) => {
    const armed = { kind, from, at: performance.now(), result: null };
    armed.done = new Promise((resolve) => (armed.resolve = resolve));
    gauge.armed = armed;
  };

  gauge.answer = (kind, value) => {
    const { armed } = gauge;
    if (armed?.kind !== kind || armed.result) return;
    const since = gauge.stamps[armed.from];
    if (!(since >= armed.at)) return;
    armed.result = { value, known: performance.now() - since };
    const shown = (now) => armed.resolve({ ...armed.result, shown: now - since });
    if (kind === "lasso") gauge.settled(shown);
    else gauge.afterFrame(shown);
  };

  // When the last frame that draws points is shown; the next one, if none does.
  gauge.settled = (then) => {
    let last = null;
    const look = (now, draws) => {
      if (last === null || draws) last = now;
      if (now - last < QUIET) gauge.afterFrame(look);
      else then(last);
    };
    gauge.afterFrame(look);
  };

  gauge.result = (limit) =>
    Promise.race([gauge.armed.done, new Promise((resolve) => setTimeout(() => resolve(null), limit))]);

  // -- how evenly frames come -------------------------------------------------------------------------------------

  // The times of frames in which something is drawn.
  gauge.watchFrames = () => {
    gauge.frames = [];
    gauge.watching = true;
  };
})();
