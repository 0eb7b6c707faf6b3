// What lies over and under the dots: contours, validation and coreset marks, rings, flows, labels, the lasso.
import { toScreen, zoomOf } from "./camera.js";
import { placed } from "./labels.js";
import { mixed } from "./colors.js";

const FONT = "12px";
const MOST_RINGS = 200; // with more selected ones, the others fade instead
const HEAD = 6;
const SIDE = 18; // of the picture of a mark, at size 1
/** Size of the marks: small when all of them are in sight, and larger with each zoom. */
const sizeAt = (zoom, side) =>
  Math.min(Math.max(Math.min(0.45 + side / 1500, 0.82) + 0.14 * Math.log2(Math.max(zoom, 0.5)), 0.5), 1.25);

/** @type {Map<string, HTMLCanvasElement>} */
const sprites = new Map();

/** A mark as a small picture, drawn once per colour. */
function sprite(kind, fill, theme, ratio, size) {
  const key = [kind, fill, theme.ink, theme.ground, ratio, size].join();
  const known = sprites.get(key);
  if (known) return known;
  if (sprites.size > 800) sprites.clear();
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.ceil(SIDE * size * ratio);
  const pen = canvas.getContext("2d");
  pen.scale(ratio * size, ratio * size);
  pen.translate(SIDE / 2, SIDE / 2);
  const lines = (width, color, strokes) => {
    Object.assign(pen, { lineWidth: width, strokeStyle: color, lineCap: "round" });
    pen.beginPath();
    for (const [x, y] of strokes) {
      pen.moveTo(-x, -y);
      pen.lineTo(x, y);
    }
    pen.stroke();
  };
  if (kind === "diamond") {
    pen.beginPath();
    for (const [x, y] of [[0, -5], [5, 0], [0, 5], [-5, 0]]) pen.lineTo(x, y);
    pen.closePath();
    pen.fillStyle = fill;
    pen.fill();
    Object.assign(pen, { lineWidth: 0.9, strokeStyle: mixed(theme.ink, theme.ground, 0.15) });
    pen.stroke();
  } else {
    const plus = [[4.6, 0], [0, 4.6]];
    const cross = [[3.6, 3.6], [3.6, -3.6]];
    const strokes = kind === "plus" ? plus : kind === "cross" ? cross : [...plus, ...cross];
    lines(4.2, theme.ground, strokes);
    lines(1.8, theme.ink, strokes);
  }
  sprites.set(key, canvas);
  return canvas;
}

/** The picture of a mark, for legends. @returns {HTMLCanvasElement} */
export function markPicture(kind, fill, theme) {
  const from = sprite(kind, fill, theme, 2, 1);
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: from.width, height: from.height });
  canvas.getContext("2d").drawImage(from, 0, 0);
  return canvas;
}

/** Which mark a chosen sample has: first coreset, second, both. */
export const CHOSEN_MARKS = ["", "plus", "cross", "star"];

function prepared(canvas, ratio) {
  const pen = canvas.getContext("2d");
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  return pen;
}

/** The contours. `scene`: see view.js. */
export function drawUnder(canvas, scene) {
  const { camera, width, height, ratio, theme, contours } = scene;
  const pen = prepared(canvas, ratio);
  if (!contours) return;
  const { grid, paths, color } = contours;
  const cell = (camera.scale * grid.width) / grid.side;
  const [left, top] = toScreen(camera, width, height, grid.low[0], grid.low[1]);
  pen.setTransform(ratio * cell, 0, 0, -ratio * cell, ratio * left, ratio * top);
  pen.lineWidth = 1 / cell;
  paths.forEach((path) => {
    pen.globalAlpha = theme.dark ? 0.13 : 0.1;
    pen.fillStyle = color;
    pen.fill(path, "evenodd");
    pen.globalAlpha = 0.45;
    pen.strokeStyle = color;
    pen.stroke(path);
  });
}

function arrow(pen, from, to, width) {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(dx, dy);
  if (length < 2) return;
  const [ux, uy] = [dx / length, dy / length];
  const tip = [to[0] - ux * 5, to[1] - uy * 5];
  pen.lineWidth = width;
  pen.beginPath();
  pen.moveTo(from[0], from[1]);
  pen.lineTo(tip[0], tip[1]);
  pen.stroke();
  if (length < 14) return;
  pen.beginPath();
  pen.moveTo(tip[0], tip[1]);
  pen.lineTo(tip[0] - HEAD * ux + HEAD * 0.5 * uy, tip[1] - HEAD * uy - HEAD * 0.5 * ux);
  pen.lineTo(tip[0] - HEAD * ux - HEAD * 0.5 * uy, tip[1] - HEAD * uy + HEAD * 0.5 * ux);
  pen.closePath();
  pen.fill();
}

function ring(pen, [x, y], radius, color, ground, width = 2) {
  for (const [line, stroke] of [[width + 2.5, ground], [width, color]]) {
    pen.lineWidth = line;
    pen.strokeStyle = stroke;
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.stroke();
  }
}

