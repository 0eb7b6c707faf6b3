import assert from "node:assert/strict";
import test from "node:test";
import { rings } from "./contours.js";

test("the region of a level holds the cells at or above it", () => {
  const side = 8;
  const values = new Float32Array(side * side);
  values[3 * side + 5] = 2;
  const [low, high] = rings(values, { side, levels: [1.9, 0.1] });
  const middle = (ring) => [0, 1].map((at) => ring.slice(1).reduce((sum, place) => sum + place[at], 0) / (ring.length - 1));
  const [x, y] = middle(low[0]);
  assert.ok(Math.abs(x - 5.5) < 0.2 && Math.abs(y - 3.5) < 0.2);
  const wide = (ring) => Math.max(...ring.map(([a]) => a)) - Math.min(...ring.map(([a]) => a));
  assert.ok(wide(low[0]) > wide(high[0]));
});
