// Pointer and keyboard on the canvas.
import { four } from "./captions.js";

const REACH = { mouse: 9, pen: 12, touch: 18 };
const STEP = 40; // grid units a key moves a point
const BRUSH = 18; // pixels between points that are drawn in one stroke
const NORM_PER_PIXEL = 0.008;

export class Pointing {
  /** @type {{role: "pool" | "validation", index: number} | null} */
  focus = null;

  /** @param {import("./app.js").Playground} app @param {HTMLCanvasElement} canvas @param {AbortSignal} signal */
  constructor(app, canvas, signal) {
    Object.assign(this, { app, canvas, held: null, brush: null, last: [0, 0] });
    const on = (name, does, more = {}) => canvas.addEventListener(name, does, { signal, ...more });
    on("keydown", (event) => this.key(event));
    on("pointerdown", (event) => this.#down(event));
    on("pointermove", (event) => this.#moved(event));
    for (const name of ["pointerup", "pointercancel"]) on(name, () => (this.held = this.brush = null));
    on("pointerleave", () => this.#over(null));
    on("blur", () => this.#over(null));
    // A finger on a point drags it; anywhere else it scrolls the page.
    on("touchstart", (event) => this.#hit(event.touches[0], "touch") && event.preventDefault(), { passive: false });
  }

  #place(event) {
    const box = this.canvas.getBoundingClientRect();
    const inside = (value, limit) => Math.min(limit, Math.max(0, value));
    return [inside(event.clientX - box.left, box.width), inside(event.clientY - box.top, box.height)];
  }

  /** The nearest point within reach, or null. */
  #hit(event, kind) {
    const { points, viewport, clicking } = this.app;
    if (!viewport) return null;
    const [x, y] = this.#place(event);
    let best = null;
    let nearest = REACH[kind] ?? REACH.mouse;
    for (const role of clicking === "toggle" || clicking === "guess" ? ["pool"] : ["pool", "validation"]) {
      points[role].forEach((point, index) => {
        const [px, py] = viewport.place(point);
        const away = Math.hypot(px - x, py - y);
        if (away < nearest) [nearest, best] = [away, { role, index }];
      });
    }
    return best;
  }

  #down(event) {
    if (event.button) return;
    const { app } = this;
    const hit = this.#hit(event, event.pointerType);
    switch (app.clicking) {
      case "toggle":
        if (hit) app.toggle(hit.index);
        return;
      case "guess":
        if (hit) app.guess(hit.index);
        return;
      case "erase":
        if (hit) app.erase(hit);
        return;
      case "none":
        return;
      default: {
        const adds = app.clicking === "pool" || app.clicking === "validation";
        this.held = hit;
        this.brush = adds && !hit;
        this.last = this.#place(event);
        if (this.brush) app.add(app.clicking, app.viewport.point(...this.last));
        if (this.held || this.brush) this.canvas.setPointerCapture(event.pointerId);
      }
    }
  }

  #moved(event) {
    const { app } = this;
    const at = this.#place(event);
    if (this.held && app.clicking === "norm") {
      app.strengthen(this.held, NORM_PER_PIXEL * (this.last[1] - at[1]));
      this.last = at;
      this.#over(this.held);
    } else if (this.held) {
      app.move(this.held, app.viewport.point(...at));
      this.#over(this.held);
    } else if (this.brush) {
      if (Math.hypot(at[0] - this.last[0], at[1] - this.last[1]) < BRUSH) return;
      this.last = at;
      app.add(app.clicking, app.viewport.point(...at));
    } else if (event.pointerType === "mouse") this.#over(this.#hit(event, "mouse"));
  }

  /** The points have other numbers now. */
  forget() {
    this.focus = this.held = null;
    this.app.ui.tip.hidden = true;
  }

  /** Rings a point and says what it is. */
  #over(point) {
    const { app } = this;
    if (point?.role === this.focus?.role && point?.index === this.focus?.index && !this.held) return;
    this.focus = point;
    const { tip } = app.ui;
    tip.hidden = !point;
    if (point) tip.textContent = described(app, point);
    app.redraw();
  }

  key(event) {
    const { app } = this;
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = arrows[event.key];
    if (arrow && event.shiftKey) {
      if (this.focus && app.clicking !== "toggle" && app.clicking !== "guess") this.#shift(...arrow);
    } else if (arrow) arrow[0] ? app.nudge("lambda", arrow[0]) : app.nudge("budget", -arrow[1]);
    else if (event.key === "[" || event.key === "]") this.#next(event.key === "]" ? 1 : -1);
    else if (event.key === "+" || event.key === "-")
      this.#edit(() => app.strengthen(this.focus, event.key === "+" ? 0.1 : -0.1));
    else if (event.key === "Delete" || event.key === "Backspace") this.#edit(() => app.erase(this.focus));
    else if (event.key === "Enter" || event.key === " ") this.#press(event.key);
    else return;
    event.preventDefault();
  }

  #press(key) {
    const { app } = this;
    if (app.clicking === "toggle") this.focus && app.toggle(this.focus.index);
    else if (app.clicking === "guess") this.focus && app.guess(this.focus.index);
    else if (key === " ") app.go(app.settings.mode === "step" ? 1 : "first");
  }

  #edit(does) {
    if (this.focus && edits(this.app)) does();
  }

  #shift(dx, dy) {
    const { app, focus } = this;
    const at = app.points[focus.role][focus.index];
    app.move(focus, { x: at.x + STEP * dx, y: at.y + STEP * dy });
    this.focus = null;
    this.#over(focus);
  }

  /** Goes through the points: pool first; only the pool where only its points can be chosen. */
  #next(by) {
    const { points, clicking } = this.app;
    const n = points.pool.length;
    const all = n + (clicking === "toggle" || clicking === "guess" ? 0 : points.validation.length);
    const now = this.focus ? (this.focus.role === "pool" ? this.focus.index : n + this.focus.index) : by > 0 ? -1 : all;
    const next = (now + by + all) % all;
    this.#over(next < n ? { role: "pool", index: next } : { role: "validation", index: next - n });
    this.app.ui.live.textContent = described(this.app, this.focus);
  }
}

/** Whether points may be changed now. */
const edits = (app) => !["toggle", "guess", "none"].includes(app.clicking);

/** What is known of a point, in a line. */
function described(app, { role, index }) {
  const lines = [app.points.titles?.[role][index] ?? `${role === "pool" ? "Pool" : "Validation"} point ${index + 1}`];
  const { answer } = app.engine;
  if (answer?.problem.n !== app.points.pool.length || answer.problem.m !== app.points.validation.length)
    return lines[0];
  const { flows, rows } = app.shown;
  if (role === "pool") {
    const served = flows.filter(({ row }) => rows[row] === index).length;
    lines.push(`gradient norm ${answer.problem.norm[index].toFixed(2)}`);
    if (served) lines.push(`serves ${served} validation ${served === 1 ? "point" : "points"}`);
  } else {
    const serving = flows.filter(({ column }) => column === index).length;
    if (serving) lines.push(`served by ${serving} chosen ${serving === 1 ? "point" : "points"}`);
    if (app.settings.prices) lines.push(`price ${four(answer.solution.prices[index])}`);
  }
  return lines.join(" · ");
}
