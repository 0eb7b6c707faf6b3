// Computes in slices between pictures: the newest question is answered next, one that runs already is finished first,
// so that the picture follows a slider without ever waiting for it.
import { makeProblem } from "./objective.js";
import { partialPoo, randomTerms, solving } from "./solve.js";

/** Longest slice in milliseconds: no frame waits longer for it. */
const SLICE = 6;

/**
 * @typedef {object} Answer
 * @property {import("./objective.js").Problem} problem
 * @property {number} k
 * @property {number} lambda
 * @property {import("./solve.js").Solution} solution
 * @property {number} asked When it was asked for (performance.now()).
 */

export class Engine {
  /** @type {Answer | null} */
  answer = null;
  /**
   * Terms of random coresets; those of the question before until the new ones are known.
   * @type {{transport: number, gradient: number} | null}
   */
  random = null;

  #wanted = null;
  #running = null;
  #randomKey = "";
  #randomRun = null;
  #partial = null;

  /** Asks for a solution. `version` names the points; `keep` lets a running answer to as many other points end. */
  ask({ pool, validation, version, k, lambda, seed, keep }) {
    this.#wanted = { pool, validation, version, k, lambda, seed, asked: performance.now() };
    if (!keep) this.#running = null;
  }

  /** Whether the newest question is answered. */
  get settled() {
    return !this.#wanted && !this.#running;
  }

  /** Whether there is nothing left to compute at all. */
  get idle() {
    return this.settled && !this.#randomRun && !this.#partial;
  }

  /** Also computes POO of the greedy picks, for the curve. */
  wantPartial() {
    if (this.answer) this.#partial = partials(this.answer);
  }

  /** Works for one slice; says what became known: "answer", "more" or "". */
  work() {
    const end = performance.now() + SLICE;
    if (!this.#running && this.#wanted) this.#start();
    if (this.#running) {
      while (performance.now() < end) {
        const { done, value } = this.#running.work.next();
        if (!done) continue;
        const { problem, k, lambda, asked, key } = this.#running;
        this.answer = { problem, k, lambda, solution: value, asked };
        this.#running = null;
        this.#partial = null;
        if (key !== this.#randomKey) {
          this.#randomKey = key;
          this.#randomRun = randomTerms(problem, k, Number(key.split(" ")[2]));
        }
        return "answer";
      }
      return "";
    }
    while (performance.now() < end && (this.#randomRun || this.#partial)) {
      const which = this.#randomRun ?? this.#partial;
      const { done, value } = which.next();
      if (!done) continue;
      if (which === this.#randomRun) [this.random, this.#randomRun] = [value, null];
      else this.#partial = null;
      return "more";
    }
    return "";
  }

  #start() {
    const { pool, validation, version, k, lambda, seed, asked } = this.#wanted;
    this.#wanted = null;
    const same = this.answer?.problem.version === version;
    const problem = same ? this.answer.problem : Object.assign(makeProblem(pool, validation), { version });
    this.#running = { problem, k, lambda, asked, key: `${version} ${k} ${seed}`, work: solving(problem, k, lambda) };
  }
}

function* partials({ problem, lambda, solution }) {
  for (const step of solution.steps) {
    if (step.poo !== null) continue;
    partialPoo(problem, step, lambda);
    yield;
  }
}
