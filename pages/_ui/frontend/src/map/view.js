// The map: what is shown, what is selected, and what the server is told of it.
import { around, fit, matrix, panBy, toData, toScreen, zoomAt, zoomOf } from "./camera.js";
import { isDark, palette, places, told } from "./colors.js";
import { contourPaths } from "./contours.js";
import { download, make } from "./dom.js";
import { createDots, dotsAtOnce } from "./dots.js";
import { filters } from "./filters.js";
import { heaviest } from "./flows.js";
import { pointsInPolygon } from "./geometry.js";
import { Legend, entriesOf } from "./legend.js";
import { drawOver, drawUnder } from "./marks.js";
import { Panel } from "./panel.js";
import { listen } from "./pointer.js";
import { Samples } from "./samples.js";
import { Shelf, fileName, ordered, summary } from "./sets.js";
import * as store from "./store.js";
import { STYLE } from "./style.js";
import { Tools } from "./tools.js";

const MOST_DIAMONDS = 6000;
const REACH = 10; // pixels from a mark within which it is hit
const SETTLED = 250;
const PANEL = ["distance", "mass", "tier"];
const TOLD = ["popularity", "norm"];

export class MapView extends Samples {
  /** @param {HTMLElement} parent */
  constructor(parent) {
    super();
    this.hidden = new Set();
    this.shelf = new Shelf("", null);
    Object.assign(this, { selection: null, inside: null, polygon: null, mask: null, sample: null, hover: null, near: null, mode: "pan" });
    Object.assign(this, { density: "pool", flowsShown: true, labelsShown: true, color: null, found: null, ready: false });
    this.#build(parent);
    this.#theme();
  }

  #build(parent) {
    this.under = make("canvas", { "aria-hidden": true });
    this.gl = make("canvas", { "aria-hidden": true });
    this.over = make("canvas", { "aria-hidden": true });
    this.tip = make("div", { class: "gm-tip", hidden: true });
    this.sampled = make("div", { class: "gm-sampled", role: "status", hidden: true });
    this.wait = make("div", { class: "gm-wait", role: "status", textContent: "Loading the map …" });
    this.plot = make(
      "div",
      {
        class: "gm-plot",
        tabIndex: 0,
        role: "application",
        "aria-label": "Map of the samples. Arrow keys move, plus and minus zoom, 0 shows everything, L turns the lasso on.",
      },
      this.under,
      this.gl,
      this.over,
      this.wait,
      this.sampled,
      this.tip,
    );
    this.tools = new Tools(this);
    this.legend = new Legend({ toggled: (key, shown) => this.toggle(key, shown) });
    this.panel = new Panel(this);
    this.root = make(
      "div",
      { class: "gm" },
      make("div", { class: "gm-main" }, this.tools.element, this.plot, this.legend.element),
      this.panel.element,
    );
    this.root.addEventListener("transitionend", (event) => event.target === this.root && this.#theme());
    this.holder = make("div", {}, make("style", { textContent: STYLE }), this.root);
    this.holder.style.containerType = "inline-size";
    parent.append(this.holder);
    this.holder.goracsMap = this; // for tests and the console
    this.sizes = new ResizeObserver(() => this.#resize());
    this.sizes.observe(this.plot);
    listen(this);
  }

  // --- what the server tells

  /** A run of the page. */
  async update(component) {
    this.component = component;
    const data = component.data;
    this.data = data;
    this.#theme();
    for (const column of data.columns) this.columns.set(column.key, column);
    for (const key of [...this.columns.keys()]) if (!data.columns.some((one) => one.key === key)) this.columns.delete(key);
    this.tools.offer(data.columns, this.color);
    try {
      if (await this.loadPlaces(data)) this.#forget(data);
      if (await this.loadRuns(data)) this.#runs(data);
      if (this.data !== data) return; // a newer run of the page goes on from here
      if (!this.ready) {
        this.color = data.color;
        this.sample = data.sample;
        this.tools.color.value = this.color;
      }
      if (data.near && data.near.sample === this.sample) this.near = data.near;
      await this.#recolored();
      if (!this.ready) this.#begin();
      this.#facts();
      this.showSample();
      this.invalidate();
      this.#background().catch((error) => this.#failed(error));
      this.asked = false;
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error) {
    if (error instanceof store.Stale && !this.asked) {
      this.asked = true; // once: the server has new addresses after the next run of the page
      this.component.setTriggerValue("stale", error.message);
      return;
    }
    this.wait.hidden = false;
    this.wait.textContent = "The map could not be loaded. Reload the page.";
    console.warn(error);
  }

  /** Nothing is selected, filtered or drawn of other samples. */
  #forget(data) {
    Object.assign(this, { selection: null, inside: null, polygon: null, mask: null, near: null, camera: null, ready: false });
    this.contours = {};
    this.shelf = new Shelf(data.key, window.sessionStorage);
    store.floats(data.density.address).then((values) => this.#keepContours("pool", data.density, values));
    this.loadItems(data).then(() => {
      if (!this.ready) return;
      this.panel.table.refresh();
      this.showSample();
    });
  }

  /** What belongs to the runs: chosen rows, flows, where the coreset is missing. */
  #runs(data) {
    this.flows = null;
    delete this.contours.missing;
    const first = data.runs[0];
    if (first?.flows) {
      Promise.all([store.whole(first.flows.ends), store.floats(first.flows.amounts)]).then(([ends, amounts]) => {
        this.flows = { ends, amounts, count: first.flows.count };
        this.#selectedFlows();
        this.showSample();
        this.invalidate();
      });
    }
    this.tools.density.options[1].disabled = !first?.missing;
    if (this.density === "missing") this.showDensity(first?.missing ? "missing" : "pool");
    this.tools.flows.disabled = !first?.flows;
    if (this.ready) this.#marksChanged();
  }

  #begin() {
    this.ready = true;
    this.wait.hidden = true;
    this.#resize();
    if (this.sample !== null) this.#zoomTo([this.sample]);
    this.#marksChanged();
  }

