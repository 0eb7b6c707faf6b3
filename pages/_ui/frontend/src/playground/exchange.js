// Exchanges that lower POO: pairs are ranked by the estimate of goracs_core/selection/estimate.py and tried best first
// by exact transport (ITRA stage 2).

/** A change counts as an improvement above this share of the value: below it, it is rounding and could cycle. */
const TOLERANCE = 1e-10;

/**
 * F of a row: y / k + sum_j min(C_j - f_j - y, 0) / m, where mass 1/k of C_j - f_j is below y.
 * @param {Float64Array} reduced C_j - f_j; shape [m].
 * @param {number} k
 * @param {Float64Array} smallest Scratch space; shape [ceil(m / k)].
 */
export function rowEstimate(reduced, k, smallest) {
  const m = reduced.length;
  const end = smallest.length - 1;
  smallest.fill(Infinity);
  for (let j = 0; j < m; j++) {
    const value = reduced[j];
    if (value >= smallest[end]) continue;
    let place = end;
    for (; place > 0 && smallest[place - 1] > value; place--) smallest[place] = smallest[place - 1];
    smallest[place] = value;
  }
  const y = smallest[end];
  let below = 0;
  for (let place = 0; place < end; place++) below += smallest[place] - y;
  return y / k + below / m;
}

/** A coreset with its optimal plan, and exchanges on it. */
export class Coreset {
  /**
   * @param {import("./objective.js").Problem} problem
   * @param {number[]} rows
   * @param {number} lambda
   * @param {import("./transport.js").Transport} state The optimal plan of the rows.
   */
  constructor(problem, rows, lambda, state) {
    Object.assign(this, { problem, rows: [...rows], lambda, state });
    this.transport = state.value;
  }

  /** POO as it stands. */
  get value() {
    return this.transport - this.lambda * this.gradient;
  }

  /** Gradient term as it stands. */
  get gradient() {
    return this.rows.reduce((sum, row) => sum + this.problem.norm[row], 0) / this.rows.length;
  }

  /**
   * The most promising pairs, best first; only those whose estimate is below zero.
   * @param {number} count Rows kept by outer and by inner pruning.
   * @returns {{position: number, enters: number, change: number}[]}
   */
  pairs(count) {
    const { problem, rows, lambda } = this;
    const { n, m, distance, norm } = problem;
    const k = rows.length;
    const [least, second, owner] = this.#lowestTwo();
    const reduced = new Float64Array(m);
    const smallest = new Float64Array(Math.ceil(m / k));
    const estimate = (row, without) => {
      const reward = lambda * norm[row];
      for (let j = 0; j < m; j++) {
        reduced[j] = distance[row * m + j] - reward - (owner[j] === without ? second[j] : least[j]);
      }
      return rowEstimate(reduced, k, smallest);
    };
    const inside = new Set(rows);
    const outer = [];
    for (let row = 0; row < n; row++) if (!inside.has(row)) outer.push({ row, value: estimate(row, -1) });
    const enters = outer.sort((a, b) => a.value - b.value || a.row - b.row).slice(0, count);
    const inner = rows.map((row, position) => ({ position, value: estimate(row, position) }));
    const leaves = inner.sort((a, b) => b.value - a.value || a.position - b.position).slice(0, count);
    const found = [];
    for (const { position, value } of leaves) {
      for (const { row } of enters) {
        const change = estimate(row, position) - value;
        if (change < 0) found.push({ position, enters: row, change });
      }
    }
    return found.sort((a, b) => a.change - b.change);
  }

  /**
   * Pairs that lower POO even when the plan stays as it is: the entering row serves the same columns at less cost.
   * The largest fall first.
   * @returns {{position: number, enters: number, change: number}[]}
   */
  replacements() {
    const { problem, rows, lambda, state } = this;
    const { n, m, distance, norm } = problem;
    const inside = new Set(rows);
    const found = [];
    rows.forEach((leaves, position) => {
      const columns = [];
      for (let j = 0; j < m; j++) if (state.flow[j * rows.length + position]) columns.push(j);
      const cost = (row) => {
        let sum = 0;
        for (const j of columns) sum += state.flow[j * rows.length + position] * distance[row * m + j];
        return sum / state.total - (lambda * norm[row]) / rows.length;
      };
      let [enters, least] = [leaves, cost(leaves)];
      const now = least;
      for (let row = 0; row < n; row++) {
        if (inside.has(row)) continue;
        const value = cost(row);
        if (value < least) [enters, least] = [row, value];
      }
      if (enters !== leaves) found.push({ position, enters, change: least - now });
    });
    return found.sort((a, b) => a.change - b.change);
  }

  /** Exchanges the row at `position` for `enters` if that lowers POO. @returns {boolean} */
  tryPair(position, enters) {
    const { problem, rows, lambda, state } = this;
    const { m, distance, norm } = problem;
    const gained = (lambda * (norm[enters] - norm[rows[position]])) / rows.length;
    const margin = TOLERANCE * Math.max(1, Math.abs(this.value));
    const value = state.exchange(
      position,
      distance.subarray(enters * m, (enters + 1) * m),
      this.transport + gained - margin,
    );
    if (value === null) return false;
    this.transport = value;
    rows[position] = enters;
    return true;
  }

  /** Per column the smallest and second smallest C_sj - x_s over the rows s, and whose the smallest is. */
  #lowestTwo() {
    const { rows, state } = this;
    const m = this.problem.m;
    const least = new Float64Array(m).fill(Infinity);
    const second = new Float64Array(m).fill(Infinity);
    const owner = new Int32Array(m).fill(-1);
    rows.forEach((_, position) => {
      // The reward is part of the cost and of its potential alike, so that it cancels.
      for (let j = 0, at = position * m; j < m; j++, at++) {
        const value = state.cost[at] - state.u[position];
        if (value < least[j]) [second[j], least[j], owner[j]] = [least[j], value, position];
        else if (value < second[j]) second[j] = value;
      }
    });
    return [least, second, owner];
  }
}
