// The value and the proven bound over the solver's steps: two curves that meet.
import { fitted } from "./dom.js";

const LEFT = 46;
const RIGHT = 8;
const TOP = 8;
const BOTTOM = 30;

/**
 * @param {HTMLCanvasElement} canvas
 * @param {import("./solve.js").Step[]} steps
 * @param {{shown: number, greedy: boolean, random: number | null}} view The shown step, whether the greedy picks are
 *   part of the curve, and POO of random coresets.
 * @param {Record<string, string>} colors
 * @returns {boolean} Whether random coresets are in sight; mostly they are far above.
 */
export function drawCurve(canvas, steps, { shown, greedy, random }, colors) {
  const { context: pen, width, height } = fitted(canvas);
  const start = steps.findIndex(({ kind }) => kind === "start");
  const first = greedy ? 0 : start;
  const values = steps.map(({ poo }, at) => [at, poo]).filter(([at, poo]) => at >= first && poo !== null);
  const bounds = steps.map(({ bound }, at) => [at, bound]).filter(([, bound]) => bound !== null);
  const heights = [...values, ...bounds].map(([, value]) => value);
  const [low, high] = [Math.min(...heights), Math.max(...heights)];
  const room = (high - low || 0.01) * 0.08;
  const x = (at) => LEFT + ((width - LEFT - RIGHT) * (at - first)) / Math.max(1, steps.length - 1 - first);
  const y = (value) => TOP + ((height - TOP - BOTTOM) * (high + room - value)) / (high - low + 2 * room || 1);

  pen.font = "12px sans-serif";
  pen.fillStyle = colors.ink;
  pen.strokeStyle = colors.grid;
  pen.lineWidth = 1;
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const value of [low, high]) {
    line(pen, [
      [LEFT, y(value)],
      [width - RIGHT, y(value)],
    ]);
    pen.fillText(value.toFixed(3).replace("-", "−"), LEFT - 4, y(value));
  }
  pen.textAlign = "center";
  pen.textBaseline = "top";
  pen.fillText("solver step", (LEFT + width - RIGHT) / 2, height - 14);
  pen.textAlign = "left";
  pen.fillText(String(first + 1), LEFT, height - BOTTOM + 3);
  pen.textAlign = "right";
  pen.fillText(String(steps.length), width - RIGHT, height - BOTTOM + 3);

  const beside = random !== null && random < high + room;
  if (beside) {
    pen.strokeStyle = colors.random;
    pen.setLineDash([2, 3]);
    line(pen, [
      [LEFT, y(random)],
      [width - RIGHT, y(random)],
    ]);
  }
  pen.lineWidth = 2;
  pen.strokeStyle = colors.coreset;
  pen.setLineDash([2, 3]); // fewer than k points: not to be compared with the bound
  if (greedy)
    line(
      pen,
      values.filter(([at]) => at <= start).map(([at, value]) => [x(at), y(value)]),
    );
  pen.setLineDash([]);
  stairs(
    pen,
    values.filter(([at]) => at >= start),
    x,
    y,
  );
  pen.strokeStyle = colors.ink;
  pen.setLineDash([6, 3]);
  stairs(pen, bounds, x, y);
  pen.setLineDash([]);
  if (shown >= first && steps[shown]) {
    pen.lineWidth = 1;
    line(pen, [
      [x(shown), TOP],
      [x(shown), height - BOTTOM],
    ]);
  }
  return beside;
}

function line(pen, points) {
  pen.beginPath();
  for (const [x, y] of points) pen.lineTo(x, y);
  pen.stroke();
}

/** What is known holds until the next step. */
function stairs(pen, values, x, y) {
  line(
    pen,
    values.flatMap(([at, value], place) => [...(place ? [[x(at), y(values[place - 1][1])]] : []), [x(at), y(value)]]),
  );
}
