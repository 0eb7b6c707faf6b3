// The playground: settings, points and what is shown of the solver; everything happens in the browser.
import { LIMITS, MAX_BUDGET, read, write } from "./address.js";
import { caption, four, percent } from "./captions.js";
import { drawCurve } from "./curve.js";
import { h, say } from "./dom.js";
import { Engine } from "./engine.js";
import { question } from "./guess.js";
import { handVerdict } from "./hand.js";
import { evaluate } from "./objective.js";
import { build } from "./panel.js";
import { Pointing } from "./pointing.js";
import { PRESETS, onGrid, poolPoint, preset } from "./presets.js";
import { Viewport, draw } from "./scene.js";
import { PLACES, lambdaAt, placeOf } from "./slider.js";
import { partialPoo } from "./solve.js";
import { STYLE } from "./style.js";

const ADDRESS_DELAY = 250;
const SPOKEN_DELAY = 700;
const PLAY_DELAY = 900;
const ROOM_BELOW = 14;
const HEIGHTS = [380, 760];
const ROLES = ["pool", "validation", "coreset", "second", "random", "highlight"];

export class Playground {
  /**
   * @param {HTMLElement} parent
   * @param {{own: (wanted: boolean) => void}} server Asks the server for points of the open dataset.
   */
  constructor(parent, server) {
    this.server = server;
    this.settings = read(location.search);
    this.tool = "move";
    this.norm = 0.5;
    this.version = 0;
    this.engine = new Engine();
    this.shownAt = null;
    this.question = null;
    this.answered = null;
    this.asked = 0;
    this.reveal = false;
    this.playing = 0;
    this.ui = build(this.#handlers());
    this.ui.node.prepend(Object.assign(document.createElement("style"), { textContent: STYLE }));
    parent.append(this.ui.node);
    this.stop = new AbortController();
    this.pointing = new Pointing(this, this.ui.canvas, this.stop.signal);
    this.resizing = new ResizeObserver(() => this.#resized());
    this.resizing.observe(this.ui.node);
    this.resizing.observe(this.ui.canvas);
    const { signal } = this.stop;
    window.addEventListener("resize", () => this.#resized(), { signal });
    this.ui.node.addEventListener("transitionend", ({ target }) => target === this.ui.node && this.#recolor(), { signal });
    this.ui.canvas.addEventListener("keydown", (event) => this.pointing.key(event), { signal });
    document.addEventListener("click", (event) => this.#followed(event), { signal, capture: true });
  }

  /** Called with each run of the page. @param {Record<string, any>} data */
  show(data) {
    const first = !this.data;
    const had = this.data?.own;
    this.data = data;
    this.ui.node.classList.toggle("play-embed", Boolean(data.embed));
    const own = this.ui.points.querySelector("option[value=own]");
    own.disabled = !data.offers;
    for (const role of ROLES) this.ui.node.style.setProperty(`--play-${role}`, data.colors[role]);
    if (!data.offers && this.settings.points === "own" && !this.settings.drawn) this.settings.points = "outliers";
    if (first || (this.settings.points === "own" && data.own && !had)) this.#load();
    this.#recolor();
    this.#resized();
    this.#remember();
  }

  destroy() {
    this.stop.abort();
    this.resizing.disconnect();
    for (const timer of [this.playing, this.remembering, this.speaking]) clearTimeout(timer);
    cancelAnimationFrame(this.frame);
    this.ui.node.remove();
  }

  // Points

  /** Points of the settings, as they were before any edit; asks the server for those of the dataset. */
  #load() {
    const { points, seed, drawn } = this.settings;
    if (drawn) this.points = structuredClone(drawn);
    else if (points !== "own") this.points = preset(points, seed);
    else if (this.data.own) this.points = ownPoints(this.data.own);
    else {
      this.server.own(true);
      if (!this.points) this.points = preset("outliers", seed); // until they are there
      else return;
    }
    this.titles = points === "own" && !drawn && this.data.own ? this.points.titles : null;
    this.viewport = new Viewport(this.points);
    this.#structure();
  }

  /** Points were added or removed, or are new: whatever knows them by number starts anew. */
  #structure() {
    const { pool } = this.points;
    this.settings.hand = this.settings.hand.filter((row) => row < pool.length);
    this.settings.k = Math.min(this.settings.k, pool.length, MAX_BUDGET);
    this.pointing.focus = null;
    this.engine.answer = this.engine.random = null;
    this.#solve(false);
  }

  /** Moves a point. */
  move({ role, index }, place) {
    Object.assign(this.points[role][index], onGrid(place.x, place.y));
    this.#edited(true);
  }

  /** Adds a point. */
  add(role, place) {
    const { pool, validation } = this.points;
    if (pool.length + validation.length >= LIMITS.MAX_POINTS) return;
    this.points[role].push(role === "pool" ? poolPoint(place.x, place.y, this.norm) : onGrid(place.x, place.y));
    this.#edited(false);
  }

  /** Removes a point, but never the last of its kind. */
  erase({ role, index }) {
    if (this.points[role].length < 2) return;
    this.points[role].splice(index, 1);
    if (role === "pool") this.settings.hand = this.settings.hand.filter((row) => row !== index).map((row) => row - (row > index));
    this.#edited(false);
  }

  /** Changes the gradient norm of a pool point. */
  strengthen({ role, index }, by) {
    if (role !== "pool") return;
    const point = this.points.pool[index];
    point.g = Math.min(LIMITS.NORMS - 1, Math.max(0, Math.round(point.g + by * LIMITS.NORMS)));
    this.#edited(true);
  }

  #edited(keep) {
    this.settings.drawn = this.points;
    this.titles = null;
    if (keep) this.#solve(true);
    else this.#structure();
  }

  // Solving

  #solve(keep) {
    this.version += 1;
    this.#ask(keep);
  }

  /** New lambda, budget or points: compute, draw, remember. */
  #ask(keep = true) {
    const { pool, validation } = this.points;
    const { k, lambda, seed } = this.settings;
    this.engine.ask({ pool, validation, version: this.version, k, lambda, seed, keep });
    this.question = null;
    this.#controls();
    this.#remember();
    this.invalidate();
  }

