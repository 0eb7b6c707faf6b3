// The playground: its settings, its points, and when what is computed and drawn; everything happens in the browser.
import { LIMITS, MAX_BUDGET, read, write } from "./address.js";
import { showControls } from "./controls.js";
import { Engine } from "./engine.js";
import { question } from "./guess.js";
import { handlers } from "./handlers.js";
import { colorsOf, fitHeight } from "./layout.js";
import { build } from "./panel.js";
import { Pointing } from "./pointing.js";
import { NORMS, onGrid, ownPoints, poolPoint, preset } from "./presets.js";
import { present } from "./present.js";
import { Viewport } from "./scene.js";
import { PLACES, lambdaAt, placeOf } from "./slider.js";
import { STYLE } from "./style.js";

const ADDRESS_DELAY = 250;
const PLAY_DELAY = 900;
/** What is not needed at once, such as random coresets, waits so long for the next question. */
const CALM = 100;

export class Playground {
  /** @type {import("./presets.js").Points & {titles?: object}} */
  points;
  /** @type {Viewport} */
  viewport;
  /** @type {import("./guess.js").Question | null} */
  question = null;
  /** What was said to the answer given, or null. @type {{right: boolean, text: string, row?: number} | null} */
  answered = null;
  /** Number of the question. */
  asked = 0;
  /** Questions answered, and how many rightly. */
  score = { right: 0, of: 0 };
  tool = "move";
  /** Gradient norm of added points. */
  norm = 0.5;
  /** Whether the solver's set is shown beside the one chosen by hand. */
  reveal = false;
  /** Timer of steps that follow each other; 0 when they do not. */
  playing = 0;
  /** Timer of the sentence that is spoken next. */
  speaking = 0;
  engine = new Engine();

  #version = 0; // of the points
  #stop = new AbortController();
  #resizing = new ResizeObserver(() => this.#resized());
  #frame = 0;
  #dirty = false;
  #drawn = null; // the answer that was drawn last
  #working = false;
  #waiting = 0;
  #slices = new MessageChannel(); // comes back sooner than a timer
  #remembering = 0;
  #path = location.pathname;

