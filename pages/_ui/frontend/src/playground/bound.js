// The Lagrangian bound and its ascent (goracs_core/selection/verify.py and dual.py; docs/certificate.md has the proof):
//   q_i(v) = the cheapest way to place mass 1/k of row i at costs C_ij - v_j, column j taking at most 1/m
//   L(v)   = sum_j v_j / m + sum of the k smallest q_i(v)   <=   POO(S) for every S of size k

const MOMENTUM = 0.9;
const SCALING = 0.99;
const FLOOR = 1e-8;
/** Weight of each round in the running average of choice against the one before. */
const MEMORY = 0.97;
const LATELY = 1e-3;

/** How many of a row's cheapest columns take how much: `whole` of them 1/m, one more the rest. */
function filling(k, m) {
  const whole = Math.floor(m / k);
  return { whole, rest: 1 / k - whole / m, places: Math.min(m, m % k ? whole + 1 : whole) };
}

/** Prices and what the rows cost at them; scratch space for one problem, budget and lambda. */
export class Pricing {
  /** @param {import("./objective.js").Problem} problem @param {number} k @param {number} lambda */
  constructor(problem, k, lambda) {
    Object.assign(this, { problem, k, lambda, ...filling(k, problem.m) });
    this.values = new Float64Array(problem.n);
    this.scratch = new Float64Array(problem.n);
    this.all = Array.from({ length: problem.n }, (_, row) => row);
    this.loads = new Float64Array(problem.m);
    // Columns that each row fills, cheapest first; shape [n, places].
    this.cheapest = Int32Array.from({ length: problem.n * this.places }, (_, at) => at % this.places);
    this.costs = new Float64Array(this.places);
  }

  /** q_i(v) of one row, remembering which columns it fills. @param {number} row @param {Float64Array} prices */
  row(row, prices) {
    const { problem, k, lambda, whole, rest, places, cheapest, costs } = this;
    const { m, distance, norm } = problem;
    const first = row * places;
    const end = places - 1;
    // The columns that were cheapest before are hardly dearer now: what costs more than all of them is out.
    let limit = -Infinity;
    for (let place = first; place < first + places; place++) {
      limit = Math.max(limit, distance[row * m + cheapest[place]] - prices[cheapest[place]]);
    }
    costs.fill(Infinity);
    for (let j = 0, at = row * m; j < m; j++, at++) {
      const cost = distance[at] - prices[j];
      if (cost > limit || cost >= costs[end]) continue;
      let place = end;
      while (place > 0 && costs[place - 1] > cost) {
        costs[place] = costs[place - 1];
        cheapest[first + place] = cheapest[first + place - 1];
        place--;
      }
      costs[place] = cost;
      cheapest[first + place] = j;
    }
    let sum = 0;
    for (let place = 0; place < whole; place++) sum += costs[place];
    const last = places > whole ? rest * costs[whole] : 0;
    this.values[row] = sum / m + last - (lambda * norm[row]) / k;
  }

  /** The `count` rows of smallest q among `rows`, of equal ones the first; in the order given. */
  cheapestOf(rows, count) {
    const { values } = this;
    const sorted = this.scratch.subarray(0, rows.length);
    for (let place = 0; place < rows.length; place++) sorted[place] = values[rows[place]];
    sorted.sort();
    const limit = sorted[count - 1];
    let equal = count;
    for (let place = 0; place < count && sorted[place] < limit; place++) equal--;
    return rows.filter((row) => values[row] < limit || (values[row] === limit && equal-- > 0));
  }

  /** L(v): all rows are priced. @param {Float64Array} prices @returns {number} */
  bound(prices) {
    const { n, m } = this.problem;
    for (let row = 0; row < n; row++) this.row(row, prices);
    this.scratch.set(this.values);
    const sorted = this.scratch.sort();
    let sum = 0;
    for (let place = 0; place < this.k; place++) sum += sorted[place];
    return prices.reduce((total, price) => total + price, 0) / m + sum;
  }

