// What lies over and under the dots: contours, validation and coreset marks, rings, flows, labels, the lasso.
import { toScreen, zoomOf } from "./camera.js";
import { placed } from "./labels.js";
import { mixed } from "./colors.js";

const FONT = "12px";
const MOST_RINGS = 1500;
const HEAD = 6;

/** @type {Map<string, HTMLCanvasElement>} */
const sprites = new Map();

/** A mark as a small picture, drawn once per colour. */
function sprite(kind, fill, ink, ground, ratio) {
  const key = [kind, fill, ink, ground, ratio].join();
  const known = sprites.get(key);
  if (known) return known;
  if (sprites.size > 600) sprites.clear();
  const side = 20;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side * ratio;
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.translate(side / 2, side / 2);
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
    for (const [x, y] of [[0, -4.6], [4.6, 0], [0, 4.6], [-4.6, 0]]) pen.lineTo(x, y);
    pen.closePath();
    pen.fillStyle = fill;
    pen.fill();
    Object.assign(pen, { lineWidth: 0.8, strokeStyle: mixed(ink, ground, 0.35) });
    pen.stroke();
  } else {
    const plus = [[5, 0], [0, 5]];
    const cross = [[3.8, 3.8], [3.8, -3.8]];
    const strokes = kind === "plus" ? plus : kind === "cross" ? cross : [...plus, ...cross];
    lines(4.6, ground, strokes);
    lines(1.9, ink, strokes);
  }
  sprites.set(key, canvas);
  return canvas;
}

/** The picture of a mark, for legends. @returns {HTMLCanvasElement} */
export function markPicture(kind, fill, theme) {
  const from = sprite(kind, fill, theme.ink, theme.ground, 2);
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
  pen.lineWidth = 3.5;
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
  const stamp = (id, kind, fill) => {
    const place = at(id);
    if (!inside(place)) return;
    pen.drawImage(sprite(kind, fill, theme.ink, theme.ground, ratio), place[0] - 10, place[1] - 10, 20, 20);
  };
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  if (scene.polygon) drawPolygon(pen, scene, theme);
  for (const id of scene.validation) stamp(id, "diamond", scene.colorOf(id));
  for (const id of scene.coreset) stamp(id, CHOSEN_MARKS[scene.chosen[id]], "");
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
  pen.globalAlpha = 0.75;
  pen.strokeStyle = pen.fillStyle = theme.ink;
  from.forEach((id, i) => arrow(pen, at(id), at(to[i]), 0.7 + 1.8 * (mass[i] / heaviest)));
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
    (label) => toScreen(camera, width, height, label.x, label.y),
    (text) => pen.measureText(text).width,
    { width, height, size: 12 },
  );
  pen.globalAlpha = theme.dark ? 0.78 : 0.82;
  pen.fillStyle = theme.ground;
  for (const { x, y, w, h } of shown) {
    pen.beginPath();
    pen.roundRect(x - w, y - h, 2 * w, 2 * h, 4);
    pen.fill();
  }
  pen.globalAlpha = 1;
  for (const { x, y, text } of shown) words(pen, text, x, y + 0.5, theme.ink, theme.ground, 600);
}
