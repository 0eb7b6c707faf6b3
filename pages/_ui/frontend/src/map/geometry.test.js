import assert from "node:assert/strict";
import test from "node:test";
import { Grid, pointsInPolygon, shuffled } from "./geometry.js";

function points(count, seed = 1) {
  let state = seed;
  const next = () => (state = (state * 16807) % 2147483647) / 2147483647;
  return [Float32Array.from({ length: count }, next), Float32Array.from({ length: count }, next)];
}

/** By the winding of each side, point by point. */
function slowly(xs, ys, polygon) {
  const found = [];
  for (let i = 0; i < xs.length; i++) {
    let inside = false;
    polygon.forEach(([x1, y1], at) => {
      const [x0, y0] = polygon[(at + polygon.length - 1) % polygon.length];
      if (y0 > ys[i] !== y1 > ys[i] && xs[i] < ((x1 - x0) * (ys[i] - y0)) / (y1 - y0) + x0) inside = !inside;
    });
    if (inside) found.push(i);
  }
  return found;
}

test("a lasso holds what lies in it, also where it crosses itself", () => {
  const [xs, ys] = points(3000);
  const star = Array.from({ length: 5 }, (_, i) => [0.5 + 0.45 * Math.sin(i * 2.513), 0.5 + 0.45 * Math.cos(i * 2.513)]);
  const [px, py] = points(60, 7);
  const wild = Array.from(px, (x, i) => [x, py[i]]);
  for (const polygon of [star, wild, [[0, 0], [1, 0], [1, 1], [0, 1]], [[0.2, 0.2], [0.8, 0.2], [0.5, 0.9]]]) {
    assert.deepEqual([...pointsInPolygon(xs, ys, polygon)], slowly(xs, ys, polygon));
  }
  assert.equal(pointsInPolygon(xs, ys, [[0, 0], [1, 1]]).length, 0);
});

test("a flat lasso holds nothing", () => {
  const [xs, ys] = points(50);
  assert.equal(pointsInPolygon(xs, ys, [[0, 0.5], [1, 0.5], [0.5, 0.5]]).length, 0);
});

test("the grid finds all points within a radius and no others", () => {
  const [xs, ys] = points(2000);
  const grid = new Grid(xs, ys, { x: 0.5, y: 0.5, width: 1.1 });
  for (const [x, y, radius] of [[0.5, 0.5, 0.1], [0, 0, 0.3], [0.99, 0.2, 0.05], [2, 2, 0.5], [0.3, 0.3, 3]]) {
    const found = [];
    grid.near(x, y, radius, (point) => found.push(point));
    const truth = [...xs.keys()].filter((i) => (xs[i] - x) ** 2 + (ys[i] - y) ** 2 <= radius * radius);
    assert.deepEqual(found.sort((a, b) => a - b), truth);
  }
});

test("a shuffle holds each number once, and is the same each time", () => {
  const order = shuffled(1000);
  assert.deepEqual([...order].sort((a, b) => a - b), [...Array(1000).keys()]);
  assert.deepEqual(order, shuffled(1000));
  assert.notDeepEqual([...order], [...Array(1000).keys()]);
});
