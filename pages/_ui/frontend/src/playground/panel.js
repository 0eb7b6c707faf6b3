// The element's controls and places, built once; app.js fills them.
import { h } from "./dom.js";
import { LIMITS } from "./address.js";
import { PRESETS } from "./presets.js";
import { PLACES } from "./slider.js";
import { RANDOM_DRAWS } from "./solve.js";

const MODES = { explore: "Explore", step: "Step by step", hand: "By hand", guess: "Guess first" };
const TOOLS = { move: "Move", pool: "Add pool", validation: "Add valid.", norm: "Set norm", erase: "Delete" };
const TERMS = [
  [
    "transport",
    "Transport term",
    "Optimal transport cost between coreset and validation points, as a share of the largest distance",
  ],
  ["gradient", "Gradient term", "Mean gradient norm of the chosen points, as a share of the largest"],
  ["poo", "POO ↓", "Transport term − λ × gradient term; smaller is better"],
  ["bound", "Lower bound", "Proven: no coreset of this size has a smaller POO"],
  ["gap", "Gap", "(POO − lower bound) / transport term"],
];
const COLUMNS = { mine: "yours", solver: "solver", random: "random" };
const KEYS = [
  ["← →", "λ"],
  ["↑ ↓", "budget"],
  ["Space", "next step"],
  ["[ ]", "previous, next point"],
  ["Enter", "choose the point"],
  ["Shift + arrows", "move it"],
  ["+ −", "its gradient norm"],
  ["Delete", "remove it"],
];
let built = 0;

/** Radio buttons in one row. */
function segments(legend, name, options, change) {
  const group = `${name}-${built}`;
  const inputs = {};
  const labels = Object.entries(options).map(([value, title]) => {
    inputs[value] = h("input", { type: "radio", name: group, value, change: () => change(value) });
    return h("label", {}, inputs[value], h("span", {}, title));
  });
  const node = h(
    "fieldset",
    { className: "play-segments" },
    h("legend", { className: "play-hidden" }, legend),
    ...labels,
  );
  return { node, inputs, set: (value) => (inputs[value].checked = true) };
}

function slider(title, attributes, ends) {
  const output = h("b", {});
  const input = h("input", { type: "range", ariaLabel: title, ...attributes });
  const words = ends ? [h("span", { className: "play-ends" }, h("span", {}, ends[0]), h("span", {}, ends[1]))] : [];
  return {
    node: h("label", { className: "play-field" }, h("span", {}, title, " ", output), input, ...words),
    input,
    output,
  };
}

function check(title, change) {
  const input = h("input", { type: "checkbox", change: () => change(input.checked) });
  return { node: h("label", { className: "play-check" }, input, title), input };
}

function button(title, click, more = {}) {
  return h("button", { type: "button", click, ...more }, title);
}

function legendEntry(kind, title) {
  return h(
    "span",
    { className: "play-key" },
    h("i", { className: `play-mark play-${kind}`, "aria-hidden": "true" }),
    title,
  );
}

function table() {
  const heads = {};
  const cells = {};
  for (const [who, title] of Object.entries(COLUMNS)) heads[who] = h("th", { scope: "col" }, title);
  heads.random.title = `Mean of ${RANDOM_DRAWS} random coresets of this size`;
  const head = h("tr", {}, h("td", {}), ...Object.values(heads));
  const rows = TERMS.map(([term, title, help]) => {
    cells[term] = { mine: h("td", {}), solver: h("td", {}), random: h("td", {}) };
    return h(
      "tr",
      { className: `play-${term}` },
      h("th", { scope: "row", title: help }, title),
      ...Object.values(cells[term]),
    );
  });
  const node = h(
    "table",
    { className: "play-table" },
    h("caption", { className: "play-hidden" }, "Values of the shown coreset"),
    h("thead", {}, head),
    h("tbody", {}, ...rows),
  );
  return { node, heads, cells };
}

/**
 * Builds everything below the root.
 * @param {Record<string, (...values: any[]) => void>} on What each control calls.
 */
