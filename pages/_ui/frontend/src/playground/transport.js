// Exact optimal transport between k rows of mass 1/k and m columns of mass 1/m, by shortest augmenting paths
// (Ahuja, Magnanti and Orlin 1993, chapter 9). Masses are whole units, lcm(k, m) in all, so that they add up exactly.

/** Greatest common divisor. @param {number} a @param {number} b @returns {number} */
const gcd = (a, b) => (b ? gcd(b, a % b) : a);

/** A plan that stays optimal while rows are exchanged. */
export class Transport {
  /**
   * @param {Float64Array} cost Shape [k, m]; changed by `exchange`.
   * @param {number} k Rows.
   * @param {number} m Columns.
   * @param {Float64Array} [u] Row potentials to start from, whatever they are: good ones save most of the work.
   */
  constructor(cost, k, m, u = new Float64Array(k)) {
    Object.assign(this, { cost, k, m });
    const shared = gcd(k, m);
    this.rowUnits = m / shared;
    this.columnUnits = k / shared;
    this.total = (k * m) / shared;
    this.flow = new Int32Array(m * k); // column by column, as paths look for the rows of a column
    this.u = u; // potentials: u_i + v_j <= cost_ij everywhere, equal where mass flows
    this.v = new Float64Array(m);
    this.excess = new Int32Array(k).fill(this.rowUnits);
    this.deficit = new Int32Array(m).fill(this.columnUnits);
    this.reach = new Float64Array(m);
    this.from = new Int32Array(m);
    this.columns = new Int32Array(m);
    this.depth = new Float64Array(k);
    this.via = new Int32Array(k);
    this.#fillNearest();
    for (let row = 0; row < k; row++) while (this.excess[row] > 0) this.#augment(row);
  }

  /** The cost of the plan. */
  get value() {
    const { k, m, cost, flow } = this;
    let sum = 0;
    for (let j = 0, at = 0; j < m; j++) {
      for (let i = 0; i < k; i++, at++) if (flow[at]) sum += flow[at] * cost[i * m + j];
    }
    return sum / this.total;
  }

  /** Entries that carry mass. @returns {{row: number, column: number, mass: number}[]} */
  entries() {
    const found = [];
    this.flow.forEach((units, at) => {
      if (units) found.push({ row: at % this.k, column: Math.floor(at / this.k), mass: units / this.total });
    });
    return found;
  }

  /**
   * Replaces a row if the new value is below a limit; else changes nothing.
   * @param {number} position Which row leaves.
   * @param {Float64Array} cost Of the entering row; shape [m].
   * @param {number} below Values at or above it are of no use; proving that ends the work early.
   * @returns {number | null} The new value, or null.
   */
  exchange(position, cost, below = Infinity) {
    const { k, m, flow, u, v } = this;
    const first = position * m;
    this.kept ??= { flow: flow.slice(), u: u.slice(), v: v.slice(), cost: new Float64Array(m) };
    const { kept } = this;
    kept.flow.set(flow);
    kept.u.set(u);
    kept.v.set(v);
    kept.cost.set(this.cost.subarray(first, first + m));
    for (let j = 0; j < m; j++) {
      this.deficit[j] = flow[j * k + position];
      flow[j * k + position] = 0;
    }
    this.cost.set(cost, first);
    this.excess[position] = this.rowUnits;
    u[position] = Infinity;
    for (let j = 0; j < m; j++) u[position] = Math.min(u[position], cost[j] - v[j]);
    while (this.excess[position] > 0 && this.#dualValue() < below) this.#augment(position);
    const value = this.excess[position] > 0 ? Infinity : this.value;
    if (value < below) return value;
    this.excess[position] = 0;
    this.deficit.fill(0);
    flow.set(kept.flow);
    u.set(kept.u);
    v.set(kept.v);
    this.cost.set(kept.cost, first);
    return null;
  }

  /** Never above the value of any plan, because the potentials are feasible. */
  #dualValue() {
    let rows = 0;
    let columns = 0;
    for (let i = 0; i < this.k; i++) rows += this.u[i];
    for (let j = 0; j < this.m; j++) columns += this.v[j];
    return rows / this.k + columns / this.m;
  }

  /** Prices every column at its row of least reduced cost, and lets that row serve it as far as its mass goes. */
  #fillNearest() {
    const { k, m, cost, flow, u, v } = this;
    for (let j = 0; j < m; j++) {
      let nearest = 0;
      v[j] = Infinity;
      for (let i = 0; i < k; i++) if (cost[i * m + j] - u[i] < v[j]) [v[j], nearest] = [cost[i * m + j] - u[i], i];
      const units = Math.min(this.excess[nearest], this.deficit[j]);
      flow[j * k + nearest] = units;
      this.excess[nearest] -= units;
      this.deficit[j] -= units;
    }
  }

  /** Sends mass of a row along the shortest path in reduced costs to a column that lacks some. */
  #augment(source) {
    const { k, m, cost, flow, u, v, deficit, reach, from, columns, depth, via } = this;
    depth.fill(-1); // -1 for rows not reached yet
    depth[source] = 0;
    for (let j = 0, at = source * m; j < m; j++, at++) {
      reach[j] = cost[at] - u[source] - v[j];
      from[j] = source;
      columns[j] = j;
    }
    let settled = 0; // columns[0 .. settled - 1] are done
    let sink = -1;
    while (sink < 0) {
      let place = settled;
      for (let other = settled + 1; other < m; other++)
        if (reach[columns[other]] < reach[columns[place]]) place = other;
      const column = columns[place];
      if (deficit[column] > 0) {
        sink = column;
        break;
      }
      columns[place] = columns[settled];
      columns[settled++] = column;
      const length = Math.max(reach[column], 0); // a reduced cost of -1e-17 is rounding
      for (let i = 0, entry = column * k; i < k; i++, entry++) {
        if (!flow[entry] || depth[i] >= 0) continue;
        depth[i] = length;
        via[i] = column;
        const offset = length - u[i];
        const row = i * m;
        for (let place = settled; place < m; place++) {
          const j = columns[place];
          const other = offset + cost[row + j] - v[j];
          if (other < reach[j]) {
            reach[j] = other;
            from[j] = i;
          }
        }
      }
    }
    let units = Math.min(this.excess[source], deficit[sink]);
    for (let i = from[sink]; i !== source; i = from[via[i]]) units = Math.min(units, flow[via[i] * k + i]);
    const length = reach[sink];
    for (let i = 0; i < k; i++) if (depth[i] >= 0) u[i] += length - depth[i];
    for (let place = 0; place < settled; place++) v[columns[place]] -= length - reach[columns[place]];
    for (let column = sink, i = from[sink]; ; column = via[i], i = from[column]) {
      flow[column * k + i] += units;
      if (i === source) break;
      flow[via[i] * k + i] -= units;
    }
    this.excess[source] -= units;
    deficit[sink] -= units;
  }
}
