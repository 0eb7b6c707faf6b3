// POO of a coreset of points in the plane; the same definitions as goracs_core/objective.py, in double precision.
//   C_ij   = d_ij / max(d)  -  lambda * g_i / max(g)
//   POO(S) = W(S, V) / max(d)  -  lambda * mean over S of g_i / max(g)       uniform masses 1/k and 1/m
import { Transport } from "./transport.js";

/**
 * @typedef {object} Problem
 * @property {number} n Pool points.
 * @property {number} m Validation points.
 * @property {Float64Array} distance d / max(d), row by row; shape [n, m].
 * @property {Float64Array} norm g / max(g); shape [n].
 * @property {number} distanceScale max(d); 1 when all points coincide.
 *
 * @typedef {object} Value
 * @property {number} poo
 * @property {number} transport Transport term, W / max(d).
 * @property {number} gradient Gradient term, mean of g / max(g) over the coreset.
 */

/**
 * Measures the scales and puts a problem together.
 * @param {{x: number, y: number, g: number}[]} pool At least one point.
 * @param {{x: number, y: number}[]} validation At least one point.
 * @returns {Problem}
 */
export function makeProblem(pool, validation) {
  const n = pool.length;
  const m = validation.length;
  const distance = new Float64Array(n * m);
  let largest = 0;
  for (let i = 0, at = 0; i < n; i++) {
    const { x, y } = pool[i];
    for (let j = 0; j < m; j++, at++) {
      const dx = x - validation[j].x;
      const dy = y - validation[j].y;
      const d = Math.sqrt(dx * dx + dy * dy);
      distance[at] = d;
      if (d > largest) largest = d;
    }
  }
  const distanceScale = largest || 1;
  for (let at = 0; at < distance.length; at++) distance[at] /= distanceScale;
  const gradientScale = pool.reduce((most, { g }) => Math.max(most, g), 0) || 1;
  const norm = Float64Array.from(pool, ({ g }) => g / gradientScale);
  return { n, m, distance, norm, distanceScale };
}

/** Distances of some pool rows, one after the other; shape [rows, m]. @param {Problem} problem @param {number[]} rows */
export function distanceRows(problem, rows) {
  const { m, distance } = problem;
  const block = new Float64Array(rows.length * m);
  rows.forEach((row, at) => block.set(distance.subarray(row * m, (row + 1) * m), at * m));
  return block;
}

/** Mean of g / max(g) over some rows. @param {Problem} problem @param {number[]} rows */
export function gradientTerm(problem, rows) {
  return rows.reduce((sum, row) => sum + problem.norm[row], 0) / rows.length;
}

/**
 * POO of a coreset by exact transport, with the plan.
 * @param {Problem} problem
 * @param {number[]} rows Distinct pool rows, at least one.
 * @param {number} lambda
 * @param {Float64Array} [u] Row potentials that the transport starts from; they change the time, not the value.
 * @returns {Value & {state: Transport}}
 */
export function evaluate(problem, rows, lambda, u) {
  const state = new Transport(distanceRows(problem, rows), rows.length, problem.m, u);
  const transport = state.value;
  const gradient = gradientTerm(problem, rows);
  return { poo: transport - lambda * gradient, transport, gradient, state };
}