  /**
   * @param {HTMLElement} parent
   * @param {{own: (wanted: boolean) => void}} server Asks the server for points of the open dataset.
   */
  constructor(parent, server) {
    this.server = server;
    this.settings = read(location.search);
    this.ui = build(handlers(this));
    this.ui.node.prepend(Object.assign(document.createElement("style"), { textContent: STYLE }));
    parent.append(this.ui.node);
    const { signal } = this.#stop;
    const { node, canvas } = this.ui;
    this.pointing = new Pointing(this, canvas, signal);
    this.#slices.port1.onmessage = () => this.#slice();
    this.#resizing.observe(node);
    this.#resizing.observe(canvas);
    window.addEventListener("resize", () => this.#resized(), { signal });
    node.addEventListener("transitionend", ({ target }) => target === node && this.#recolor(), { signal });
    document.addEventListener("click", (event) => this.#follow(event), { signal, capture: true });
  }

  /** Called with each run of the page. @param {Record<string, any>} data */
  show(data) {
    const before = this.data;
    this.data = data;
    this.ui.node.classList.toggle("play-embed", Boolean(data.embed));
    this.ui.own.disabled = !data.offers;
    const { settings } = this;
    if (!data.offers && settings.points === "own" && !settings.drawn) settings.points = "outliers";
    const arrived = settings.points === "own" && data.own && data.own.key !== before?.own?.key;
    if (!before || arrived) this.load();
    this.#recolor();
    this.#resized();
    this.remember();
  }

  destroy() {
    this.#stop.abort();
    this.#resizing.disconnect();
    this.#slices.port1.close();
    for (const timer of [this.playing, this.speaking, this.#remembering, this.#waiting]) clearTimeout(timer);
    cancelAnimationFrame(this.#frame);
    this.ui.node.remove();
  }

  // Points

  /** Takes the points of the settings; those of the open dataset come when the server has sent them. */
  load() {
    const { points, seed, drawn } = this.settings;
    if (points === "own" && !drawn && !this.data.own) {
      this.server.own(true);
      if (this.points) return;
    }
    if (drawn) this.points = structuredClone(drawn);
    else if (points !== "own") this.points = preset(points, seed);
    else this.points = this.data.own ? ownPoints(this.data.own) : preset("outliers", seed);
    this.viewport = new Viewport(this.points);
    this.#renumbered();
  }

  /** Moves a point. */
  move({ role, index }, place) {
    Object.assign(this.points[role][index], onGrid(place.x, place.y));
    this.#edited();
  }

  /** Changes the gradient norm of a pool point by a share of the largest possible. */
  strengthen({ role, index }, by) {
    if (role !== "pool") return;
    const point = this.points.pool[index];
    point.g = Math.min(NORMS - 1, Math.max(0, Math.round(point.g + by * NORMS)));
    this.#edited();
  }

  /** Adds a point. */
  add(role, { x, y }) {
    const { pool, validation } = this.points;
    if (pool.length + validation.length >= LIMITS.MAX_POINTS) return;
    this.points[role].push(role === "pool" ? poolPoint(x, y, this.norm) : onGrid(x, y));
    this.#edited(true);
  }

  /** Removes a point, but never the last of its kind. */
  erase({ role, index }) {
    if (this.points[role].length < 2) return;
    this.points[role].splice(index, 1);
    const { settings } = this;
    if (role === "pool") settings.hand = settings.hand.filter((row) => row !== index).map((row) => row - (row > index));
    this.#edited(true);
  }

  #edited(renumbered = false) {
    this.settings.drawn = this.points;
    this.points.titles = undefined;
    if (renumbered) this.#renumbered();
    else this.#moved(true);
  }

  /** Points came or went: whatever knows them by number starts anew. */
  #renumbered() {
    const { settings, points } = this;
    settings.hand = settings.hand.filter((row) => row < points.pool.length);
    settings.k = Math.min(settings.k, points.pool.length, MAX_BUDGET);
    this.pointing.forget();
    this.engine.answer = this.engine.random = null;
    this.#moved(false);
  }

  #moved(keep) {
    this.#version += 1;
    this.#ask(keep);
    this.redraw();
  }

  // Computing and drawing

  /** Has a new lambda, budget or points computed; a running answer to points of the same number may end first. */
  #ask(keep = true) {
    const { pool, validation } = this.points;
    const { k, lambda, seed } = this.settings;
    this.engine.ask({ pool, validation, version: this.#version, k, lambda, seed, keep });
    this.question = null;
    showControls(this);
    this.remember();
    this.#work(); // the picture follows with the answer
  }

  /** Something is to be shown differently: controls, picture and address follow. */
  changed() {
    showControls(this);
    this.remember();
    this.redraw();
  }

  /** Draws before the browser shows the next picture. */
  redraw() {
    this.#dirty = true;
    this.ui.node.dataset.busy = "true";
    this.#frame ||= requestAnimationFrame(() => this.#draw());
    this.#work();
  }

  #draw() {
    this.#frame = 0;
    if (!this.viewport || !this.colors) return;
    present(this);
    this.#dirty = false;
    const { dataset } = this.ui.node;
    const { answer } = this.engine;
    if (answer && answer !== this.#drawn) dataset.latency = (performance.now() - answer.asked).toFixed(1);
    this.#drawn = answer;
    this.#rest();
  }

  /** Has the engine work in slices, between which the browser draws and listens. */
  #work() {
    clearTimeout(this.#waiting);
    if (this.#working || this.engine.idle) return;
    this.ui.node.dataset.busy = "true";
    const { settled, answer } = this.engine;
    const wait = settled ? answer.asked + CALM - performance.now() : 0;
    if (wait > 0) {
      this.#waiting = window.setTimeout(() => this.#work(), wait);
      return;
    }
    this.#working = true;
    this.#slices.port2.postMessage(null);
  }

  #slice() {
    this.#working = false;
    if (this.#stop.signal.aborted) return;
    const found = this.engine.work();
    if (found === "answer") {
      if (this.settings.mode === "step" || this.ui.data.open) this.engine.wantPartial();
      showControls(this); // the number of steps is known now
    }
    if (found) this.redraw();
    this.#work();
    this.#rest();
  }

  #rest() {
    this.ui.node.dataset.busy = String(this.#dirty || !this.engine.idle);
  }

  // Settings

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
    const place = Math.min(PLACES, Math.max(0, placeOf(this.settings.lambda) + by));
    if (what === "lambda") this.setLambda(lambdaAt(place));
    else this.setBudget(this.settings.k + by);
  }

  /** Other settings altogether. @param {import("./address.js").Settings} settings */
  setUp(settings) {
    this.pause();
    this.settings = settings;
    this.question = this.answered = null;
    this.load();
    this.changed();
  }

  setMode(mode) {
    this.pause();
    if (mode === "step") {
      this.settings.step ??= 0;
      this.engine.wantPartial();
    }
    this.settings.mode = mode;
    this.question = this.answered = null;
    this.reveal = false;
    this.changed();
  }

  /** The shown step. */
  get step() {
    return Math.min(this.settings.step ?? this.lastStep, this.lastStep);
  }

  get lastStep() {
    return (this.engine.answer?.solution.steps.length ?? 1) - 1;
  }

  /** Goes some steps on, or to the "first" or "last". */
  go(to) {
    if (this.settings.mode !== "step") this.setMode("step");
    const next = to === "first" ? 0 : to === "last" ? this.lastStep : this.step + to;
    this.settings.step = Math.min(this.lastStep, Math.max(0, next));
    if (this.settings.step === this.lastStep) this.pause();
    this.changed();
  }

  pause() {
    clearTimeout(this.playing);
    this.playing = 0;
  }

  /** Lets the steps follow each other, or stops that. */
  play() {
    const next = () => {
      this.playing = window.setTimeout(next, PLAY_DELAY);
      this.go(1);
    };
    if (this.playing) this.pause();
    else {
      if (this.step === this.lastStep) this.settings.step = 0;
      this.playing = window.setTimeout(next, PLAY_DELAY);
    }
    this.changed();
  }

  /** What a click on a point does now. */
  get clicking() {
    const { mode } = this.settings;
    if (mode === "hand") return "toggle";
    if (mode === "guess") return this.question?.kind === "pick" && !this.answered ? "guess" : "none";
    return this.data?.embed ? "move" : this.tool;
  }

  /** Chooses or releases a point by hand. */
  toggle(row) {
    const { hand, k } = this.settings;
    if (hand.includes(row)) this.settings.hand = hand.filter((other) => other !== row);
    else if (hand.length < k) this.settings.hand = [...hand, row];
    this.changed();
  }

  /** The question of now. */
  asking() {
    const { answer } = this.engine;
    if (!this.question) {
      this.question = question(answer.problem, answer.k, answer.lambda, answer.solution.rows, this.asked, MAX_BUDGET);
      showControls(this); // its options
    }
    return this.question;
  }

  /** Answers the question by a point or an option; what the question supposed comes true. */
  guess(value) {
    const asked = this.question;
    if (!asked || this.answered) return;
    const { lambda = this.settings.lambda, k = this.settings.k, ...told } = asked.answer(value);
    this.answered = told;
    this.score = { right: this.score.right + (told.right ? 1 : 0), of: this.score.of + 1 };
    const supposed = lambda !== this.settings.lambda || k !== this.settings.k;
    Object.assign(this.settings, { lambda, k });
    if (supposed) this.#ask();
    this.question = asked;
    this.changed();
  }

  // Surroundings

  /** Keeps the settings in the address, a little later. */
  remember() {
    clearTimeout(this.#remembering);
    this.#remembering = window.setTimeout(() => {
      if (location.pathname !== this.#path) return; // another page is on its way
      const search = `?${write(location.search, this.settings)}`;
      if (search !== location.search)
        history.replaceState(history.state, "", location.pathname + search + location.hash);
    }, ADDRESS_DELAY);
  }

  /** A link on the page that sets the playground up does so here, without loading the page again. */
  #follow(event) {
    const link = event.target instanceof Element ? event.target.closest("a[href*='points=']") : null;
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const address = new URL(link.href);
    if (address.pathname !== location.pathname) return;
    event.preventDefault();
    event.stopPropagation();
    this.setUp(read(address.search));
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.ui.node.scrollIntoView({ block: "end", behavior: calm ? "auto" : "smooth" });
    this.ui.canvas.focus({ preventScroll: true });
  }

  #recolor() {
    this.colors = colorsOf(this.ui.node, this.data.colors);
    this.redraw();
  }

  #resized() {
    fitHeight(this.ui.node, Boolean(this.data?.embed));
    this.redraw();
  }
}
