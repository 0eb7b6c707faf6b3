// The samples behind the map: where they lie, what they are called, which sets and values they have.
import { told } from "./colors.js";
import { Grid, shuffled } from "./geometry.js";
import { SETS } from "./legend.js";
import { samplesWith } from "./search.js";
import { setOf } from "./sets.js";
import * as store from "./store.js";

const NAMES = { pool: "pool", validation: "validation", coreset: "coreset", A: "coreset A only", B: "coreset B only", both: "both coresets" };

/** Distance of the largest and the smallest value. */
function spread(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return Math.max(high - low, 1e-9);
}

export class Samples {
  constructor() {
    this.total = 0;
    this.pool = 0;
    /** @type {Map<string, object>} what may color and filter, by key */
    this.columns = new Map();
    /** @type {Map<string, {address: string, values: Float32Array | Uint16Array}>} */
    this.values = new Map();
    this.coreset = new Uint32Array(0);
  }

  /** Places of the samples; whether they are new. */
  async loadPlaces(data) {
    const [flat, targets] = await Promise.all([store.floats(data.places), store.whole(data.targets)]);
    if (this.data.key !== data.key || this.placed === data.key) return false;
    this.placed = data.key;
    this.listed = null;
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
    this.items = this.ids = null;
    return true;
  }

  /** Titles and categories of the items. */
  async loadItems(data) {
    const items = await store.json(data.items);
    if (this.data.key !== data.key) return;
    this.items = items;
    this.folded = items.titles.map((title) => title.toLowerCase());
  }

  /** The chosen rows of each run; whether they are new. */
  async loadRuns(data) {
    const rows = await Promise.all(data.runs.map((run) => store.whole(run.rows)));
    const listed = JSON.stringify(data.runs);
    if (this.data !== data || this.listed === listed) return false;
    this.listed = listed;
    this.chosen.fill(0);
    rows.forEach((list, i) => list.forEach((row) => (this.chosen[row] |= 1 << i)));
    this.coreset = setOf(rows.flatMap((list) => [...list]));
    return true;
  }

  /** Values of a column; null where the server has not made it yet. */
  async column(key) {
    const column = this.columns.get(key);
    if (!column?.address) return null;
    const known = this.values.get(key);
    if (known?.address === column.address) return known.values;
    const values = await (column.type === "codes" ? store.codes : store.floats)(column.address);
    this.values.set(key, { address: column.address, values });
    return values;
  }

  /** The set of a sample: pool, validation, coreset; with two runs A, B or both. */
  setOf(id) {
    if (id >= this.pool) return "validation";
    const code = this.chosen[id];
    if (!code) return "pool";
    return this.data.runs.length < 2 ? "coreset" : ["", "A", "B", "both"][code];
  }

  /** Title of a sample's target item. */
  title(id) {
    return this.items ? this.items.titles[this.targets[id]] : "…";
  }

  /** What is known of a sample, as names and texts. */
  fields(id) {
    const fields = [["Set", NAMES[this.setOf(id)]]];
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

  /** What the table says of a sample. */
  cell(id, key) {
    if (key === "title") return this.title(id);
    if (key === "set") return this.setOf(id);
    const value = this.value(id, key);
    if (value === undefined || value !== value) return "";
    return key === "mass" ? `${(100 * value).toFixed(2)}` : told(value);
  }

  /** What the table sorts by. */
  value(id, key) {
    if (key === "title") return this.title(id).toLowerCase();
    if (key === "set") return SETS.indexOf(this.setOf(id));
    return this.values.get(key)?.values[id] ?? NaN;
  }

  /** Samples that a query finds; the first few with their titles. */
  async search(query, most) {
    this.ids ??= await store.json(this.data.ids);
    if (!this.items) await this.loadItems(this.data);
    const found = samplesWith(query, { folded: this.folded, targets: this.targets, ids: this.ids, chosen: this.chosen, pool: this.pool });
    return { ids: found, hits: [...found.slice(0, most)].map((id) => ({ id, text: this.title(id), note: this.setOf(id) })) };
  }
}
