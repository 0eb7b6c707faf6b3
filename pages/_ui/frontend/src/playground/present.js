// Shows what is known: the picture, the numbers, the curves and a sentence.
import { caption, explained, four, percent } from "./captions.js";
import { drawCurve } from "./curve.js";
import { h, say } from "./dom.js";
import { handVerdict } from "./hand.js";
import { evaluate } from "./objective.js";
import { draw } from "./scene.js";
import { partialPoo } from "./solve.js";

/** How long a sentence stands before it is spoken: not every place of a slider is. */
const SPOKEN_DELAY = 700;
const TERMS = ["transport", "gradient", "poo"];

/** @param {import("./app.js").Playground} app */
export function present(app) {
  const { answer } = app.engine;
  const { scene, value } = staged(app);
  app.shown = scene;
  draw(app.ui.canvas, app.viewport, scene, app.colors);
  if (!answer || answer.problem.n !== app.points.pool.length) return;
  const stepping = app.settings.mode === "step";
  const { steps } = answer.solution;
  const view = { shown: stepping ? app.step : steps.length - 1, greedy: stepping, random: randomPoo(app) };
  app.ui.randomLine.hidden = !drawCurve(app.ui.curve, steps, view, app.colors);
  showNumbers(app, value);
  showText(app, value);
  showSteps(app);
}

/** The coreset to be seen, the solver's, a step of it, one chosen by hand, or a question's; and its value. */
function staged(app) {
  const { mode, plan, prices, hand } = app.settings;
  const { points, answered } = app;
  const { answer } = app.engine;
  const largest = points.pool.reduce((most, { g }) => Math.max(most, g), 0) || 1;
  const scene = {
    points,
    norm: points.pool.map(({ g }) => g / largest),
    focus: app.pointing.focus,
    rows: [],
    role: "coreset",
    flows: [],
    other: [],
    entered: null,
    left: null,
    prices: null,
  };
  const { n, m } = answer?.problem ?? {};
  if (n !== points.pool.length || m !== points.validation.length) return { scene, value: null };
  const { solution } = answer;
  scene.rows = solution.rows;
  scene.prices = prices ? solution.prices : null;
  if (mode === "step") {
    const step = solution.steps[app.step];
    scene.rows = step.rows;
    scene.entered = step.enters ?? step.row ?? null;
    scene.left = step.leaves ?? null;
    scene.prices = prices ? step.prices : null;
  } else if (mode === "hand") {
    scene.rows = hand;
    scene.role = "second";
    scene.other = app.reveal ? solution.rows : [];
  } else if (mode === "guess") {
    const asked = app.asking();
    if (!answered || asked.kind === "pick") scene.rows = asked.rows;
    scene.entered = answered?.row ?? null;
  }
  const value = scene.rows === solution.rows ? solution : evaluated(app, scene.rows);
  if (plan && value) scene.flows = value.state.entries();
  return { scene, value };
}

/** The value of a set, computed once. */
function evaluated(app, rows) {
  if (!rows.length) return null;
  const { answer } = app.engine;
  const key = rows.join();
  if (app.evaluated?.answer !== answer || app.evaluated.key !== key) {
    app.evaluated = { answer, key, value: evaluate(answer.problem, rows, answer.lambda) };
  }
  return app.evaluated.value;
}

function randomPoo({ engine: { random, answer } }) {
  return random && random.transport - answer.lambda * random.gradient;
}

function showNumbers(app, value) {
  const { mode, hand } = app.settings;
  const { answer, random } = app.engine;
  const { node, heads, cells } = app.ui.numbers;
  const byHand = mode === "hand";
  const step = mode === "step" ? answer.solution.steps[app.step] : null;
  const bound = step ? step.bound : answer.solution.bound;
  const left = mode === "guess" && !app.answered ? null : byHand ? answer.solution : value;
  node.classList.toggle("play-three", byHand);
  heads.mine.hidden = !byHand;
  for (const { mine } of Object.values(cells)) mine.hidden = !byHand;
  say(heads.solver, step ? "this step" : "solver");
  for (const term of TERMS) {
    say(cells[term].mine, hand.length && value ? four(value[term]) : "–");
    say(cells[term].solver, left ? four(left[term]) : "…");
    say(cells[term].random, random ? four({ ...random, poo: randomPoo(app) }[term]) : "…");
  }
  const gap = (of) => percent(of.transport > 0 ? Math.max(0, of.poo - bound) / of.transport : 0);
  const proven = bound !== null && left;
  say(cells.bound.solver, proven ? four(bound) : "–");
  say(cells.gap.solver, proven ? gap(left) : "–");
  say(cells.gap.mine, hand.length === answer.k && value ? gap(value) : "–");
  const known = `POO ${value ? four(value.poo) : "–"} · bound ${bound === null ? "–" : four(bound)}`;
  say(app.ui.overlay, `k ${answer.k} · λ ${answer.lambda} · ${known}`);
  app.ui.overlay.hidden = !app.data.embed;
}

function showText(app, value) {
  const { ui, settings } = app;
  const { problem, solution, k, lambda } = app.engine.answer;
  const { steps, poo, bound } = solution;
  ui.curve.ariaLabel = `Over ${steps.length} solver steps: POO ends at ${four(poo)}, the lower bound at ${four(bound)}.`;
  ui.canvas.ariaLabel =
    `${problem.n} pool points, ${problem.m} validation points, ${k} chosen. Arrow keys: λ and budget. ` +
    "Space: next step. Brackets: go through the points.";
  let text = "";
  if (settings.mode === "step") {
    for (const at of [app.step - 1, app.step]) if (steps[at]) partialPoo(problem, steps[at], lambda);
    text = `${app.step + 1} of ${steps.length}. ${caption(steps, app.step, solution)}`;
  } else if (settings.mode === "hand") text = handVerdict(settings.hand.length, k, value, solution);
  else if (settings.mode === "guess") {
    const score = `${app.score.right} of ${app.score.of} right so far.`;
    text = app.answered ? `${app.asking().text} ${app.answered.text} ${score}` : app.asking().text;
  } else if (!app.data.embed) text = explained(solution, app.engine.random, k);
  say(ui.caption, text);
  clearTimeout(app.speaking);
  app.speaking = setTimeout(() => say(ui.live, text), SPOKEN_DELAY);
}

/** The steps in figures, while that table is open. */
function showSteps({ ui, engine }) {
  if (!ui.data.open) return;
  const cell = (value) => (value === null ? "–" : four(value));
  const row = ({ kind, poo, bound }, at) =>
    h("tr", {}, ...[String(at + 1), kind, cell(poo), cell(bound)].map((text) => h("td", {}, text)));
  ui.rows.replaceChildren(...engine.answer.solution.steps.map(row));
}
