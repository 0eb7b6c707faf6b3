// What a step did, in one sentence.

/** A number with four decimals and a true minus sign. @param {number} value */
export const four = (value) => (Object.is(Math.round(value * 1e4), -0) ? 0 : value).toFixed(4).replace("-", "−");

/** A share as a percentage with two digits. @param {number} share */
export function percent(share) {
  const value = 100 * share;
  return `${Math.abs(value) < 10 && value !== 0 ? value.toFixed(Math.abs(value) < 1 ? 2 : 1) : value.toFixed(0)} %`.replace(
    "-",
    "−",
  );
}

const change = (before, after) =>
  `${four(before)} → ${four(after)} (${after > before ? "+" : "−"}${four(Math.abs(after - before))})`;

/**
 * @param {import("./solve.js").Step[]} steps With `poo` known for the shown step and the one before.
 * @param {number} at
 * @param {import("./solve.js").Solution} solution
 */
export function caption(steps, at, solution) {
  const step = steps[at];
  const before = steps[at - 1];
  const told = sentence(step, before, at, solution);
  if (at < steps.length - 1) return told;
  return `${told} End: no exchange tried lowers POO. The gap is ${percent(solution.gap)}: no ${solution.rows.length} points can have a POO below ${four(solution.bound)}.`;
}

function sentence(step, before, at, solution) {
  switch (step.kind) {
    case "greedy":
      return at === 0
        ? `Greedy starts with the point of least mean cost to all validation points. POO of this point alone: ${four(step.poo)}.`
        : `Greedy adds the point that lowers the cost to the nearest chosen point most. POO ${change(before.poo, step.poo)}.`;
    case "start": {
      const idle = before.rows.filter((row) => !step.rows.includes(row)).length;
      const filled = step.rows.filter((row) => !before.rows.includes(row)).length;
      const dropped = idle ? ` ${idle} idle ${idle === 1 ? "point was" : "points were"} dropped.` : "";
      const cheap = filled ? ` ${filled} of least mean cost were added.` : "";
      return `The greedy set is complete.${dropped}${cheap} POO by exact transport: ${four(step.poo)}.`;
    }
    case "prices": {
      if (before.bound === null)
        return `Each validation point gets a price: its cost at the nearest chosen point. First lower bound: ${four(step.bound)}.`;
      const raised =
        step.bound > before.bound ? `Lower bound ${change(before.bound, step.bound)}.` : "The lower bound stays.";
      return `After ${step.rounds} price updates, prices are higher where mass was missing. ${raised}`;
    }
    case "candidate":
      return `The points that are cheapest at these prices make a better set. POO ${change(before.poo, step.poo)}.`;
    default: {
      const tries = step.tried === 1 ? "the first pair tried" : `pair ${step.tried} tried`;
      return `Exchange: the ringed point enters, the dashed one leaves (${tries}). POO ${change(before.poo, step.poo)}.`;
    }
  }
}

/** How the solver's set stands beside random ones and the bound. */
export function explained(solution, random, k) {
  const saved = random && random.transport > 0 ? 1 - solution.transport / random.transport : 0;
  const beside = random ? `${percent(Math.abs(saved))} ${saved < 0 ? "above" : "below"} that of random points` : "…";
  const bound = `No ${k} points can have a POO below ${four(solution.bound)}; the gap is ${percent(solution.gap)}.`;
  return `${k} chosen: the transport term is ${beside}. ${bound}`;
}
