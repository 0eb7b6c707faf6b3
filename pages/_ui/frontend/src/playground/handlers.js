// What each control does.
import { LIMITS } from "./address.js";
import { PRESETS, usual } from "./presets.js";
import { lambdaAt } from "./slider.js";

/** @param {import("./app.js").Playground} app @returns {Record<string, (...values: any[]) => void>} */
export function handlers(app) {
  const set = (change) => {
    Object.assign(app.settings, change);
    app.changed();
  };
  /** Points as they were before any edit, and what else changes with them. */
  const renew = (change) => {
    const step = app.settings.mode === "step" ? 0 : null;
    app.setUp({ ...app.settings, drawn: null, hand: [], step, ...change });
  };
  const own = (change) => {
    Object.assign(app, change);
    app.changed();
  };
  return {
    mode: (mode) => app.setMode(mode),
    tool: (tool) => own({ tool }),
    norm: (norm) => own({ norm }),
    points: (points) => renew({ points, ...(points in PRESETS ? usual(points) : {}) }),
    seed: (seed) =>
      renew({ seed: Number.isFinite(seed) ? Math.min(LIMITS.MAX_SEED, Math.max(0, Math.round(seed))) : 0 }),
    reset: () => renew({ ...usual(app.settings.points), plan: true, prices: false }),
    lambda: (place) => app.setLambda(lambdaAt(place)),
    budget: (k) => app.setBudget(k),
    plan: (plan) => set({ plan }),
    prices: (prices) => set({ prices }),
    step: (to) => {
      app.pause();
      app.go(to);
    },
    play: () => app.play(),
    clear: () => set({ hand: [] }),
    copy: () => set({ hand: [...(app.engine.answer?.solution.rows ?? [])] }),
    reveal: () => own({ reveal: !app.reveal }),
    guess: (option) => app.guess(option),
    another: () => own({ asked: app.asked + 1, question: null, answered: null }),
    data: () => {
      app.engine.wantPartial();
      app.redraw();
    },
  };
}
