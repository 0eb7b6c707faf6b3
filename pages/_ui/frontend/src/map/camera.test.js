import assert from "node:assert/strict";
import test from "node:test";
import { around, fit, matrix, panBy, toData, toScreen, zoomAt, zoomOf } from "./camera.js";

const frame = { x: 3, y: -2, width: 10, across: 8, up: 4 };
const near = (a, b) => a.forEach((value, i) => assert.ok(Math.abs(value - b[i]) < 1e-9, `${a} is not ${b}`));

test("pixels and coordinates are each other's inverse", () => {
  const camera = { x: 1, y: 2, scale: 37 };
  near(toData(camera, 800, 600, ...toScreen(camera, 800, 600, 0.25, 7)), [0.25, 7]);
});

test("the whole map is in the window, and touches none of its sides", () => {
  for (const [width, height] of [[800, 600], [300, 900], [1, 1]]) {
    const camera = fit(frame, width, height);
    const [left, top] = toScreen(camera, width, height, frame.x - 4, frame.y + 2);
    assert.ok(left > 0 && top > 0);
    assert.ok(Math.abs(zoomOf(camera, frame, width, height) - 1) < 1e-12);
  }
});

test("zooming keeps the place under the pointer and stays within limits", () => {
  let camera = fit(frame, 800, 600);
  const before = toData(camera, 800, 600, 100, 50);
  near(toData(zoomAt(camera, frame, 800, 600, 100, 50, 3), 800, 600, 100, 50), before);
  for (let i = 0; i < 50; i++) camera = zoomAt(camera, frame, 800, 600, 100, 50, 3);
  assert.ok(zoomOf(camera, frame, 800, 600) <= 400.001);
});

test("moving follows the pointer and stops at the edge of the map", () => {
  const camera = fit(frame, 800, 600);
  const moved = panBy(camera, frame, 10, -5);
  near(toScreen(moved, 800, 600, 3, -2), [410, 295]);
  assert.equal(panBy(camera, frame, -1e6, 0).x, frame.x + frame.width / 2);
});

test("samples that are zoomed to are in the window", () => {
  const places = [[2, -3], [4, -1], [3, -2]];
  const camera = around(places, frame, 800, 600);
  for (const place of places) {
    const [left, top] = toScreen(camera, 800, 600, ...place);
    assert.ok(left > 0 && left < 800 && top > 0 && top < 600);
  }
  assert.deepEqual(around([], frame, 800, 600), fit(frame, 800, 600));
});

test("the library's matrix puts a point on the same pixel", () => {
  const [width, height] = [800, 600];
  const camera = { x: 1.5, y: -1, scale: 91 };
  const m = matrix(camera, frame, height);
  const [x, y] = [2.2, -0.7];
  const [u, v] = [(x - frame.x) / (frame.width / 2), (y - frame.y) / (frame.width / 2)];
  const clip = [((m[0] * u + m[12]) * height) / width, m[5] * v + m[13]];
  near([((clip[0] + 1) * width) / 2, ((1 - clip[1]) * height) / 2], toScreen(camera, width, height, x, y));
});