  invalidate() {
    this.dirty = true;
    this.ui.node.dataset.busy = "true";
    this.frame ??= requestAnimationFrame(() => this.#tick());
  }

  #tick() {
    this.frame = null;
    if (!this.viewport) return;
    const found = this.engine.idle ? "" : this.engine.work();
    if (found === "answer") {
      if (this.settings.mode === "step" || this.ui.data.open) this.engine.wantPartial();
      this.#controls(); // the number of steps is known now
    }
    if (found || this.dirty) this.#draw();
    this.dirty = false;
    if (found === "answer") this.ui.node.dataset.latency = (performance.now() - this.engine.answer.asked).toFixed(1);
    this.ui.node.dataset.busy = String(!this.engine.idle);
    if (!this.engine.idle) this.frame = requestAnimationFrame(() => this.#tick());
  }

  // Pictures and numbers

  #draw() {
    const { answer } = this.engine;
    const scene = this.#scene(answer);
    draw(this.ui.canvas, this.viewport, scene, this.colors);
    if (!answer) return;
    this.#numbers(answer, scene);
    const steps = answer.solution.steps;
    const stepping = this.settings.mode === "step";
    const beside = drawCurve(this.ui.curve, steps, { shown: stepping ? this.step : steps.length - 1, greedy: stepping, random: this.#randomPoo() }, this.colors);
    this.ui.randomLine.hidden = !beside;
    this.#table();
  }

  /** What is to be seen: the solver's set, a step of it, the set chosen by hand, or a question's. */
  #scene(answer) {
    const { mode, plan, prices, hand } = this.settings;
    const { points } = this;
    const scene = { points, norm: norms(points.pool), rows: [], role: "coreset", flows: [], other: [], entered: null, left: null, prices: null, focus: this.pointing.focus };
    if (!answer || answer.problem.n !== points.pool.length || answer.problem.m !== points.validation.length) return scene;
    const { solution } = answer;
    scene.rows = solution.rows;
    scene.prices = prices ? solution.prices : null;
    if (mode === "step") {
      const step = solution.steps[this.step];
      scene.rows = step.rows;
      scene.entered = step.enters ?? step.row ?? null;
      scene.left = step.leaves ?? null;
      scene.prices = prices ? step.prices : null;
    } else if (mode === "hand") {
      scene.rows = hand;
      scene.role = "second";
      scene.other = this.reveal ? solution.rows : [];
    } else if (mode === "guess") {
      const asked = this.#question(answer);
      if (!this.answered || this.answered.row !== undefined) scene.rows = asked.rows;
      scene.entered = this.answered?.row ?? null;
    }
    scene.value = scene.rows === solution.rows ? { ...solution } : this.#evaluated(answer, scene.rows);
    if (plan && scene.value) scene.flows = scene.value.state.entries();
    return scene;
  }

  #evaluated(answer, rows) {
    if (!rows.length) return null;
    const key = rows.join();
    if (this.shownAt?.answer !== answer || this.shownAt.key !== key) {
      this.shownAt = { answer, key, value: evaluate(answer.problem, rows, answer.lambda) };
    }
    return this.shownAt.value;
  }