  /** What the last column that each of some rows fills costs at these prices: row potentials of a good plan. */
  potentials(rows, prices) {
    return Float64Array.from(rows, (row) => {
      this.row(row, prices);
      return this.costs[this.places - 1];
    });
  }

  /** Mass that some rows put on each column, as a share of 1/m; shape [m], valid until the next call. */
  load(rows) {
    const { loads, places, whole, cheapest } = this;
    const last = this.rest * this.problem.m;
    loads.fill(0);
    for (const row of rows) {
      const first = row * places;
      for (let place = 0; place < places; place++) loads[cheapest[first + place]] += place < whole ? 1 : last;
    }
    return loads;
  }
}

/** Prices on their way up. */
export class Ascent {
  /**
   * @param {import("./objective.js").Problem} problem
   * @param {number} k
   * @param {number} lambda
   * @param {Float64Array} prices Where to start; shape [m].
   * @param {number} step Largest step of a price.
   */
  constructor(problem, k, lambda, prices, step) {
    this.pricing = new Pricing(problem, k, lambda);
    this.step = step;
    this.prices = prices.slice();
    this.best = { bound: -Infinity, prices: this.prices };
    this.share = new Float64Array(problem.n); // running average of choice
    this.momentum = new Float64Array(problem.m);
    this.scaling = new Float64Array(problem.m);
    this.rounds = 0;
  }

  /** Prices all rows; keeps the best bound. @param {Float64Array} prices */
  price(prices = this.prices) {
    const bound = this.pricing.bound(prices);
    if (bound > this.best.bound) this.best = { bound, prices: prices.slice() };
  }

  /** The `count` cheapest rows of the last pricing, and those chosen lately; in the order of the pool. */
  active(count) {
    const { pricing, share } = this;
    if (count >= pricing.all.length) return pricing.all;
    const cheapest = new Set(pricing.cheapestOf(pricing.all, count));
    return pricing.all.filter((row) => cheapest.has(row) || share[row] > LATELY);
  }

  /**
   * Updates the prices on the rows that compete.
   * @param {number[]} active Rows, at least k.
   * @param {number} rounds
   * @param {number} total Rounds of the whole ascent, over which the steps decay.
   */
  ascend(active, rounds, total) {
    const { pricing, share } = this;
    for (let round = 0; round < rounds; round++) {
      for (const row of active) pricing.row(row, this.prices);
      const chosen = pricing.cheapestOf(active, pricing.k);
      for (let i = 0; i < share.length; i++) share[i] *= MEMORY;
      for (const row of chosen) share[row] += 1 - MEMORY;
      this.#update(pricing.load(chosen), 0.5 * (1 + Math.cos((Math.PI * this.rounds) / total)));
    }
  }

  /** The k rows of the largest running average of choice, ties by price. */
  likely() {
    const { share } = this;
    const { values, k } = this.pricing;
    return [...share.keys()].sort((a, b) => share[b] - share[a] || values[a] - values[b] || a - b).slice(0, k);
  }

  #update(load, decay) {
    this.rounds++;
    const { momentum, scaling, prices, rounds } = this;
    const ofMomentum = 1 - MOMENTUM ** rounds;
    const ofScaling = 1 - SCALING ** rounds;
    for (let j = 0; j < prices.length; j++) {
      const slope = 1 - load[j];
      momentum[j] += (1 - MOMENTUM) * (slope - momentum[j]);
      scaling[j] += (1 - SCALING) * (slope * slope - scaling[j]);
      prices[j] += (this.step * decay * (momentum[j] / ofMomentum)) / (Math.sqrt(scaling[j] / ofScaling) + FLOOR);
    }
  }
}

/** L(v) of given prices. */
export const lowerBound = (problem, prices, k, lambda) =>
  new Pricing(problem, k, lambda).bound(Float64Array.from(prices));
