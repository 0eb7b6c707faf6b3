// The map: what is shown, what is selected, and what the server is told of it.
import { around, fit, matrix, panBy, toData, toScreen, zoomAt, zoomOf } from "./camera.js";
import { isDark, palette, places, told } from "./colors.js";
import { contourPaths } from "./contours.js";
import { download, make } from "./dom.js";
import { createDots, dotsAtOnce } from "./dots.js";
import { filters } from "./filters.js";
import { Find } from "./find.js";
import { Grid, pointsInPolygon, shuffled } from "./geometry.js";
import { Legend } from "./legend.js";
import { drawOver, drawUnder } from "./marks.js";
import { Panel } from "./panel.js";
import { listen } from "./pointer.js";
import { samplesWith } from "./search.js";
import { Shelf, setOf, summary } from "./sets.js";
import * as store from "./store.js";
import { STYLE } from "./style.js";

const MOST_DIAMONDS = 6000;
const MOST_FLOWS = 100;
const REACH = 10; // pixels from a mark within which it is hit
const SETTLED = 250;
const SETS = ["pool", "validation", "coreset", "A", "B", "both"];
const PANEL = ["distance", "mass", "tier"];
const TOLD = ["popularity", "norm"];

/** Distance of the largest and the smallest value. */
function spread(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return Math.max(high - low, 1e-9);
}