  #randomPoo() {
    const { random } = this.engine;
    return random && random.transport - this.settings.lambda * random.gradient;
  }

  #numbers(answer, { value }) {
    const { mode, hand } = this.settings;
    const { solution } = answer;
    const { heads, cells } = this.ui.numbers;
    const byHand = mode === "hand";
    const hidden = mode === "guess" && this.question && !this.answered;
    const random = this.engine.random && { ...this.engine.random, poo: this.#randomPoo() };
    const shown = byHand ? solution : value;
    const step = mode === "step" ? solution.steps[this.step] : null;
    const bound = step ? step.bound : solution.bound;
    for (const row of Object.values(cells)) row.mine.hidden = !byHand;
    heads.mine.hidden = !byHand;
    this.ui.numbers.node.classList.toggle("play-three", byHand);
    say(heads.mine, "yours");
    say(heads.solver, mode === "step" ? "this step" : "solver");
    say(heads.random, "random");
    const put = (cell, number) => say(cell, number === null || number === undefined || hidden ? "…" : four(number));
    for (const term of ["transport", "gradient", "poo"]) {
      if (byHand) hand.length ? put(cells[term].mine, value?.[term]) : say(cells[term].mine, "–");
      put(cells[term].solver, shown?.[term]);
      say(cells[term].random, random ? four(random[term]) : "…");
    }
    const complete = value && (step ? step.kind !== "greedy" : true);
    const gap = (of) => (of && of.transport > 0 ? percent(Math.max(0, of.poo - bound) / of.transport) : "0 %");
    bound === null ? say(cells.bound.solver, "–") : put(cells.bound.solver, bound);
    say(cells.gap.solver, bound === null || hidden || !complete ? "–" : gap(shown));
    if (byHand) say(cells.gap.mine, hand.length === answer.k ? gap(value) : "–");
    this.ui.curve.ariaLabel = `Over ${solution.steps.length} solver steps: POO ends at ${four(solution.poo)}, the lower bound at ${four(solution.bound)}.`;
    this.ui.canvas.ariaLabel = `${answer.problem.n} pool points, ${answer.problem.m} validation points, ${answer.k} chosen. Arrow keys: λ and budget. Space: next step. Brackets: go through the points.`;
    this.#caption(answer, value);
    const overlay = `k ${answer.k} · λ ${answer.lambda} · POO ${value ? four(value.poo) : "–"} · bound ${bound === null ? "–" : four(bound)}`;
    say(this.ui.overlay, overlay);
    this.ui.overlay.hidden = !this.data.embed;
  }

  /** The steps in figures, while that table is open. */
  #table() {
    const { data, rows } = this.ui;
    if (!data.open || !this.engine.answer) return;
    const shown = ({ kind, poo, bound }, at) => [String(at + 1), kind, ...[poo, bound].map((value) => (value === null ? "–" : four(value)))];
    rows.replaceChildren(...this.engine.answer.solution.steps.map((step, at) => h("tr", {}, ...shown(step, at).map((text) => h("td", {}, text)))));
  }

  #caption(answer, value) {
    const { mode, hand } = this.settings;
    const { solution, k, lambda, problem } = answer;
    let text = "";
    if (mode === "step") {
      const { steps } = solution;
      for (const at of [this.step - 1, this.step]) if (steps[at]) partialPoo(problem, steps[at], lambda);
      text = `${this.step + 1} of ${steps.length}. ${caption(steps, this.step, solution)}`;
    } else if (mode === "hand") text = handVerdict(hand.length, k, value, solution);
    else if (mode === "guess") text = this.answered ? `${this.#question(answer).text} ${this.answered.text}` : this.#question(answer).text;
    else if (!this.data.embed) text = explained(solution, this.engine.random, k);
    say(this.ui.caption, text);
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => say(this.ui.live, text), SPOKEN_DELAY);
  }

  // Modes

  /** The shown step. */
  get step() {
    const last = (this.engine.answer?.solution.steps.length ?? 1) - 1;
    return Math.min(this.settings.step ?? last, last);
  }

  go(to) {
    if (this.settings.mode !== "step") this.setMode("step");
    const last = this.engine.answer ? this.engine.answer.solution.steps.length - 1 : 0;
    const next = to === "first" ? 0 : to === "last" ? last : this.step + to;
    this.settings.step = Math.min(last, Math.max(0, next));
    if (this.settings.step === last) this.#pause();
    this.#controls();
    this.#remember();
    this.invalidate();
  }

  setMode(mode) {
    this.#pause();
    if (mode === "step" && this.settings.step === null) this.settings.step = 0;
    this.settings.mode = mode;
    this.question = this.answered = null;
    this.reveal = false;
    if (mode === "step") this.engine.wantPartial();
    this.#controls();
    this.#remember();
    this.invalidate();
  }

  #pause() {
    clearTimeout(this.playing);
    this.playing = 0;
  }

  #play() {
    if (this.playing) return void (this.#pause(), this.#controls());
    if (this.step === this.engine.answer?.solution.steps.length - 1) this.settings.step = 0;
    const next = () => {
      this.playing = setTimeout(next, PLAY_DELAY);
      this.go(1);
    };
    this.playing = setTimeout(next, PLAY_DELAY);
    this.#controls();
    this.invalidate();
  }

  /** Chooses or releases a point by hand. */
  toggle(row) {
    const { hand, k } = this.settings;
    if (hand.includes(row)) this.settings.hand = hand.filter((other) => other !== row);
    else if (hand.length < k) this.settings.hand = [...hand, row];
    this.#remember();
    this.invalidate();
  }

  #question(answer) {
    if (!this.question) {
      this.question = question(answer.problem, answer.k, answer.lambda, answer.solution.rows, this.asked, MAX_BUDGET);
      this.#controls(); // its options
    }
    return this.question;
  }

  /** Answers the question by a point or an option. */
  guess(value) {
    if (!this.question || this.answered) return;
    const { lambda = this.settings.lambda, k = this.settings.k, ...told } = this.question.answer(value);
    this.answered = told;
    const changed = lambda !== this.settings.lambda || k !== this.settings.k;
    Object.assign(this.settings, { lambda, k });
    if (changed) {
      const asked = this.question;
      this.#ask();
      this.question = asked;
    }
    this.#controls();
    this.invalidate();
  }

  /** The kind of click that is expected now. */
  get clicking() {
    if (this.settings.mode === "hand") return "toggle";
    if (this.settings.mode === "guess") return this.question?.kind === "pick" && !this.answered ? "guess" : "none";
    return this.data?.embed ? "move" : this.tool;
  }

  setLambda(lambda) {
    this.settings.lambda = lambda;
    this.answered = null;
    this.#ask();
  }

  setBudget(k) {
    this.settings.k = Math.min(MAX_BUDGET, this.points.pool.length, Math.max(1, k));
    this.settings.hand = this.settings.hand.slice(0, this.settings.k);
    this.answered = null;
    this.#ask();
  }

  /** A key's worth of lambda or budget. */
  nudge(what, by) {
    if (what === "lambda") this.setLambda(lambdaAt(Math.min(PLACES, Math.max(0, placeOf(this.settings.lambda) + by))));
    else this.setBudget(this.settings.k + by);
  }

  #handlers() {
    const renew = (change) => {
      Object.assign(this.settings, { drawn: null, hand: [], step: null }, change);
      if (this.settings.mode === "step") this.settings.step = 0;
      this.answered = null;
      this.#load();
      this.#controls();
      this.#remember();
    };
    return {
      mode: (mode) => this.setMode(mode),
      tool: (tool) => ((this.tool = tool), this.#controls()),
      points: (points) => renew({ points, ...(PRESETS[points] && { k: PRESETS[points].k, lambda: PRESETS[points].lambda }) }),
      seed: (seed) => renew({ seed: Number.isFinite(seed) ? Math.min(LIMITS.MAX_SEED, Math.max(0, Math.round(seed))) : 0 }),
      lambda: (place) => this.setLambda(lambdaAt(place)),
      budget: (k) => this.setBudget(k),
      norm: (norm) => ((this.norm = norm), this.#controls()),
      plan: (plan) => ((this.settings.plan = plan), this.#remember(), this.invalidate()),
      prices: (prices) => ((this.settings.prices = prices), this.#remember(), this.invalidate()),
      reset: () => {
        const { points } = this.settings;
        const { k, lambda } = PRESETS[points] ?? { k: 12, lambda: 0.05 };
        renew({ k, lambda, plan: true, prices: false });
      },
      data: () => (this.engine.wantPartial(), this.invalidate()),
      step: (to) => (this.#pause(), this.go(to)),
      play: () => this.#play(),
      clear: () => ((this.settings.hand = []), this.#remember(), this.invalidate()),
      copy: () => ((this.settings.hand = [...(this.engine.answer?.solution.rows ?? [])]), this.#remember(), this.invalidate()),
      reveal: () => ((this.reveal = !this.reveal), this.#controls(), this.invalidate()),
      guess: (option) => this.guess(option),
      another: () => {
        this.asked += 1;
        this.question = this.answered = null;
        this.#controls();
        this.invalidate();
      },
    };
  }

  // Controls, colours, size, address

  /** A link on the page that sets the playground up does so here, without loading the page again. */
  #followed(event) {
    const link = event.target instanceof Element ? event.target.closest("a[href*='points=']") : null;
    if (!link || new URL(link.href).pathname !== location.pathname || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.#pause();
    this.settings = read(new URL(link.href).search);
    this.answered = this.question = null;
    this.#load();
    this.#controls();
    this.ui.node.scrollIntoView({ block: "end", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    this.ui.canvas.focus({ preventScroll: true });
  }

  #controls() {
    const { ui, settings } = this;
    const { mode } = settings;
    ui.modes.set(mode);
    ui.tools.set(this.tool);
    ui.points.value = settings.points;
    ui.seed.value = settings.seed;
    ui.seed.disabled = Boolean(settings.drawn);
    ui.lambda.input.value = placeOf(settings.lambda);
    ui.lambda.input.ariaValueText = String(settings.lambda);
    say(ui.lambda.output, String(settings.lambda));
    ui.budget.input.max = Math.min(MAX_BUDGET, this.points?.pool.length ?? MAX_BUDGET);
    ui.budget.input.value = settings.k;
    say(ui.budget.output, String(settings.k));
    say(ui.norm.output, this.norm.toFixed(2));
    ui.norm.node.hidden = this.tool !== "pool";
    ui.tools.node.parentElement.hidden = mode === "hand" || mode === "guess";
    ui.plan.input.checked = settings.plan;
    ui.prices.input.checked = settings.prices;
    const edited = settings.drawn ? "Points edited; Reset brings the originals back." : "";
    say(ui.note, edited || (settings.points === "own" ? (this.data?.own?.note ?? "Loading the points of the open dataset …") : ""));
    ui.legend.querySelector(".play-second").parentElement.hidden = mode !== "hand";
    ui.legend.querySelector(".play-coreset").parentElement.hidden = mode === "hand" && !this.reveal;
    const visible = {
      step: ["first", "back", "next", "play", "last"],
      hand: ["clear", "copy", "reveal"],
      guess: this.answered ? ["another"] : this.question?.kind === "change" ? ["option0", "option1", "option2", "another"] : ["another"],
    }[mode] ?? [];
    for (const [name, node] of Object.entries(ui.actions)) node.hidden = !visible.includes(name);
    say(ui.actions.play, this.playing ? "Pause" : "Play");
    ui.actions.reveal.ariaPressed = String(this.reveal);
    ui.actions.first.disabled = ui.actions.back.disabled = this.step === 0;
    ui.actions.next.disabled = ui.actions.last.disabled = this.step === (this.engine.answer?.solution.steps.length ?? 1) - 1;
  }

  #recolor() {
    const style = getComputedStyle(this.ui.node);
    const theme = (name) => style.getPropertyValue(`--st-${name}`).trim();
    const colors = Object.fromEntries(ROLES.map((role) => [role, this.data.colors[role]]));
    this.colors = { ...colors, ink: theme("text-color") || style.color, ground: theme("background-color") || "#ffffff", grid: this.data.colors.grid };
    this.invalidate();
  }

  #resized() {
    const { node } = this.ui;
    const scroller = node.closest("[data-testid=stMain]");
    const top = node.getBoundingClientRect().top + (scroller?.scrollTop ?? 0);
    const above = this.data?.embed ? 0 : node.querySelector(".play-top").offsetHeight + 8;
    const room = window.innerHeight - top - above - ROOM_BELOW;
    const height = this.data?.embed ? Math.max(240, room) : Math.min(HEIGHTS[1], Math.max(HEIGHTS[0], room));
    node.style.setProperty("--play-height", `${Math.round(height)}px`);
    this.invalidate();
  }

  #remember() {
    clearTimeout(this.remembering);
    this.remembering = setTimeout(() => {
      const query = write(location.search, this.settings);
      if (`?${query}` !== location.search) history.replaceState(history.state, "", `${location.pathname}?${query}${location.hash}`);
    }, ADDRESS_DELAY);
  }
}

/** Gradient norms as shares of the largest. */
function norms(pool) {
  const largest = pool.reduce((most, { g }) => Math.max(most, g), 0) || 1;
  return pool.map(({ g }) => g / largest);
}

/** Points of the open dataset, on the grid: one scale for both axes. */
function ownPoints({ pool, validation, titles }) {
  const all = [...pool, ...validation];
  const low = [0, 1].map((axis) => Math.min(...all.map((place) => place[axis])));
  const range = Math.max(...[0, 1].map((axis) => Math.max(...all.map((place) => place[axis])) - low[axis])) || 1;
  const scale = LIMITS.GRID / 2 / range;
  const at = ([x, y]) => [LIMITS.GRID / 4 + scale * (x - low[0]), LIMITS.GRID / 4 + scale * (y - low[1])];
  return {
    pool: pool.map((place) => poolPoint(...at(place), place[2])),
    validation: validation.map((place) => onGrid(...at(place))),
    titles,
  };
}

function explained(solution, random, k) {
  const against = random && random.transport > 0 ? 1 - solution.transport / random.transport : 0;
  const beside = random ? `${percent(Math.abs(against))} ${against < 0 ? "above" : "below"} that of random points` : "…";
  return `${k} chosen: the transport term is ${beside}. No ${k} points can have a POO below ${four(solution.bound)}; the gap is ${percent(solution.gap)}.`;
}
