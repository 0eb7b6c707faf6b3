// Greedy on the relaxed p-median sum_j min over S of C_ij (ITRA stage 1), as goracs_core/selection/greedy.py: on
// single-precision distances, rows added until k of them serve, idle ones dropped.

/** Gains are sums of single-precision differences; below this they are rounding. */
const NO_GAIN = 1e-12;

/**
 * @typedef {object} Greedy
 * @property {number[]} rows k rows in the order chosen.
 * @property {number[]} added Rows as they were added, those dropped later included.
 * @property {number[]} values Relaxed value after each addition.
 */

/**
 * What each row not chosen would take off the relaxed value; shape [n], <= 0.
 * @param {import("./objective.js").Problem} problem
 * @param {number} lambda
 * @param {Float64Array} nearest Cost of the nearest chosen row per column; shape [m].
 */
export function gains(problem, lambda, nearest) {
  const { n, m } = problem;
  const { distance, reward } = screened(problem, lambda);
  return Float64Array.from({ length: n }, (_, i) => rowGain(distance, i * m, reward[i], nearest) / m);
}

/** Cost of the nearest of some rows per column; shape [m]. */
export function nearestCosts(problem, lambda, rows) {
  const { m } = problem;
  const { distance, reward } = screened(problem, lambda);
  const nearest = new Float64Array(m).fill(Infinity);
  for (const row of rows) {
    for (let j = 0; j < m; j++) nearest[j] = Math.min(nearest[j], distance[row * m + j] - reward[row]);
  }
  return nearest;
}

/**
 * Chooses k rows as the published procedure does.
 * @param {import("./objective.js").Problem} problem
 * @param {number} k At most n.
 * @param {number} lambda
 * @returns {Greedy}
 */
export function greedyStart(problem, k, lambda) {
  const { n, m } = problem;
  const { distance, reward } = screened(problem, lambda);
  const meanCost = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < m; j++) sum += distance[i * m + j];
    meanCost[i] = sum / m - reward[i];
  }
  const nearest = new Float64Array(m).fill(Infinity);
  const owner = new Int32Array(m).fill(-1);
  const gain = new Float64Array(n).fill(-Infinity); // stale gains only promise too much: the function is submodular
  const freshAt = new Int32Array(n).fill(-1);
  const added = [];
  const values = [];
  const enter = (row) => {
    for (let j = 0; j < m; j++) {
      const cost = distance[row * m + j] - reward[row];
      if (cost < nearest[j]) [nearest[j], owner[j]] = [cost, row];
    }
    added.push(row);
    gain[row] = Infinity; // never again
  };
  const first = meanCost.reduce((best, cost, i) => (cost < meanCost[best] ? i : best), 0);
  enter(first);
  values.push(meanCost[first]);
  let serving = 1;
  while (added.length < n && serving < k) {
    let best = 0;
    for (;;) {
      best = 0;
      for (let i = 1; i < n; i++) if (gain[i] < gain[best]) best = i;
      if (freshAt[best] === added.length) break;
      gain[best] = rowGain(distance, best * m, reward[best], nearest) / m;
      freshAt[best] = added.length;
    }
    if (gain[best] >= -NO_GAIN) break;
    values.push(values[values.length - 1] + gain[best]);
    enter(best);
    serving = new Set(owner).size;
  }
  return { rows: keep(added, new Set(owner), meanCost, k), added, values };
}

/** Serving rows where k of them serve, else the first k; filled up with the rows of least mean cost. */
function keep(added, serving, meanCost, k) {
  const kept = serving.size >= k ? added.filter((row) => serving.has(row)) : added.slice(0, k);
  if (kept.length < k) {
    const taken = new Set(kept);
    const byCost = [...meanCost.keys()].sort((a, b) => meanCost[a] - meanCost[b] || a - b);
    kept.push(...byCost.filter((row) => !taken.has(row)).slice(0, k - kept.length));
  }
  return kept;
}

function rowGain(distance, at, reward, nearest) {
  let total = 0;
  for (let j = 0; j < nearest.length; j++) {
    const change = distance[at + j] - reward - nearest[j];
    if (change < 0) total += change;
  }
  return total;
}

/** Distances in single precision, as the core screens them, and lambda * g / max(g). */
function screened(problem, lambda) {
  problem.screening ??= Float32Array.from(problem.distance);
  return { distance: problem.screening, reward: problem.norm.map((norm) => lambda * norm) };
}