export function build(on) {
  built++;
  const modes = segments("Mode", "play-mode", MODES, on.mode);
  const tools = segments("What a click does", "play-tool", TOOLS, on.tool);
  const names = {
    ...Object.fromEntries(Object.entries(PRESETS).map(([name, { title }]) => [name, title])),
    own: "Open dataset (PCA)",
  };
  const options = Object.entries(names).map(([value, title]) => h("option", { value }, title));
  const own = options[options.length - 1];
  const points = h("select", { change: () => on.points(points.value) }, ...options);
  const seed = h("input", {
    type: "number",
    min: 0,
    max: LIMITS.MAX_SEED,
    step: 1,
    change: () => on.seed(seed.valueAsNumber),
  });
  const lambda = slider("λ", { min: 0, max: PLACES, step: 1, input: () => on.lambda(lambda.input.valueAsNumber) }, [
    "coverage",
    "large gradients",
  ]);
  const budget = slider("Budget k", { min: 1, step: 1, input: () => on.budget(budget.input.valueAsNumber) });
  const norm = slider("Gradient norm of added points", {
    min: 0,
    max: 1,
    step: 0.05,
    value: 0.5,
    input: () => on.norm(norm.input.valueAsNumber),
  });
  const plan = check("Transport plan", on.plan);
  const prices = check("Prices (size of ◆)", on.prices);
  const reset = button("Reset", on.reset);
  const keys = h(
    "dl",
    { className: "play-keys" },
    ...KEYS.flatMap(([key, does]) => [h("dt", {}, key), h("dd", {}, does)]),
  );

  const canvas = h("canvas", { className: "play-canvas", tabIndex: 0, role: "application" });
  const tip = h("div", { className: "play-tip", hidden: true });
  const overlay = h("div", { className: "play-overlay", hidden: true });
  const paper = h("div", { className: "play-paper" }, canvas, tip, overlay);
  const note = h("span", { className: "play-note" });
  const coresetKey = legendEntry("coreset", "coreset");
  const secondKey = legendEntry("second", "chosen by hand");
  const legend = h(
    "div",
    { className: "play-legend" },
    legendEntry("pool", "pool (size: gradient norm)"),
    legendEntry("validation", "validation"),
    coresetKey,
    secondKey,
    note,
  );
  const edit = h(
    "div",
    { className: "play-edit" },
    h("span", { className: "play-title" }, "Pointer on the points"),
    tools.node,
    norm.node,
  );
  const caption = h("p", { className: "play-caption" });
  const live = h("div", { className: "play-hidden", role: "status" });
  const actions = {
    first: button("First", () => on.step("first")),
    back: button("Back", () => on.step(-1)),
    next: button("Next step", () => on.step(1)),
    play: button("Play", on.play),
    last: button("Last", () => on.step("last")),
    clear: button("Clear", on.clear),
    copy: button("Start from the solver's set", on.copy),
    reveal: button("Show the solver's set", on.reveal, { ariaPressed: "false" }),
    option0: button("Falls", () => on.guess(0)),
    option1: button("About the same", () => on.guess(1)),
    option2: button("Rises", () => on.guess(2)),
    another: button("Next question", on.another),
  };
  const numbers = table();
  const curve = h("canvas", { className: "play-curve", role: "img" });
  const randomLine = legendEntry("random", "random");
  const lines = h(
    "p",
    { className: "play-lines" },
    legendEntry("value", "POO"),
    legendEntry("bound", "lower bound"),
    randomLine,
  );
  const rows = h("tbody", {});
  const data = h(
    "details",
    { className: "play-data", toggle: () => on.data() },
    h("summary", {}, "Steps as a table"),
    h(
      "table",
      { className: "play-steps" },
      h("thead", {}, h("tr", {}, ...["Step", "Kind", "POO", "Bound"].map((head) => h("th", { scope: "col" }, head)))),
      rows,
    ),
  );
  const node = h(
    "div",
    { className: "play-root" },
    h("div", { className: "play-top" }, modes.node),
    h(
      "div",
      { className: "play-columns" },
      h(
        "div",
        { className: "play-controls" },
        h("label", { className: "play-field" }, h("span", {}, "Points"), points),
        h("label", { className: "play-field play-row" }, h("span", {}, "Seed"), seed),
        lambda.node,
        budget.node,
        edit,
        plan.node,
        prices.node,
        reset,
        h("details", { className: "play-data" }, h("summary", {}, "Keys, on the picture"), keys),
      ),
      h(
        "div",
        { className: "play-stage" },
        paper,
        legend,
        caption,
        h("div", { className: "play-actions" }, ...Object.values(actions)),
      ),
      h("div", { className: "play-numbers" }, numbers.node, h("div", { className: "play-figure" }, curve, lines), data),
    ),
    live,
  );
  return {
    node,
    modes,
    tools,
    points,
    seed,
    lambda,
    budget,
    norm,
    plan,
    prices,
    reset,
    canvas,
    tip,
    overlay,
    note,
    coresetKey,
    secondKey,
    edit,
    own,
    caption,
    live,
    actions,
    numbers,
    curve,
    randomLine,
    data,
    rows,
  };
}