function words(pen, text, x, y, color, ground, weight = 600) {
  pen.font = `${weight} ${FONT} "Source Sans", sans-serif`;
  pen.lineJoin = "round";
  pen.lineWidth = 4;
  pen.strokeStyle = ground;
  pen.strokeText(text, x, y);
  pen.fillStyle = color;
  pen.fillText(text, x, y);
}

/** Everything over the dots. */
export function drawOver(canvas, scene) {
  const { camera, width, height, ratio, theme } = scene;
  const pen = prepared(canvas, ratio);
  const at = (id) => toScreen(camera, width, height, scene.xs[id], scene.ys[id]);
  const inside = ([x, y]) => x > -10 && y > -10 && x < width + 10 && y < height + 10;
  const size = Math.round(10 * sizeAt(zoomOf(camera, scene.frame, width, height), Math.min(width, height))) / 10;
  const side = SIDE * size;
  const stamp = (id, kind, fill) => {
    const [x, y] = at(id);
    if (!inside([x, y])) return;
    pen.globalAlpha = scene.faded?.(id) ? 0.25 : 1;
    pen.drawImage(sprite(kind, fill, theme, ratio, size), x - side / 2, y - side / 2, side, side);
  };
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  if (scene.polygon) drawPolygon(pen, scene, theme);
  for (const id of scene.validation) stamp(id, "diamond", scene.colorOf(id));
  for (const id of scene.coreset) stamp(id, CHOSEN_MARKS[scene.chosen[id]], "");
  pen.globalAlpha = 1;
  if (scene.selected && scene.selected.length <= MOST_RINGS) {
    pen.strokeStyle = theme.highlight;
    pen.lineWidth = 1.4;
    for (const id of scene.selected) {
      const [x, y] = at(id);
      if (!inside([x, y])) continue;
      pen.beginPath();
      pen.arc(x, y, 5.5, 0, 2 * Math.PI);
      pen.stroke();
    }
  }
  drawFlows(pen, scene, theme, at);
  drawNear(pen, scene, theme, at);
  scene.worst.forEach((id, i) => {
    const [x, y] = at(id);
    if (!inside([x, y])) return;
    ring(pen, [x, y], 8, theme.ink, theme.ground, 1.8);
    words(pen, String(i + 1), x + 13, y - 9, theme.ink, theme.ground, 700);
  });
  drawLabels(pen, scene, theme);
  if (scene.sample !== null) {
    ring(pen, at(scene.sample), 10, theme.highlight, theme.ground, 3);
  }
  if (scene.hover !== null) ring(pen, at(scene.hover), 7, theme.ink, theme.ground, 1.5);
}

function drawPolygon(pen, scene, theme) {
  pen.beginPath();
  for (const [x, y] of scene.polygon) pen.lineTo(...toScreen(scene.camera, scene.width, scene.height, x, y));
  pen.closePath();
  pen.globalAlpha = 0.1;
  pen.fillStyle = theme.highlight;
  pen.fill();
  pen.globalAlpha = 1;
  pen.lineWidth = 1.6;
  pen.strokeStyle = theme.highlight;
  pen.setLineDash([6, 4]);
  pen.stroke();
  pen.setLineDash([]);
}

function drawFlows(pen, scene, theme, at) {
  if (!scene.flows) return;
  const { from, to, mass, distance } = scene.flows;
  const heaviest = Math.max(...mass, 1e-12);
  pen.globalAlpha = from.length > 12 ? 0.55 : 0.8;
  pen.strokeStyle = pen.fillStyle = theme.ink;
  from.forEach((id, i) => arrow(pen, at(id), at(to[i]), 0.5 + 1.5 * (mass[i] / heaviest)));
  pen.globalAlpha = 1;
  if (from.length > 12) return;
  from.forEach((id, i) => {
    const [a, b] = [at(id), at(to[i])];
    if (Math.hypot(a[0] - b[0], a[1] - b[1]) < 60) return;
    words(pen, distance[i].toFixed(2), (a[0] + b[0]) / 2, (a[1] + b[1]) / 2, theme.ink, theme.ground, 500);
  });
}

function drawNear(pen, scene, theme, at) {
  if (!scene.near) return;
  const centre = at(scene.near.sample);
  pen.strokeStyle = theme.highlight;
  pen.lineWidth = 1.4;
  pen.setLineDash([2, 3]);
  for (const id of scene.near.ids) {
    pen.beginPath();
    pen.moveTo(...centre);
    pen.lineTo(...at(id));
    pen.stroke();
  }
  pen.setLineDash([]);
  for (const id of scene.near.ids) ring(pen, at(id), 6, theme.highlight, theme.ground, 1.6);
}

function drawLabels(pen, scene, theme) {
  const { camera, width, height, frame } = scene;
  if (!scene.labels) return;
  pen.font = `600 ${FONT} "Source Sans", sans-serif`;
  const shown = placed(
    scene.labels,
    zoomOf(camera, frame, width, height),
    (label) => {
      const [x, y] = toScreen(camera, width, height, label.x, label.y);
      return [x, y - 10];
    },
    (text) => pen.measureText(text).width,
    { width, height, size: 12 },
  );
  for (const { x, y, text } of shown) words(pen, text, x, y, theme.ink, theme.ground, 600);
}
