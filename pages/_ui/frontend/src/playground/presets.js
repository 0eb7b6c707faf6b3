// Made-up points that each teach one thing. Coordinates are whole numbers from 0 to GRID - 1, gradient norms from 0 to
// NORMS - 1, so that an address can hold them without loss.
import { normal, uniform } from "./random.js";

export const GRID = 4096;
export const NORMS = 256;

/**
 * @typedef {{x: number, y: number, g: number}} PoolPoint
 * @typedef {{x: number, y: number}} Point
 * @typedef {{pool: PoolPoint[], validation: Point[]}} Points
 */

const whole = (value, limit) => Math.min(limit - 1, Math.max(0, Math.round(value)));

/** A point on the grid. @returns {Point} */
export const onGrid = (x, y) => ({ x: whole(x, GRID), y: whole(y, GRID) });

/** A pool point on the grid; `norm` from 0 to 1. @returns {PoolPoint} */
export const poolPoint = (x, y, norm) => ({ ...onGrid(x, y), g: whole(norm * (NORMS - 1), NORMS) });

/** A preset's places lie in the middle half of the grid, so that there is room to move points to. */
const middle = ([x, y]) => [GRID / 4 + x / 2, GRID / 4 + y / 2];

/** Skewed to the right, between 0 and 1. */
const skewed = (draw, mean) => Math.min(1, -mean * Math.log(1 - draw()));

function around(draw, x, y, spread) {
  return middle([x + normal(draw) * spread, y + normal(draw) * spread]);
}

/** Noise far away with the largest norms: a large lambda takes it. */
function outliers(draw) {
  const centres = [
    [1250, 1900, 330],
    [2650, 1300, 380],
  ];
  const near = () => around(draw, ...centres[draw() < 0.55 ? 0 : 1]);
  const pool = Array.from({ length: 168 }, () => poolPoint(...near(), 0.05 + skewed(draw, 0.13)));
  for (let count = 0; count < 12; count++) {
    const angle = (count + draw()) * (Math.PI / 6);
    const far = 1500 + 250 * draw();
    pool.push(
      poolPoint(...middle([1950 + far * Math.cos(angle), 1600 + 0.85 * far * Math.sin(angle)]), 0.75 + 0.25 * draw()),
    );
  }
  return { pool, validation: Array.from({ length: 60 }, () => onGrid(...near())) };
}

/** The pool is mostly left, validation mostly right: the distributions have shifted. */
function clusters(draw) {
  const at = (left) => around(draw, ...(left ? [1100, 1750, 380] : [2900, 1350, 400]));
  const pool = Array.from({ length: 200 }, (_, i) => {
    const left = i < 150;
    return poolPoint(...at(left), 0.05 + skewed(draw, left ? 0.32 : 0.1));
  });
  return { pool, validation: Array.from({ length: 60 }, (_, i) => onGrid(...at(i < 18))) };
}

/** Groups of falling size, the smallest with the largest norms, as items of a shop from popular to rare. */
function tail(draw) {
  const shares = Array.from({ length: 9 }, (_, rank) => 1 / (rank + 1));
  const all = shares.reduce((sum, share) => sum + share);
  const group = () => {
    let left = draw() * all;
    return Math.max(
      0,
      shares.findIndex((share) => (left -= share) <= 0),
    );
  };
  const point = (rank) => {
    const angle = 2.4 * rank; // the golden angle, so that neighbours in rank are apart
    const far = 470 * Math.sqrt(rank) + (rank ? 260 : 0);
    return around(draw, 2000 + 1.1 * far * Math.cos(angle), 1600 + 0.85 * far * Math.sin(angle), rank ? 130 : 300);
  };
  const pool = Array.from({ length: 300 }, () => {
    const rank = group();
    return poolPoint(...point(rank), 0.05 + skewed(draw, 0.08 + 0.05 * rank));
  });
  return { pool, validation: Array.from({ length: 80 }, () => onGrid(...point(group()))) };
}

/** Presets by their names in an address. */
export const PRESETS = {
  outliers: { title: "Outliers", make: outliers, k: 8, lambda: 0.05 },
  clusters: { title: "Two clusters", make: clusters, k: 10, lambda: 0 },
  tail: { title: "Long tail", make: tail, k: 6, lambda: 0.03 },
};

/** Points of a preset. @param {string} name @param {number} seed @returns {Points} */
export const preset = (name, seed) => PRESETS[name].make(uniform(seed));

/** Budget and lambda that points are shown with at first. @param {string} name @returns {{k: number, lambda: number}} */
export function usual(name) {
  const { k, lambda } = PRESETS[name] ?? { k: 12, lambda: 0.05 };
  return { k, lambda };
}

/**
 * Points of the open dataset, on the grid: one scale for both axes.
 * @param {{pool: number[][], validation: number[][], titles: object}} sent Pool as [x, y, norm], validation as [x, y].
 * @returns {Points & {titles: object}}
 */
export function ownPoints({ pool, validation, titles }) {
  const all = [...pool, ...validation];
  const low = [0, 1].map((axis) => Math.min(...all.map((place) => place[axis])));
  const high = [0, 1].map((axis) => Math.max(...all.map((place) => place[axis])));
  const scale = GRID / 2 / (Math.max(high[0] - low[0], high[1] - low[1]) || 1);
  const at = ([x, y]) => [GRID / 4 + scale * (x - low[0]), GRID / 4 + scale * (y - low[1])];
  return {
    pool: pool.map((place) => poolPoint(...at(place), place[2])),
    validation: validation.map((place) => onGrid(...at(place))),
    titles,
  };
}
