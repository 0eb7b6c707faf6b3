// Controls show the settings.
import { MAX_BUDGET } from "./address.js";
import { say } from "./dom.js";
import { placeOf } from "./slider.js";

const EDITED = "Points edited; Reset brings the originals back.";
const LOADING = "Loading the points of the open dataset …";

/** @param {import("./app.js").Playground} app */
export function showControls(app) {
  const { ui, settings } = app;
  const { mode, points, seed, lambda, k, plan, prices, drawn } = settings;
  ui.modes.set(mode);
  ui.tools.set(app.tool);
  ui.points.value = points;
  ui.seed.value = String(seed);
  ui.seed.disabled = Boolean(drawn);
  ui.lambda.input.value = String(placeOf(lambda));
  ui.lambda.input.ariaValueText = String(lambda);
  say(ui.lambda.output, String(lambda));
  ui.budget.input.max = String(Math.min(MAX_BUDGET, app.points?.pool.length ?? MAX_BUDGET));
  ui.budget.input.value = String(k);
  say(ui.budget.output, String(k));
  say(ui.norm.output, app.norm.toFixed(2));
  ui.norm.node.hidden = app.tool !== "pool";
  ui.edit.hidden = mode === "hand" || mode === "guess";
  ui.plan.input.checked = plan;
  ui.prices.input.checked = prices;
  say(ui.note, drawn ? EDITED : points === "own" ? (app.data?.own?.note ?? LOADING) : "");
  ui.secondKey.hidden = mode !== "hand";
  ui.coresetKey.hidden = mode === "hand" && !app.reveal;
  showActions(app);
}

/** The buttons below the picture. */
function showActions(app) {
  const { actions } = app.ui;
  const options = app.question?.kind === "change" && !app.answered ? ["option0", "option1", "option2"] : [];
  const byMode = {
    explore: [],
    step: ["first", "back", "next", "play", "last"],
    hand: ["clear", "copy", "reveal"],
    guess: [...options, "another"],
  };
  for (const [name, node] of Object.entries(actions)) node.hidden = !byMode[app.settings.mode].includes(name);
  say(actions.play, app.playing ? "Pause" : "Play");
  actions.reveal.ariaPressed = String(app.reveal);
  actions.first.disabled = actions.back.disabled = app.step === 0;
  actions.next.disabled = actions.last.disabled = app.step === app.lastStep;
}
