import assert from "node:assert/strict";
import test from "node:test";
import { uniform } from "./random.js";
import { Transport } from "./transport.js";

const SIZES = [
  [1, 1],
  [1, 7],
  [7, 1],
  [4, 12],
  [5, 7],
  [9, 6],
  [12, 30],
];

/** Costs that are all different, or that take three values only. */
function costs(count, draw, ties) {
  return Float64Array.from({ length: count }, () => (ties ? Math.floor(3 * draw()) : draw()));
}

function checkOptimal(state, cost, k, m) {
  const rows = new Float64Array(k);
  const columns = new Float64Array(m);
  for (const { row, column, mass } of state.entries()) {
    assert.ok(mass > 0);
    rows[row] += mass;
    columns[column] += mass;
  }
  rows.forEach((mass) => assert.ok(Math.abs(mass - 1 / k) < 1e-12));
  columns.forEach((mass) => assert.ok(Math.abs(mass - 1 / m) < 1e-12));
  for (let i = 0; i < k; i++) for (let j = 0; j < m; j++) assert.ok(state.u[i] + state.v[j] <= cost[i * m + j] + 1e-12);
  const dual = state.u.reduce((sum, u) => sum + u / k, 0) + state.v.reduce((sum, v) => sum + v / m, 0);
  assert.ok(Math.abs(dual - state.value) < 1e-12, "no duality gap");
}

test("the plan has the masses asked for, and its potentials prove it optimal", () => {
  const draw = uniform(1);
  for (const [k, m] of SIZES) {
    for (const ties of [false, true]) {
      const cost = costs(k * m, draw, ties);
      checkOptimal(new Transport(cost.slice(), k, m), cost, k, m);
    }
  }
});

test("after an exchange the plan is that of the new rows, and after a refused one that of the old", () => {
  const draw = uniform(2);
  for (const [k, m] of SIZES) {
    for (let count = 0; count < 20; count++) {
      const cost = costs(k * m, draw, count % 2 === 0);
      const state = new Transport(cost.slice(), k, m);
      const before = state.value;
      const position = Math.floor(k * draw());
      const entering = costs(m, draw, count % 2 === 0);
      const after = cost.slice();
      after.set(entering, position * m);
      const expected = new Transport(after.slice(), k, m).value;
      const value = state.exchange(position, entering, before);
      if (expected < before - 1e-12) assert.ok(Math.abs(value - expected) < 1e-12);
      else if (expected > before + 1e-12) assert.equal(value, null);
      checkOptimal(state, value === null ? cost : after, k, m);
    }
  }
});
