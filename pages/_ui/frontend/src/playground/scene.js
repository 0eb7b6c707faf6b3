// Draws the points and the plan.
import { fitted } from "./dom.js";

const FLOW_WIDTH = 3.4;
const ARROW = 6;

/** Where points lie on a canvas: one scale for both axes, so that distances look as they are. */
export class Viewport {
  /** @param {import("./presets.js").Points} points All of them fit, with a margin. */
  constructor({ pool, validation }) {
    const all = [...pool, ...validation];
    const range = (axis) => [Math.min(...all.map((p) => p[axis])), Math.max(...all.map((p) => p[axis]))];
    [this.x, this.y] = [range("x"), range("y")];
    this.resize(1, 1);
  }

  /** @param {number} width @param {number} height Of the canvas, in pixels. */
  resize(width, height) {
    const margin = Math.min(26, width / 12);
    this.mark = Math.min(1.3, Math.max(0.7, Math.min(width, height) / 480)); // size of marks
    const [w, h] = [Math.max(1, this.x[1] - this.x[0]), Math.max(1, this.y[1] - this.y[0])];
    this.scale = Math.max(1e-6, Math.min((width - 2 * margin) / w, (height - 2 * margin) / h));
    this.left = width / 2 - (this.scale * (this.x[0] + this.x[1])) / 2;
    this.top = height / 2 - (this.scale * (this.y[0] + this.y[1])) / 2;
  }

  /** Pixels of a point. */
  place({ x, y }) {
    return [this.left + this.scale * x, this.top + this.scale * y];
  }

  /** Radius of a pool point: its area grows with the gradient norm. @param {number} norm g / max(g) */
  radius(norm) {
    return this.mark * (1.7 + 5.2 * Math.sqrt(norm));
  }

  /** The point at some pixels. */
  point(across, down) {
    return { x: (across - this.left) / this.scale, y: (down - this.top) / this.scale };
  }
}

/**
 * @typedef {object} Scene
 * @property {import("./presets.js").Points} points
 * @property {ArrayLike<number>} norm g / max(g) per pool point.
 * @property {number[]} rows Coreset.
 * @property {"coreset" | "second"} role Whose it is: the solver's, or chosen by hand.
 * @property {{row: number, column: number, mass: number}[]} flows Plan; `row` is the place in `rows`.
 * @property {number[]} other A second coreset, drawn larger, below the first.
 * @property {number | null} entered Pool row to ring.
 * @property {number | null} left Pool row that just left.
 * @property {{role: "pool" | "validation", index: number} | null} focus Point under the keyboard or the pointer.
 * @property {ArrayLike<number> | null} prices Prices to show, or null.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Viewport} viewport
 * @param {Scene} scene
 * @param {Record<string, string>} colors ground, ink, pool, validation, coreset, second, highlight.
 */
export function draw(canvas, viewport, scene, colors) {
  const { context: pen, width, height } = fitted(canvas);
  viewport.resize(width, height);
  const pool = scene.points.pool.map((p) => viewport.place(p));
  const validation = scene.points.validation.map((p) => viewport.place(p));
  const main = colors[scene.role];
  const radius = (row) => viewport.radius(scene.norm[row]);
  flows(pen, scene, pool, validation, main);
  const sizes = diamondSizes(scene.prices, validation.length, viewport.mark);
  pen.fillStyle = colors.validation;
  pen.strokeStyle = colors.ground;
  pen.lineWidth = 1;
  validation.forEach(([x, y], j) => diamond(pen, x, y, sizes(j)));
  pen.fillStyle = colors.pool;
  pen.globalAlpha = 0.8;
  pool.forEach(([x, y], i) => disc(pen, x, y, radius(i)));
  pen.globalAlpha = 1;
  for (const row of scene.other) cross(pen, ...pool[row], radius(row) + 6, colors.coreset, colors);
  for (const row of scene.rows) {
    const arm = radius(row) + 3;
    (scene.role === "second" ? saltire : cross)(pen, ...pool[row], arm, main, colors);
  }
  if (scene.entered !== null) ring(pen, ...pool[scene.entered], radius(scene.entered) + 9, colors.highlight, []);
  if (scene.left !== null) ring(pen, ...pool[scene.left], radius(scene.left) + 9, colors.ink, [3, 3]);
  if (scene.focus) {
    const { role, index } = scene.focus;
    const at = (role === "pool" ? pool : validation)[index];
    if (at) ring(pen, ...at, (role === "pool" ? radius(index) : sizes(index)) + 5, colors.ink, []);
  }
}

