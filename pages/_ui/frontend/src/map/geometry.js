// Points in polygons and near places; over all samples, drawn or not.

const SLABS = 128;

/**
 * Which points lie in a polygon (even-odd rule; a side belongs to the polygon on its left).
 * @param {Float32Array} xs
 * @param {Float32Array} ys
 * @param {[number, number][]} polygon  at least three corners
 * @returns {Uint32Array} their numbers, rising
 */
export function pointsInPolygon(xs, ys, polygon) {
  if (polygon.length < 3) return new Uint32Array(0);
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const [x, y] of polygon) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    low = Math.min(low, y);
    high = Math.max(high, y);
  }
  // Each horizontal slab knows the sides that cross it, so that a point is compared with a few sides only.
  const height = Math.max((high - low) / SLABS, 1e-300);
  /** @type {number[][]} */
  const slabs = Array.from({ length: SLABS }, () => []);
  const slabOf = (y) => Math.min(Math.max(Math.floor((y - low) / height), 0), SLABS - 1);
  polygon.forEach(([x0, y0], i) => {
    const [x1, y1] = polygon[(i + 1) % polygon.length];
    if (y0 === y1) return;
    const from = Math.max(slabOf(Math.min(y0, y1)) - 1, 0);
    const to = Math.min(slabOf(Math.max(y0, y1)) + 1, SLABS - 1);
    for (let slab = from; slab <= to; slab++) slabs[slab].push(x0, y0, x1, y1);
  });
  const found = new Uint32Array(xs.length);
  let count = 0;
  for (let i = 0; i < xs.length; i++) {
    const x = xs[i];
    const y = ys[i];
    if (x < left || x > right || y < low || y > high) continue;
    const sides = slabs[slabOf(y)];
    let inside = false;
    for (let s = 0; s < sides.length; s += 4) {
      const y0 = sides[s + 1];
      const y1 = sides[s + 3];
      if (y0 > y !== y1 > y && x < ((sides[s + 2] - sides[s]) * (y - y0)) / (y1 - y0) + sides[s]) inside = !inside;
    }
    if (inside) found[count++] = i;
  }
  return found.slice(0, count);
}

/** Points in square cells, to find those near a place without looking at all of them. */
export class Grid {
  /**
   * @param {Float32Array} xs
   * @param {Float32Array} ys
   * @param {{x: number, y: number, width: number}} frame  square that holds all points
   */
  constructor(xs, ys, frame) {
    this.xs = xs;
    this.ys = ys;
    this.cells = Math.min(Math.max(Math.ceil(Math.sqrt(xs.length / 4)), 8), 512);
    this.left = frame.x - frame.width / 2;
    this.low = frame.y - frame.width / 2;
    this.size = frame.width / this.cells;
    const cell = new Uint32Array(xs.length);
    this.starts = new Uint32Array(this.cells * this.cells + 1);
    for (let i = 0; i < xs.length; i++) {
      cell[i] = this.#place(ys[i] - this.low) * this.cells + this.#place(xs[i] - this.left);
      this.starts[cell[i] + 1]++;
    }
    for (let c = 0; c < this.cells * this.cells; c++) this.starts[c + 1] += this.starts[c];
    const next = this.starts.slice();
    this.points = new Uint32Array(xs.length);
    for (let i = 0; i < xs.length; i++) this.points[next[cell[i]]++] = i;
  }

  #place(along) {
    return Math.min(Math.max(Math.floor(along / this.size), 0), this.cells - 1);
  }

  /** Call `visit(point, squared distance)` for each point within a radius. */
  near(x, y, radius, visit) {
    const [left, right] = [this.#place(x - radius - this.left), this.#place(x + radius - this.left)];
    const [low, high] = [this.#place(y - radius - this.low), this.#place(y + radius - this.low)];
    for (let row = low; row <= high; row++) {
      const end = this.starts[row * this.cells + right + 1];
      for (let at = this.starts[row * this.cells + left]; at < end; at++) {
        const point = this.points[at];
        const squared = (this.xs[point] - x) ** 2 + (this.ys[point] - y) ** 2;
        if (squared <= radius * radius) visit(point, squared);
      }
    }
  }
}

/** The numbers 0 to count - 1 in an order that looks random and is always the same. */
export function shuffled(count) {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  let state = 12345;
  for (let i = count - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((state / 4294967296) * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
