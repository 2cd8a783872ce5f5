// What a button or a key does.

const CLOSER = 1.6; // a key's step
const ROOM = 0.15; // around a selection that one goes to, of its size
const LEAST = 0.01; // of the map, so that one image is not all there is to see

const ACTS = {
  fit: (map) => drawn(map, (pane) => pane.fly(pane.camera.fit())),
  focus: (map) => drawn(map, (pane) => focus(pane, map.model.selection.rows)),
  in: (map) => drawn(map, (pane) => pane.fly(pane.camera.closer(CLOSER))),
  out: (map) => drawn(map, (pane) => pane.fly(pane.camera.closer(1 / CLOSER))),
  undo: ({ choosing }) => choosing.undo(),
  clear: ({ choosing }) => choosing.clear(),
  invert: ({ choosing }) => choosing.invert(),
  grow,
  panel,
  export: take,
  help: ({ toolbar }) => toolbar.toggle("help"),
};

/** Do what goes by that name: an act, a layer to switch, or a tool to take into the hand. */
export function act(map, name) {
  if (name in ACTS) ACTS[name](map);
  else if (name in map.model.options) layer(map, name);
  else tool(map, name);
  map.said();
}

function tool(map, name) {
  map.model.tool = name;
  for (const { gestures, pane } of map.panes) {
    gestures.drop();
    gestures.touchable();
    pane.element.dataset.hand = name;
  }
}

function layer(map, name) {
  const { options } = map.model;
  options[name] = !options[name];
  drawn(map, (pane) => {
    if (name === "contours") pane.contours();
    if (name === "ghosts") pane.states();
    pane.moved();
  });
  map.chips.update();
  map.viewing.tell();
}

async function grow(map) {
  if (!map.model.selection.size) return;
  try {
    if (!(await map.choosing.grow())) map.hint("Their nearest neighbours are all selected already");
  } catch (error) {
    map.say(error.message);
  }
}

/** Open or close the panel: wide screens have it beside the map from the beginning, narrow ones over it. */
function panel(map) {
  map.root.classList.toggle("panelled");
  map.panel.update();
}

async function take(map) {
  if (!map.panes[0].pane.style) return; // nothing has been drawn
  const { fill } = await import("./export.js");
  fill(map.toolbar.exports, map);
  map.toolbar.toggle("export");
}

/** Visit the panes that show something. */
function drawn({ panes }, visit) {
  for (const { pane } of panes) if (pane.grid) visit(pane);
}

function focus(pane, rows) {
  const box = pane.spots.around(rows);
  if (!box) return;
  const least = (pane.box[2] - pane.box[0]) * LEAST;
  const [roomX, roomY] = [Math.max((box[2] - box[0]) * ROOM, least), Math.max((box[3] - box[1]) * ROOM, least)];
  pane.fly(pane.camera.fit([box[0] - roomX, box[1] - roomY, box[2] + roomX, box[3] + roomY]));
}
