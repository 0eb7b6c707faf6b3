// The playground of Learn / Playground: coreset selection on points in the plane, in the browser alone.
import { decode, encode, read, write } from "./address.js";
import { Playground } from "./app.js";
import { lowerBound } from "./bound.js";
import { greedyStart } from "./greedy.js";
import { evaluate, makeProblem } from "./objective.js";
import { preset } from "./presets.js";
import { solve } from "./solve.js";
import { Transport } from "./transport.js";

/** What it computes, so that tests can compare it with the core. */
export const routines = {
  Transport,
  decode,
  encode,
  evaluate,
  greedyStart,
  lowerBound,
  makeProblem,
  preset,
  read,
  solve,
  write,
};

/** Called by Streamlit with each run of the page. */
export default function show({ data, parentElement, setStateValue }) {
  parentElement.goracsPlayground ??= new Playground(parentElement, { own: (wanted) => setStateValue("own", wanted) });
  const playground = parentElement.goracsPlayground;
  playground.show(data);
  return () => {
    playground.destroy();
    delete parentElement.goracsPlayground;
  };
}
