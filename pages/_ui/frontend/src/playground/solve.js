// The certified solver on a small problem (goracs_core/selection/certified.py): greedy start, prices, exchanges.
import { Ascent } from "./bound.js";
import { Coreset } from "./exchange.js";
import { greedyStart, nearestCosts } from "./greedy.js";
import { distanceRows, evaluate } from "./objective.js";
import { sample, uniform } from "./random.js";
import { Transport } from "./transport.js";

const ROUNDS = 160;
const PHASES = 8;
/** From this phase on, the set chosen so far is evaluated after each. */
const EVALUATE_FROM = 2;
/** Largest step of a price, in standard deviations of the distances. */
const STEP = 0.13;
const ACTIVE_PER_CHOSEN = 3;
const ACTIVE_LEAST = 24;
const CANDIDATES = 8;
export const RANDOM_DRAWS = 20;

/**
 * @typedef {object} Step One thing the solver did.
 * @property {"greedy" | "start" | "prices" | "candidate" | "exchange"} kind
 * @property {number[]} rows The coreset from here on; fewer than k during the greedy picks.
 * @property {number | null} poo Its POO; null during the greedy picks, see `partialPoo`.
 * @property {number | null} bound The best bound so far, or null.
 * @property {Float64Array | null} prices The prices of that bound.
 * @property {number} [row] The row that was added.
 * @property {number} [leaves] The row that left.
 * @property {number} [enters] The row that entered.
 * @property {number} [rounds] Price updates so far.
 * @property {number} [tried] Pairs tried for this exchange.
 *
 * @typedef {object} Solution
 * @property {number[]} rows
 * @property {number} poo
 * @property {number} transport
 * @property {number} gradient
 * @property {Transport} state
 * @property {number} bound
 * @property {number} gap (poo - bound) / transport; 0 where the transport term is 0 and both are equal.
 * @property {Float64Array} prices
 * @property {Step[]} steps
 */

/**
 * Solves step by step: yields now and then, so that the caller can draw in between; returns the solution.
 * @param {import("./objective.js").Problem} problem
 * @param {number} k At most n.
 * @param {number} lambda
 * @returns {Generator<void, Solution>}
 */
export function* solving(problem, k, lambda) {
  const greedy = greedyStart(problem, k, lambda);
  /** @type {Step[]} */
  const steps = greedy.added.map((row, at) => ({
    kind: "greedy",
    rows: greedy.added.slice(0, at + 1),
    row,
    poo: null,
    bound: null,
    prices: null,
  }));
  let best = evaluate(problem, greedy.rows, lambda);
  let rows = greedy.rows;
  let ascent = null;
  const told = (kind, more = {}) => {
    const { bound, prices } = ascent?.best ?? { bound: -Infinity, prices: null };
    const known = Number.isFinite(bound);
    steps.push({ kind, rows: [...rows], poo: best.poo, bound: known ? bound : null, prices, ...more });
  };
  told("start");
  yield;
  ascent = new Ascent(problem, k, lambda, nearestCosts(problem, lambda, rows), STEP * spread(problem, rows));
  const seen = new Set();
  const consider = (candidate) => {
    const key = String([...candidate].sort((a, b) => a - b));
    if (seen.has(key)) return;
    seen.add(key);
    const found = evaluate(problem, candidate, lambda, ascent.pricing.potentials(candidate, ascent.prices));
    if (found.poo >= best.poo) return;
    [best, rows] = [found, candidate];
    told("candidate");
  };
  for (let phase = 0; phase < PHASES && k < problem.n; phase++) {
    ascent.price();
    told("prices", { rounds: ascent.rounds });
    const active = ascent.active(Math.max(ACTIVE_PER_CHOSEN * k, k + ACTIVE_LEAST));
    ascent.ascend(active, ROUNDS / PHASES, ROUNDS);
    if (phase >= EVALUATE_FROM) consider(ascent.likely());
    yield;
  }
  ascent.price();
  told("prices", { rounds: ascent.rounds });
  consider(ascent.pricing.cheapestOf(ascent.pricing.all, k));
  yield;
  const coreset = new Coreset(problem, rows, lambda, best.state);
  yield* exchanging(coreset, (more) => {
    rows = coreset.rows;
    best = { poo: coreset.value, transport: coreset.transport, gradient: coreset.gradient, state: coreset.state };
    told("exchange", more);
  });
  ascent.price(coreset.state.v); // at the optimum, the potentials of its plan are good prices too
  if (ascent.best.bound > steps[steps.length - 1].bound) told("prices", { rounds: ascent.rounds });
  const { bound, prices } = ascent.best;
  const gap = best.transport > 0 ? Math.max(0, best.poo - bound) / best.transport : 0;
  return { rows, ...best, bound, gap, prices, steps };
}

function* exchanging(coreset, accepted) {
  const k = coreset.rows.length;
  if (k < 2 || k === coreset.problem.n) return;
  for (let found = true; found; ) {
    found = false;
    let tried = 0;
    for (const { position, enters } of promising(coreset)) {
      tried++;
      const leaves = coreset.rows[position];
      found = coreset.tryPair(position, enters);
      if (found) accepted({ leaves, enters, tried });
      if (found || tried % 16 === 0) yield;
      if (found) break;
    }
  }
}

/** Pairs to try: first those that must lower POO, else those that the estimate ranks first. */
function* promising(coreset) {
  yield* coreset.replacements();
  yield* coreset.pairs(CANDIDATES);
}

/** Runs a solver to its end. @template T @param {Generator<void, T>} work @returns {T} */
export function finish(work) {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/** @param {import("./objective.js").Problem} problem @param {number} k @param {number} lambda @returns {Solution} */
export const solve = (problem, k, lambda) => finish(solving(problem, k, lambda));

/** POO of a greedy step's set, which has fewer than k points. @param {import("./objective.js").Problem} problem */
export function partialPoo(problem, step, lambda) {
  step.poo ??= evaluate(problem, step.rows, lambda).poo;
  return step.poo;
}

/**
 * Transport and gradient term of random coresets of size k; their means give the POO for any lambda.
 * @param {import("./objective.js").Problem} problem @param {number} k @param {number} seed
 * @returns {Generator<void, {transport: number, gradient: number}>}
 */
export function* randomTerms(problem, k, seed) {
  const draw = uniform(seed);
  let transport = 0;
  let gradient = 0;
  for (let count = 0; count < RANDOM_DRAWS; count++) {
    const value = evaluate(problem, sample(problem.n, k, draw), 0);
    transport += value.transport / RANDOM_DRAWS;
    gradient += value.gradient / RANDOM_DRAWS;
    yield;
  }
  return { transport, gradient };
}

/** Standard deviation of the distances of some rows. */
function spread(problem, rows) {
  const block = distanceRows(problem, rows);
  const mean = block.reduce((sum, d) => sum + d, 0) / block.length;
  return Math.sqrt(block.reduce((sum, d) => sum + (d - mean) ** 2, 0) / block.length);
}
