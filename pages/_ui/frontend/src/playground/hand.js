// The challenge: choose k points by hand and try to beat the solver.
import { four } from "./captions.js";

/** Differences of POO below it are rounding. */
const SAME = 1e-9;

/**
 * What is to be said about a set chosen by hand.
 * @param {number} count Points chosen so far.
 * @param {number} k
 * @param {{poo: number, transport: number} | null} value Of the chosen set.
 * @param {import("./solve.js").Solution} solution
 */
export function handVerdict(count, k, value, solution) {
  if (count < k) {
    const left = k - count;
    return `Can you beat the solver? Click ${left} ${count ? "more " : ""}pool ${left === 1 ? "point" : "points"} (again to release one). The bound says: no ${k} points below ${four(solution.bound)}.`;
  }
  const behind = value.poo - solution.poo;
  const room = `No ${k} points can be below ${four(solution.bound)}.`;
  if (value.poo < solution.poo - SAME) return `You beat the solver: your POO is ${four(-behind)} lower. ${room}`;
  if (value.poo <= solution.poo + SAME) return `Your set is as good as the solver's. ${room}`;
  return `Your POO is ${four(behind)} above the solver's. ${room} Click a point to release it and try another.`;
}