/** From each chosen point to what it serves, the width by mass; those of the focused point stand out. */
function flows(pen, { flows: entries, rows, focus }, pool, validation, color) {
  const touches = ({ row, column }) =>
    focus?.role === "pool" ? rows[row] === focus.index : focus?.role === "validation" && column === focus.index;
  const some = entries.some(touches);
  const most = entries.reduce((largest, { mass }) => Math.max(largest, mass), 0);
  pen.strokeStyle = pen.fillStyle = color;
  for (const entry of entries) {
    const { row, column, mass } = entry;
    pen.globalAlpha = !some ? 0.5 : touches(entry) ? 0.95 : 0.15;
    const [x, y] = pool[rows[row]];
    const [toX, toY] = validation[column];
    const length = Math.hypot(toX - x, toY - y);
    pen.lineWidth = Math.max(0.5, (FLOW_WIDTH * mass) / most);
    pen.beginPath();
    pen.moveTo(x, y);
    pen.lineTo(toX, toY);
    pen.stroke();
    if (length > 4 * ARROW) arrowhead(pen, x, y, toX, toY, length, pen.lineWidth);
  }
  pen.globalAlpha = 1;
}

/** Ends in front of the diamond. */
function arrowhead(pen, x, y, toX, toY, length, width) {
  const [dx, dy] = [(toX - x) / length, (toY - y) / length];
  const [tipX, tipY] = [toX - 5 * dx, toY - 5 * dy];
  const [backX, backY] = [tipX - ARROW * dx, tipY - ARROW * dy];
  const half = 1.5 + width * 0.6;
  pen.beginPath();
  pen.moveTo(tipX, tipY);
  pen.lineTo(backX - half * dy, backY + half * dx);
  pen.lineTo(backX + half * dy, backY - half * dx);
  pen.fill();
}

/** Half-diagonal of each diamond: by price where prices are shown. */
function diamondSizes(prices, count, mark) {
  if (!prices || prices.length !== count) return () => 5 * mark;
  const low = Math.min(...prices);
  const range = Math.max(...prices) - low || 1;
  return (j) => mark * (3 + (6 * (prices[j] - low)) / range);
}

function diamond(pen, x, y, size) {
  pen.beginPath();
  pen.moveTo(x, y - size);
  pen.lineTo(x + size, y);
  pen.lineTo(x, y + size);
  pen.lineTo(x - size, y);
  pen.closePath();
  pen.fill();
  pen.stroke();
}

function disc(pen, x, y, size) {
  pen.beginPath();
  pen.arc(x, y, size, 0, 2 * Math.PI);
  pen.fill();
}

function ring(pen, x, y, size, color, dash) {
  pen.setLineDash(dash);
  pen.strokeStyle = color;
  pen.lineWidth = 2;
  pen.beginPath();
  pen.arc(x, y, size, 0, 2 * Math.PI);
  pen.stroke();
  pen.setLineDash([]);
}

/** A plus with an outline in ink and a halo, so that it stands out on any ground. */
function cross(pen, x, y, arm, color, { ink, ground }) {
  const half = Math.max(1.8, arm * 0.36);
  const corners = [
    [-half, -arm],
    [half, -arm],
    [half, -half],
    [arm, -half],
    [arm, half],
    [half, half],
  ];
  const all = [...corners, ...corners.map(([a, b]) => [-a, -b])];
  pen.beginPath();
  for (const [a, b] of all) pen.lineTo(x + a, y + b);
  pen.closePath();
  stamp(pen, color, ink, ground);
}

/** The plus turned by 45 degrees. */
function saltire(pen, x, y, arm, color, colors) {
  pen.save();
  pen.translate(x, y);
  pen.rotate(Math.PI / 4);
  cross(pen, 0, 0, arm, color, colors);
  pen.restore();
}

function stamp(pen, color, ink, ground) {
  pen.lineJoin = "round";
  pen.strokeStyle = ground;
  pen.lineWidth = 4;
  pen.stroke();
  pen.strokeStyle = ink;
  pen.lineWidth = 2.2;
  pen.stroke();
  pen.fillStyle = color;
  pen.fill();
}