  /** What is not needed for the first picture. */
  async #background() {
    const data = this.data;
    const wanted = [...PANEL, ...TOLD].filter((key) => this.columns.get(key)?.address);
    await Promise.all(wanted.map((key) => this.column(key)));
    if (this.data === data) this.#facts();
  }

  // --- colours

  /** Color by another column. */
  async recolor(key) {
    this.color = key;
    this.component.setStateValue("color", key);
    if (key !== "role" && !this.columns.get(key)?.address) this.#say(`Computing: ${this.columns.get(key)?.title} …`);
    await this.#recolored().catch((error) => this.#failed(error));
    this.invalidate();
  }

  async #recolored() {
    const key = this.color;
    const values = key === "role" ? null : await this.column(key);
    if (this.color !== key) return;
    const column = values ? this.columns.get(key) : null;
    const roles = this.data.colors.roles;
    this.palette = column ? palette(column, this.data.colors, roles.pool) : [roles.pool];
    this.codes = column ? places(column, values, this.palette) : null;
    this.shownColumn = column;
    if (this.ready) await this.#marksChanged();
  }

  #colorOf(id) {
    const none = this.palette.length - 1;
    return this.codes && this.codes[id] < none ? this.palette[this.codes[id]] : this.data.colors.roles.validation;
  }

  // --- what is drawn

  visible(id) {
    if (this.mask && !this.mask[id]) return false;
    return !this.hidden.has(this.setOf(id));
  }

  /** Marks, dots and legend for the filters, sets and colours of now. */
  async #marksChanged() {
    this.limit ??= dotsAtOnce();
    const validation = [];
    for (let id = this.pool; id < this.total; id++) if (this.visible(id)) validation.push(id);
    const worst = new Set(this.data.runs[0]?.worst ?? []);
    this.shownValidation =
      validation.length > MOST_DIAMONDS
        ? validation.filter((id, i) => worst.has(id) || (i * MOST_DIAMONDS) % validation.length < MOST_DIAMONDS)
        : validation;
    if (this.color === "distance" && this.values.get("distance")) {
      const { values } = this.values.get("distance");
      this.shownValidation.sort((a, b) => values[a] - values[b]); // the badly covered on top
    }
    this.shownCoreset = (this.coreset ?? new Uint32Array(0)).filter((id) => this.visible(id));
    this.shownWorst = (this.data.runs[0]?.worst ?? []).filter((id) => this.visible(id));
    this.#showLegend();
    this.invalidate();
    await this.#drawDots();
  }

  async #drawDots() {
    if (!this.ready || !this.width || !this.dots) return;
    const { frame, width, height, camera } = this;
    const [left, top] = toData(camera, width, height, -0.1 * width, -0.1 * height);
    const [right, low] = toData(camera, width, height, 1.1 * width, 1.1 * height);
    const picked = new Uint32Array(Math.min(this.pool, this.limit));
    let count = 0;
    const many = this.pool > this.limit;
    for (let at = 0; at < this.pool && count < picked.length; at++) {
      const id = this.order[at];
      if (this.chosen[id] || !this.visible(id)) continue;
      if (many && !(this.xs[id] > left && this.xs[id] < right && this.ys[id] > low && this.ys[id] < top)) continue;
      picked[count++] = id;
    }
    const drawn = picked.subarray(0, count);
    this.drawn = many ? new Set(drawn) : null;
    const half = frame.width / 2;
    const none = this.palette.length - 1;
    this.drawnDots = count;
    this.viewed = camera;
    this.dots.view(matrix(camera, frame, height));
    await this.dots.draw({
      x: Float32Array.from(drawn, (id) => (this.xs[id] - frame.x) / half),
      y: Float32Array.from(drawn, (id) => (this.ys[id] - frame.y) / half),
      codes: Float32Array.from(drawn, (id) => (this.codes ? this.codes[id] : none)),
      colors: this.palette.length > 1 ? this.palette : [this.palette[0], this.palette[0]],
      size: this.#dotSize(),
      opacity: this.#colorsPool() ? 0.9 : 0.5,
    });
    this.#say(many ? `${count.toLocaleString("en")} of ${this.pool.toLocaleString("en")} pool samples drawn` : "");
    this.pictures = (this.pictures ?? 0) + 1;
    performance.mark("goracs-map-drawn");
  }

  /** A few words in the corner of the plot. */
  #say(text) {
    this.sampled.hidden = !text;
    this.sampled.textContent = text;
  }

  /** Diameter of the dots: small where there are many, larger with the zoom and with colours to be told apart. */
  #dotSize() {
    const size = (this.drawnDots > 20_000 ? 2 : 2.3) + (this.#colorsPool() ? 1.2 : 0);
    return size + Math.min(Math.max(Math.log2(this.zoom), 0), 3) * 0.9;
  }

  /** Whether pool samples have values of the shown column (most of them, not the coreset alone). */
  #colorsPool() {
    if (!this.codes) return false;
    const none = this.palette.length - 1;
    for (let at = 0; at < Math.min(this.pool, 50); at++) {
      const id = this.order[at];
      if (!this.chosen[id] && this.codes[id] < none) return true;
    }
    return false;
  }

  #showLegend() {
    const counts = { pool: this.pool - (this.coreset?.length ?? 0), validation: this.total - this.pool };
    for (const id of this.coreset ?? []) counts[this.setOf(id)] = (counts[this.setOf(id)] ?? 0) + 1;
    const entries = entriesOf(counts, this.data.runs, this.hidden);
    this.legend.show({ entries, column: this.shownColumn, colors: this.data.colors, theme: this.theme });
  }

  /** Hide or show a set of samples. */
  toggle(key, shown) {
    shown ? this.hidden.delete(key) : this.hidden.add(key);
    this.#marksChanged();
  }

  /** Draw at the next frame. */
  invalidate() {
    if (this.frameAsked) return;
    this.frameAsked = true;
    requestAnimationFrame(() => {
      this.frameAsked = false;
      this.#draw();
    });
  }

  #draw() {
    if (!this.ready || !this.width || !this.camera) return;
    const scene = {
      camera: this.camera,
      frame: this.frame,
      width: this.width,
      height: this.height,
      ratio: this.ratio,
      theme: this.theme,
      xs: this.xs,
      ys: this.ys,
      chosen: this.chosen,
      contours: this.contours[this.density] ? { ...this.contours[this.density], color: this.theme[this.density] } : null,
      validation: this.shownValidation,
      coreset: this.shownCoreset,
      colorOf: (id) => this.#colorOf(id),
      selected: this.selection,
      faded: this.inside ? (id) => !this.inside[id] : null,
      polygon: this.polygon,
      flows: this.flowsShown ? this.shownFlows : null,
      near: this.near && this.near.sample === this.sample ? this.near : null,
      worst: this.hidden.has("worst") ? [] : this.shownWorst,
      labels: this.labelsShown ? this.data.labels : null,
      sample: this.sample,
      hover: this.hover,
    };
    drawUnder(this.under, scene);
    drawOver(this.over, scene);
    if (this.camera === this.viewed) return; // a picture of the dots takes long where it is drawn by software
    this.viewed = this.camera;
    this.dots?.view(matrix(this.camera, this.frame, this.height));
  }

  #theme() {
    const style = getComputedStyle(this.root);
    const of = (name, other) => style.getPropertyValue(`--st-${name}`).trim() || other;
    const roles = this.data?.colors.roles ?? { pool: "#89939f", highlight: "#be008e", validation: "#0b79bd" };
    const ground = of("background-color", "#ffffff");
    this.theme = {
      ground,
      ink: of("text-color", "#11181f"),
      primary: of("primary-color", "#1f5fa8"),
      border: of("border-color", "#d8dee4"),
      dark: isDark(ground),
      ...roles,
      missing: roles.highlight,
    };
    this.root.style.setProperty("--gm-pool", roles.pool);
    if (!this.ready) return;
    this.#showLegend();
    this.panel.filters.redraw();
    this.invalidate();
  }

  #resize() {
    // The library draws in the middle of a canvas as large as the window: with half a pixel on each side it would blur.
    const width = this.plot.clientWidth - ((this.plot.clientWidth - window.innerWidth) & 1);
    const height = this.plot.clientHeight - ((this.plot.clientHeight - window.innerHeight) & 1);
    if (!this.ready || width < 1 || height < 1) return;
    const old = this.width;
    Object.assign(this, { width, height, ratio: window.devicePixelRatio || 1 });
    for (const canvas of [this.under, this.over]) {
      canvas.width = width * this.ratio;
      canvas.height = height * this.ratio;
    }
    this.plot.style.setProperty("--gm-width", `${width}px`);
    this.plot.style.setProperty("--gm-height", `${height}px`);
    if (!this.dots) {
      this.dots = createDots(this.gl, width, height);
      this.camera ??= fit(this.frame, width, height);
      if (this.shownValidation) this.#drawDots();
    } else {
      this.dots.resize(width, height);
      this.viewed = null;
      const whole = fit(this.frame, width, height);
      this.camera = this.camera ? { ...this.camera, scale: (whole.scale * this.camera.scale) / this.fitted } : whole;
    }
    this.fitted = fit(this.frame, width, height).scale;
    if (old !== width) this.panel.filters.redraw();
    this.invalidate();
  }

  // --- the camera

  #moved() {
    this.invalidate();
    clearTimeout(this.settling);
    const settled = () => (this.pool > this.limit ? this.#drawDots() : this.dots?.sized(this.#dotSize()));
    this.settling = setTimeout(settled, SETTLED);
  }

  zoomBy(factor, left = this.width / 2, top = this.height / 2) {
    this.camera = zoomAt(this.camera, this.frame, this.width, this.height, left, top, factor);
    this.#moved();
  }

  moveBy(left, top) {
    this.camera = panBy(this.camera, this.frame, left, top);
    this.#moved();
  }

  fit() {
    this.camera = fit(this.frame, this.width, this.height);
    this.#moved();
  }

  #zoomTo(ids) {
    if (!this.width) return;
    const places = ids.map((id) => [this.xs[id], this.ys[id]]);
    const shown = around(places, this.frame, this.width, this.height, 3);
    const now = this.camera ?? fit(this.frame, this.width, this.height);
    this.camera = { x: shown.x, y: shown.y, scale: ids.length > 1 ? shown.scale : Math.max(now.scale, shown.scale) };
    this.#moved();
  }

  /** Where a sample is, in pixels of the plot. */
  screen(id) {
    return toScreen(this.camera, this.width, this.height, this.xs[id], this.ys[id]);
  }

  get zoom() {
    return zoomOf(this.camera, this.frame, this.width, this.height);
  }

  // --- hover and click

  /** The sample under a pixel; chosen ones before validation, these before the pool. */
  at(left, top) {
    const [x, y] = toData(this.camera, this.width, this.height, left, top);
    const reach = REACH / this.camera.scale;
    let best = null;
    let least = Infinity;
    this.grid.near(x, y, reach, (id, squared) => {
      if (!this.visible(id)) return;
      const own = this.chosen[id] ? 4 : id >= this.pool ? 2 : 0;
      if (!own && this.drawn && !this.drawn.has(id)) return;
      const away = Math.sqrt(squared) * this.camera.scale - own;
      if (away < least && Math.sqrt(squared) * this.camera.scale < (own ? REACH : 7)) [least, best] = [away, id];
    });
    return best;
  }

  /** Show what is under the pointer. */
  showTip(id, left, top) {
    this.plot.dataset.over = String(id !== null && this.mode === "pan");
    if (id !== this.hover) {
      this.hover = id;
      this.invalidate();
      this.tip.hidden = id === null;
      if (id !== null) {
        const fields = [...this.fields(id), ...this.#matched(id)].flatMap(([name, value]) => [make("dt", { textContent: name }), make("dd", { textContent: value })]);
        this.tip.replaceChildren(make("strong", { textContent: this.title(id) }), make("dl", {}, ...fields));
      }
    }
    if (id === null) return;
    const { offsetWidth, offsetHeight } = this.tip;
    this.tip.style.left = `${Math.max(left + 16 + offsetWidth > this.width ? left - 12 - offsetWidth : left + 16, 2)}px`;
    this.tip.style.top = `${Math.min(Math.max(top + 12, 2), Math.max(this.height - offsetHeight - 2, 2))}px`;
  }

  /** Whom a sample is matched to, in one line. */
  #matched(id) {
    const { from, to } = heaviest(this.flows, (one) => one === id);
    if (!from.length) return [];
    const first = this.title(id >= this.pool ? to[0] : from[0]);
    return [[id >= this.pool ? "Matched to" : "Covers", from.length > 1 ? `${first} and ${from.length - 1} more` : first]];
  }

  /** Mark the sample of a row of the table. */
  hoverRow(id) {
    this.hover = id;
    this.invalidate();
  }

  /** Open a sample (or none): its ring, row, card, flows and neighbours. */
  pick(id, { zoom = false } = {}) {
    this.sample = id;
    this.showTip(null);
    this.near = this.data.near && this.data.near.sample === id ? this.data.near : null;
    if (zoom && id !== null) this.#zoomTo([id]);
    this.#selectedFlows();
    this.showSample();
    if (this.panel.at !== 0 && id !== null) this.panel.open(0);
    this.invalidate();
    this.component.setStateValue("sample", id);
  }

  /** Write the card of the clicked sample. */
  showSample() {
    const id = this.sample;
    if (!this.ready) return;
    if (id === null) return void this.panel.showSample(null);
    const flows = heaviest(this.flows, (one) => one === id);
    const served = id >= this.pool;
    const partners = flows.from.map((from, i) => ({
      id: served ? flows.to[i] : from,
      text: this.title(served ? flows.to[i] : from),
      note: `${(100 * flows.mass[i]).toFixed(2)} % · ${told(flows.distance[i])}`,
    }));
    const near = this.near?.sample === id ? this.near.ids.map((other, i) => ({ id: other, text: this.title(other), note: told(this.near.distances[i]) })) : [];
    this.panel.showSample({ id, title: this.title(id), fields: this.fields(id), served, partners: partners.slice(0, 6), near });
  }

  // --- selections

  setMode(mode) {
    this.mode = mode;
    this.plot.dataset.mode = mode;
    this.tools.press(this.tools.lasso, mode === "lasso");
  }

  /** Select what a polygon (data coordinates) holds, of all samples that are not hidden or filtered out. */
  lasso(polygon) {
    const inside = pointsInPolygon(this.xs, this.ys, polygon);
    const kept = this.mask || this.hidden.size ? inside.filter((id) => this.visible(id)) : inside;
    this.select(kept, polygon);
    this.setMode("pan");
  }

  /** Select samples; null for none. */
  select(ids, polygon = null) {
    this.selection = ids;
    this.polygon = ids ? polygon : null;
    this.inside = ids ? new Uint8Array(this.total) : null;
    for (const id of ids ?? []) this.inside[id] = 1;
    this.#selectedFlows();
    this.#facts();
    this.invalidate();
  }

  selectView() {
    const corners = [[0, 0], [this.width, 0], [this.width, this.height], [0, this.height]];
    this.lasso(corners.map(([left, top]) => toData(this.camera, this.width, this.height, left, top)));
    this.polygon = null;
    this.panel.open(0);
  }

  selectFiltered() {
    const found = new Uint32Array(this.total);
    let count = 0;
    for (let id = 0; id < this.total; id++) if (this.visible(id)) found[count++] = id;
    this.select(found.slice(0, count));
    this.panel.open(0);
  }

  invert() {
    const inside = this.inside;
    this.select(Uint32Array.from({ length: this.total }, (_, id) => id).filter((id) => !inside?.[id]));
  }

  /** Show only what passes the filters. */
  filter(mask) {
    this.mask = mask;
    if (this.ready) this.#marksChanged();
  }

  /** The columns that filter, once somebody looks at them. */
  async loadFilters() {
    const keys = [...this.columns.values()].filter((column) => column.address && filters(column)).map((column) => column.key);
    const loaded = await Promise.all(keys.map((key) => this.column(key)));
    this.panel.filters.show(keys.map((key, i) => ({ column: this.columns.get(key), values: loaded[i] })));
  }

  #facts() {
    if (!this.ready) return;
    const of = (key) => this.values.get(key)?.values;
    const samples = { pool: this.pool, validation: this.total - this.pool, chosen: this.chosen, distance: of("distance"), tier: of("tier") };
    const whole = summary(null, samples);
    const coreset = this.coreset?.length ? summary(this.coreset, samples) : null;
    const ids = this.selection;
    const worst = this.data.runs[0]?.worst ?? [];
    const listed = ids ? ordered(ids, samples) : Uint32Array.from(worst);
    const caption = ids ? `Selected samples (${ids.length.toLocaleString("en")})` : worst.length ? `The ${worst.length} worst covered` : "Nothing selected";
    const [first, second] = this.data.runs;
    const counted = { a: 0, b: 0, both: 0 };
    for (const id of this.coreset ?? []) counted[["", "a", "b", "both"][this.chosen[id]]]++;
    const jaccard = second && this.data.jaccard !== undefined ? { value: this.data.jaccard, ...counted } : null;
    this.panel.show({ summary: ids ? summary(ids, samples) : whole, whole, coreset, ids, listed, caption, jaccard, missing: first?.missing?.share });
    this.panel.table.pick(this.sample);
  }

  /** What the table says of a sample; the worst covered with their rank. */
  cell(id, key) {
    const rank = key !== "title" || this.selection ? -1 : (this.data.runs[0]?.worst ?? []).indexOf(id);
    return rank < 0 ? super.cell(id, key) : `${rank + 1}. ${super.cell(id, key)}`;
  }

  // --- flows, density, search, files

  #selectedFlows() {
    if (this.sample !== null) this.shownFlows = heaviest(this.flows, (id) => id === this.sample);
    else this.shownFlows = this.inside ? heaviest(this.flows, (id) => this.inside[id] === 1) : null;
  }

  /** Show the flows of what is selected, or none. */
  showFlows(on) {
    this.flowsShown = on;
    this.tools.press(this.tools.flows, on);
    this.invalidate();
  }

  /** Show the contours of the pool, of where the coreset is missing, or none. */
  async showDensity(key) {
    this.density = key;
    this.tools.density.value = key;
    const grid = this.data.runs[0]?.missing;
    if (key === "missing" && grid && !this.contours.missing) this.#keepContours("missing", grid, await store.floats(grid.address));
    this.invalidate();
  }

  #keepContours(key, grid, values) {
    this.contours[key] = { grid, paths: contourPaths(values, grid) };
    this.invalidate();
  }

  /** Save the selection (or everything) as a file that the server writes. */
  async save(kind) {
    const ids = this.selection ?? Uint32Array.from({ length: this.total }, (_, id) => id);
    await this.#save(kind, ids, `map-selection-${ids.length}.${kind}`);
  }

  /** Save the ids of a named set. */
  async saveSet(name, ids) {
    await this.#save(`json?name=${encodeURIComponent(name)}`, ids, `${fileName(name)}.json`);
  }

  async #save(kind, ids, file) {
    const response = await fetch(new URL(`${this.data.export}.${kind}`, document.baseURI), { method: "POST", body: ids.slice().buffer });
    if (response.ok) download(await response.blob(), file);
    else this.#failed(response.status === 404 ? new store.Stale(kind) : new Error(String(response.status)));
  }

  /** Let go of the graphics memory. */
  destroy() {
    this.sizes.disconnect();
    this.dots?.destroy();
    this.dots = null;
    this.holder.remove();
  }
}