export class MapView {
  /** @param {HTMLElement} parent */
  constructor(parent) {
    this.total = 0;
    this.columns = new Map();
    this.values = new Map();
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
      this.tip,
    );
    this.legend = new Legend({ toggled: (key, shown) => this.toggle(key, shown) });
    this.panel = new Panel(this);
    this.root = make(
      "div",
      { class: "gm" },
      make("div", { class: "gm-main" }, this.#tools(), this.plot, this.legend.element),
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

  #tools() {
    const choice = (label, options, value, onchange) =>
      make("select", { "aria-label": label, title: label, onchange: (e) => onchange(e.target.value) }, ...options.map(([key, text]) => make("option", { value: key, textContent: text, selected: key === value })));
    const button = (text, title, onclick) => make("button", { type: "button", textContent: text, title, "aria-label": title, onclick });
    this.colorBox = choice("Color by", [], "", (key) => this.recolor(key));
    this.densityBox = choice(
      "Density",
      [["pool", "Density: pool"], ["missing", "Density: coreset missing"], ["none", "No density"]],
      this.density,
      (key) => this.#showDensity(key),
    );
    this.find = new Find({
      search: (query, most) => this.#search(query, most),
      jump: (id) => this.pick(id, { zoom: true }),
      found: () => {},
    });
    this.lassoButton = button("Lasso", "Draw a lasso (L, or hold Shift)", () => this.setMode(this.mode === "lasso" ? "pan" : "lasso"));
    this.lassoButton.setAttribute("aria-pressed", "false");
    this.flowButton = button("Flows", "Show transport flows of what is selected", () => {
      this.flowsShown = !this.flowsShown;
      this.flowButton.setAttribute("aria-pressed", String(this.flowsShown));
      this.invalidate();
    });
    this.flowButton.setAttribute("aria-pressed", "true");
    const zoom = (factor) => this.zoomBy(factor);
    return make(
      "div",
      { class: "gm-tools", role: "toolbar", "aria-label": "Map" },
      this.colorBox,
      this.densityBox,
      this.find.element,
      this.lassoButton,
      this.flowButton,
      button("+", "Zoom in", () => zoom(1.5)),
      button("−", "Zoom out", () => zoom(1 / 1.5)),
      button("Reset", "Show everything (0)", () => this.fit()),
    );
  }

  // --- what the server tells

  /** A run of the page. */
  async update(component) {
    this.component = component;
    const data = component.data;
    const before = this.data;
    this.data = data;
    this.#theme();
    for (const column of data.columns) this.columns.set(column.key, column);
    for (const key of [...this.columns.keys()]) if (!data.columns.some((one) => one.key === key)) this.columns.delete(key);
    this.#offerColors();
    try {
      if (before?.key !== data.key) await this.#places(data);
      if (this.data !== data) return;
      if (JSON.stringify(before?.runs) !== JSON.stringify(data.runs)) await this.#runs(data);
      if (this.data !== data) return;
      if (!this.ready) {
        this.color = data.color;
        this.sample = data.sample;
        this.colorBox.value = this.color;
      }
      if (data.near && data.near.sample === this.sample) this.near = data.near;
      await this.#recolored();
      if (!this.ready) this.#begin();
      this.#facts();
      this.showSample();
      this.invalidate();
      this.#background();
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

  async #places(data) {
    const [flat, targets] = await Promise.all([store.floats(data.places), store.whole(data.targets)]);
    if (this.data !== data) return;
    this.pool = data.pool;
    this.total = data.pool + data.validation;
    this.xs = flat.subarray(0, this.total);
    this.ys = flat.subarray(this.total);
    this.targets = targets;
    const { low, width } = data.density;
    this.frame = { x: low[0] + width / 2, y: low[1] + width / 2, width, across: spread(this.xs), up: spread(this.ys) };
    this.grid = new Grid(this.xs, this.ys, this.frame);
    this.order = shuffled(this.pool);
    this.chosen = new Uint8Array(this.total);
    this.values.clear();
    this.contours = {};
    this.camera = null;
    this.shelf = new Shelf(data.key, window.sessionStorage);
    Object.assign(this, { selection: null, inside: null, polygon: null, mask: null, near: null, items: null, ids: null, ready: false });
    store.floats(data.density.address).then((values) => this.#keepContours("pool", data.density, values));
    store.json(data.items).then((items) => {
      this.items = items;
      this.folded = items.titles.map((title) => title.toLowerCase());
      if (this.ready) {
        this.panel.table.refresh();
        this.showSample();
      }
    });
  }

  async #runs(data) {
    const rows = await Promise.all(data.runs.map((run) => store.whole(run.rows)));
    if (this.data !== data) return;
    this.chosen.fill(0);
    rows.forEach((list, i) => list.forEach((row) => (this.chosen[row] |= 1 << i)));
    this.coreset = setOf(rows.flatMap((list) => [...list]));
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
    this.densityBox.options[1].disabled = !first?.missing;
    if (this.density === "missing") this.#showDensity(first?.missing ? "missing" : "pool");
    this.flowButton.disabled = !first?.flows;
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
    await Promise.all(wanted.map((key) => this.#column(key)));
    if (this.data === data) this.#facts();
  }

  /** Values of a column; null where the server has not made it yet. */
  async #column(key) {
    const column = this.columns.get(key);
    if (!column?.address) return null;
    const known = this.values.get(key);
    if (known?.address === column.address) return known.values;
    const values = await (column.type === "codes" ? store.codes : store.floats)(column.address);
    this.values.set(key, { address: column.address, values });
    return values;
  }

  // --- colours

  #offerColors() {
    const options = [["role", "Color: set"], ...[...this.columns.values()].map((column) => [column.key, `Color: ${column.title.toLowerCase()}`])];
    const same = [...this.colorBox.options].map((one) => one.value).join() === options.map(([key]) => key).join();
    if (same) return;
    this.colorBox.replaceChildren(...options.map(([key, text]) => make("option", { value: key, textContent: text })));
    if (this.color) this.colorBox.value = this.color;
  }

  /** Color by another column. */
  async recolor(key) {
    this.color = key;
    this.component.setStateValue("color", key);
    await this.#recolored();
    this.invalidate();
  }

  async #recolored() {
    const key = this.color;
    const values = key === "role" ? null : await this.#column(key);
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

  /** The set of a sample: pool, validation, coreset; with two runs A, B or both. */
  setOf(id) {
    if (id >= this.pool) return "validation";
    const code = this.chosen[id];
    if (!code) return "pool";
    return this.data.runs.length < 2 ? "coreset" : ["", "A", "B", "both"][code];
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
    const size = count > 20_000 ? 1.6 : 2;
    await this.dots.draw({
      x: Float32Array.from(drawn, (id) => (this.xs[id] - frame.x) / half),
      y: Float32Array.from(drawn, (id) => (this.ys[id] - frame.y) / half),
      codes: Float32Array.from(drawn, (id) => (this.codes ? this.codes[id] : none)),
      colors: this.palette.length > 1 ? this.palette : [this.palette[0], this.palette[0]],
      size: this.#colorsPool() ? size + 1.6 : size,
      opacity: this.#colorsPool() ? 0.9 : 0.55,
    });
    this.dots.view(matrix(this.camera, frame, height));
    this.drawnDots = count;
    this.pictures = (this.pictures ?? 0) + 1;
    performance.mark("goracs-map-drawn");
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
    const { runs } = this.data;
    const counts = { pool: this.pool - (this.coreset?.length ?? 0), validation: this.total - this.pool, coreset: 0, A: 0, B: 0, both: 0 };
    for (const id of this.coreset ?? []) counts[this.setOf(id)]++;
    const letter = (i) => runs[i]?.name ?? "";
    const names = { pool: "Pool", validation: "Validation", coreset: "Coreset", A: `${letter(0)} only`, B: `${letter(1)} only`, both: "Both" };
    const kinds = { pool: "dot", validation: "diamond", coreset: "plus", A: "plus", B: "cross", both: "star" };
    const entries = SETS.filter((key) => counts[key] || key === "pool" || key === "validation" || (runs.length === 2 && key !== "coreset"))
      .map((key) => ({ key, name: names[key], count: counts[key], kind: kinds[key], shown: !this.hidden.has(key) }));
    if (runs[0]?.worst) entries.push({ key: "worst", name: "Worst covered", count: runs[0].worst.length, kind: "ring", shown: !this.hidden.has("worst") });
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
    this.dots?.view(matrix(this.camera, this.frame, this.height));
  }

  #theme() {
    const style = getComputedStyle(this.root);
    const of = (name, other) => style.getPropertyValue(`--st-${name}`).trim() || other;
    const roles = this.data?.colors.roles ?? { pool: "#7f858f", highlight: "#b5529a", validation: "#0b79bd" };
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
    const { clientWidth, clientHeight } = this.plot;
    if (!this.ready || !clientWidth || !clientHeight) return;
    const old = this.width;
    Object.assign(this, { width: clientWidth, height: clientHeight, ratio: window.devicePixelRatio || 1 });
    for (const canvas of [this.under, this.over]) {
      canvas.width = clientWidth * this.ratio;
      canvas.height = clientHeight * this.ratio;
    }
    if (!this.dots) {
      this.dots = createDots(this.gl, clientWidth, clientHeight);
      this.camera ??= fit(this.frame, clientWidth, clientHeight);
      this.#drawDots();
    } else {
      this.dots.resize(clientWidth, clientHeight);
      const zoom = this.camera.scale / this.fitted;
      this.camera = { ...this.camera, scale: fit(this.frame, clientWidth, clientHeight).scale * zoom };
    }
    this.fitted = fit(this.frame, clientWidth, clientHeight).scale;
    if (old !== clientWidth) this.panel.filters.redraw();
    this.invalidate();
  }

  // --- the camera

  #moved() {
    this.invalidate();
    clearTimeout(this.settling);
    if (this.pool > this.limit) this.settling = setTimeout(() => this.#drawDots(), SETTLED);
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
    const shown = around(places, this.frame, this.width, this.height, 5);
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
        const fields = this.#fields(id).flatMap(([name, value]) => [make("dt", { textContent: name }), make("dd", { textContent: value })]);
        this.tip.replaceChildren(make("strong", { textContent: this.title(id) }), make("dl", {}, ...fields));
      }
    }
    if (id === null) return;
    const { offsetWidth, offsetHeight } = this.tip;
    this.tip.style.left = `${Math.max(left + 16 + offsetWidth > this.width ? left - 12 - offsetWidth : left + 16, 2)}px`;
    this.tip.style.top = `${Math.min(Math.max(top + 12, 2), Math.max(this.height - offsetHeight - 2, 2))}px`;
  }

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

  title(id) {
    return this.items ? this.items.titles[this.targets[id]] : "…";
  }

  #fields(id) {
    const names = { pool: "pool", validation: "validation", coreset: "coreset", A: "coreset A only", B: "coreset B only", both: "both coresets" };
    const fields = [["Set", names[this.setOf(id)]]];
    const category = this.items?.categories[this.targets[id]];
    if (category) fields.push(["Category", category]);
    for (const [key, { values }] of this.values) {
      const column = this.columns.get(key);
      if (!column || (key === "category" && category)) continue;
      const value = values[id];
      if (column.type === "codes") {
        if (column.names[value] !== undefined) fields.push([column.title, column.names[value]]);
      } else if (value === value) fields.push([column.title, key === "mass" ? `${(100 * value).toFixed(3)} %` : told(value, column.scale)]);
    }
    return fields;
  }

  showSample() {
    const id = this.sample;
    if (!this.ready) return;
    if (id === null) return void this.panel.showSample(null);
    const flows = this.#flowsOf((one) => one === id);
    const served = id >= this.pool;
    const partners = flows.from.map((from, i) => ({
      id: served ? flows.to[i] : from,
      text: this.title(served ? flows.to[i] : from),
      note: `${(100 * flows.mass[i]).toFixed(2)} % · ${told(flows.distance[i])}`,
    }));
    const near = this.near?.sample === id ? this.near.ids.map((other, i) => ({ id: other, text: this.title(other), note: told(this.near.distances[i]) })) : [];
    this.panel.showSample({ id, title: this.title(id), fields: this.#fields(id), served, partners: partners.slice(0, 6), near });
  }

  // --- selections

  setMode(mode) {
    this.mode = mode;
    this.plot.dataset.mode = mode;
    this.lassoButton.setAttribute("aria-pressed", String(mode === "lasso"));
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
    const loaded = await Promise.all(keys.map((key) => this.#column(key)));
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
    const listed = ids ? this.#ordered(ids) : Uint32Array.from(worst);
    const caption = ids ? `Selected samples (${ids.length.toLocaleString("en")})` : worst.length ? `The ${worst.length} worst covered` : "Nothing selected";
    const [first, second] = this.data.runs;
    const counted = { a: 0, b: 0, both: 0 };
    for (const id of this.coreset ?? []) counted[["", "a", "b", "both"][this.chosen[id]]]++;
    const jaccard = second && this.data.jaccard !== undefined ? { value: this.data.jaccard, ...counted } : null;
    this.panel.show({ summary: ids ? summary(ids, samples) : whole, whole, coreset, ids, listed, caption, jaccard, missing: first?.missing?.share });
    this.panel.table.pick(this.sample);
  }

  /** Validation by falling distance, then the coreset, then the pool. */
  #ordered(ids) {
    const distance = this.values.get("distance")?.values;
    const of = (id) => (distance && distance[id] === distance[id] ? distance[id] : -1);
    const validation = ids.filter((id) => id >= this.pool);
    const chosen = ids.filter((id) => id < this.pool && this.chosen[id]);
    const pool = ids.filter((id) => id < this.pool && !this.chosen[id]);
    validation.sort((a, b) => of(b) - of(a));
    chosen.sort((a, b) => of(b) - of(a));
    return Uint32Array.from([...validation, ...chosen, ...pool]);
  }

  /** What the table says of a sample. */
  cell(id, key) {
    if (key === "title") {
      const rank = this.selection ? -1 : (this.data.runs[0]?.worst ?? []).indexOf(id);
      return rank < 0 ? this.title(id) : `${rank + 1}. ${this.title(id)}`;
    }
    if (key === "set") return this.setOf(id);
    const value = this.value(id, key);
    if (value === undefined || value !== value) return "";
    return key === "mass" ? `${(100 * value).toFixed(2)}` : told(value);
  }

  value(id, key) {
    if (key === "title") return this.title(id).toLowerCase();
    if (key === "set") return SETS.indexOf(this.setOf(id));
    return this.values.get(key)?.values[id] ?? NaN;
  }

  // --- flows, density, search, files

  /** The heaviest entries of the plan with an end that is asked for. */
  #flowsOf(wanted) {
    const found = { from: [], to: [], mass: [], distance: [] };
    if (!this.flows) return found;
    const { ends, amounts, count } = this.flows;
    const picked = [];
    for (let e = 0; e < count; e++) if (wanted(ends[e]) || wanted(ends[count + e])) picked.push(e);
    picked.sort((a, b) => amounts[b] - amounts[a]);
    for (const e of picked.slice(0, MOST_FLOWS)) {
      found.from.push(ends[count + e]);
      found.to.push(ends[e]);
      found.mass.push(amounts[e]);
      found.distance.push(amounts[count + e]);
    }
    return found;
  }

  #selectedFlows() {
    if (this.sample !== null) this.shownFlows = this.#flowsOf((id) => id === this.sample);
    else this.shownFlows = this.inside ? this.#flowsOf((id) => this.inside[id] === 1) : null;
  }

  async #showDensity(key) {
    this.density = key;
    this.densityBox.value = key;
    const grid = this.data.runs[0]?.missing;
    if (key === "missing" && grid && !this.contours.missing) this.#keepContours("missing", grid, await store.floats(grid.address));
    this.invalidate();
  }

  #keepContours(key, grid, values) {
    this.contours[key] = { grid, paths: contourPaths(values, grid) };
    this.invalidate();
  }

  async #search(query, most) {
    this.ids ??= await store.json(this.data.ids);
    if (!this.items) await store.json(this.data.items);
    const found = samplesWith(query, { folded: this.folded, targets: this.targets, ids: this.ids, chosen: this.chosen, pool: this.pool });
    return { ids: found, hits: [...found.slice(0, most)].map((id) => ({ id, text: this.title(id), note: this.setOf(id) })) };
  }

  /** Save the selection (or everything) as a file that the server writes. */
  async save(kind) {
    const ids = this.selection ?? Uint32Array.from({ length: this.total }, (_, id) => id);
    const response = await fetch(new URL(`${this.data.export}.${kind}`, document.baseURI), { method: "POST", body: ids.slice().buffer });
    if (response.ok) download(await response.blob(), `map-selection-${ids.length}.${kind}`);
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
