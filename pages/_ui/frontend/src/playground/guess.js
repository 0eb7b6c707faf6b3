// Guess first, then see: questions whose answers the solver computes.
import { gains, greedyStart, nearestCosts } from "./greedy.js";
import { evaluate } from "./objective.js";
import { uniform } from "./random.js";
import { solve } from "./solve.js";
import { four, percent } from "./captions.js";

/** Changes of the transport term up to this share count as none. */
const SAME = 0.01;
const OPTIONS = ["falls", "stays about the same", "rises"];

/**
 * @typedef {object} Question
 * @property {"pick" | "change"} kind A point to click, or one of the options.
 * @property {string} text
 * @property {string[]} options
 * @property {number[]} rows Coreset that is shown with the question.
 * @property {(guess: number) => {right: boolean, text: string, row?: number, lambda?: number, k?: number}} answer
 */

/**
 * The question of this number.
 * @param {import("./objective.js").Problem} problem @param {number} k @param {number} lambda
 * @param {number[]} rows The solver's coreset. @param {number} number @param {number} maxBudget
 * @returns {Question}
 */
export function question(problem, k, lambda, rows, number, maxBudget) {
  const draw = uniform(number);
  if (number % 2 === 0) return nextPick(problem, k, lambda, draw);
  const higher = Number(Math.max(0.02, lambda * (4 + Math.floor(4 * draw()))).toPrecision(2));
  const more = Math.min(maxBudget, problem.n, 2 * k);
  return number % 4 === 1 || more === k
    ? whatIf(problem, { k, lambda, rows }, { k, lambda: higher }, `λ rises from ${lambda} to ${higher}.`)
    : whatIf(problem, { k, lambda, rows }, { k: more, lambda }, `The budget rises from ${k} to ${more}.`);
}

function nextPick(problem, k, lambda, draw) {
  const { added } = greedyStart(problem, k, lambda);
  const count = Math.min(added.length - 1, 1 + Math.floor(draw() * Math.min(6, Math.max(1, k - 1))));
  const rows = added.slice(0, count);
  const next = added[count] ?? added[0];
  return {
    kind: "pick",
    text: `Greedy has taken ${count} ${count === 1 ? "point" : "points"}. Which one does it take next? Click it.`,
    options: [],
    rows,
    answer: (row) => {
      if (row === next)
        return {
          right: true,
          row: next,
          text: "Right: no other point lowers the cost to the nearest chosen point more.",
        };
      const gain = gains(problem, lambda, nearestCosts(problem, lambda, rows));
      const share = gain[next] < 0 ? Math.max(0, gain[row] / gain[next]) : 0;
      return {
        right: false,
        row: next,
        text: `Greedy takes the ringed point. Yours gains ${percent(share)} of what it gains.`,
      };
    },
  };
}

function whatIf(problem, now, then, text) {
  return {
    kind: "change",
    text: `${text} What happens to the transport term of the solver's set?`,
    options: OPTIONS,
    rows: now.rows,
    answer: (guess) => {
      const before = evaluate(problem, now.rows, now.lambda).transport;
      const after = solve(problem, then.k, then.lambda).transport;
      const moved = after - before;
      const truth = Math.abs(moved) <= SAME * before ? 1 : moved < 0 ? 0 : 2;
      const why = `It ${OPTIONS[truth]}: ${four(before)} → ${four(after)}.`;
      return { right: guess === truth, text: `${guess === truth ? "Right." : "No."} ${why}`, ...then };
    },
  };
}
