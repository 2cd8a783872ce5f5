// What follows the pointer, on a canvas of its own: the points below are never drawn again for it.

const SQUARE = 11; // px of reach, from which something is an image and not a dot

/** Draw the ring around what is pointed at, lines to its true neighbours, the shape that is being drawn, the crosshair. */
export function draw(pane) {
  const { pointer: canvas, camera, model } = pane;
  canvas.clearRect(0, 0, camera.width, camera.height);
  if (!pane.grid || !pane.style) return;
  const { colours, hovered, opened } = model;
  if (opened >= 0 && pane.placed(opened)) ring(canvas, pane.spot(opened), colours.accent, 3);
  if (hovered >= 0 && pane.placed(hovered)) {
    const near = model.near(hovered).filter((row) => pane.placed(row)).map((row) => pane.spot(row));
    lines(canvas, pane.spot(hovered), near, colours.text);
    for (const spot of near) ring(canvas, spot, colours.text, 1);
    ring(canvas, pane.spot(hovered), colours.text, 2);
  }
  if (pane.shape?.length > 1) shape(canvas, pane.shape, colours);
  if (pane.crosshair) crosshair(canvas, pane.crosshair, colours.accent);
}

function lines(canvas, from, to, colour) {
  canvas.strokeStyle = colour;
  canvas.lineWidth = 1;
  canvas.globalAlpha = 0.75;
  canvas.beginPath();
  for (const { x, y } of to) {
    canvas.moveTo(from.x, from.y);
    canvas.lineTo(x, y);
  }
  canvas.stroke();
  canvas.globalAlpha = 1;
}

function ring(canvas, { x, y, reach }, colour, width) {
  canvas.strokeStyle = colour;
  canvas.lineWidth = width;
  canvas.beginPath();
  if (reach > SQUARE) canvas.rect(x - reach - 2, y - reach - 2, 2 * reach + 4, 2 * reach + 4);
  else canvas.arc(x, y, Math.max(reach + 1.5, 4), 0, 2 * Math.PI);
  canvas.stroke();
}

function shape(canvas, corners, colours) {
  canvas.beginPath();
  corners.forEach(([x, y], at) => (at ? canvas.lineTo(x, y) : canvas.moveTo(x, y)));
  canvas.closePath();
  canvas.fillStyle = colours.wash;
  canvas.fill("evenodd");
  canvas.strokeStyle = colours.accent;
  canvas.lineWidth = 1.5;
  canvas.stroke();
}

function crosshair(canvas, [x, y], colour) {
  canvas.strokeStyle = colour;
  canvas.lineWidth = 1.5;
  canvas.beginPath();
  for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
    canvas.moveTo(x + dx * 5, y + dy * 5);
    canvas.lineTo(x + dx * 16, y + dy * 16);
  }
  canvas.stroke();
}
