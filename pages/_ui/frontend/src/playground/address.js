// Settings in the address of the page, so that a link opens the same view.
import { PRESETS, usual } from "./presets.js";

export const MODES = ["explore", "step", "hand", "guess"];
export const MAX_BUDGET = 60;
const MAX_POINTS = 600;
const MAX_SEED = 9999;
const NAMES = ["points", "seed", "lambda", "k", "mode", "step", "hand", "hide", "prices", "xy"];

/**
 * @typedef {object} Settings
 * @property {string} points Name of a preset, or "own".
 * @property {number} seed
 * @property {number} lambda
 * @property {number} k
 * @property {string} mode
 * @property {number | null} step Shown step; null for the last.
 * @property {number[]} hand Rows chosen by hand.
 * @property {boolean} plan Whether the plan is drawn.
 * @property {boolean} prices Whether prices are drawn.
 * @property {import("./presets.js").Points | null} drawn Points that were edited; null for those of the preset.
 */

/** The settings that an address names; what it does not name, or names wrongly, is as usual. @returns {Settings} */
export function read(search) {
  const query = new URLSearchParams(search);
  const named = query.get("points") ?? "";
  const points = Object.hasOwn(PRESETS, named) || named === "own" ? named : "outliers";
  const first = usual(points);
  const drawn = query.has("xy") ? decode(query.get("xy")) : null;
  const mode = MODES.includes(query.get("mode")) ? query.get("mode") : "explore";
  const hand = (query.get("hand") ?? "")
    .split(".")
    .filter(Boolean)
    .map((text) => parseInt(text, 36));
  return {
    points,
    seed: Math.round(number(query.get("seed"), 0, MAX_SEED, 0)),
    lambda: number(query.get("lambda"), 0, 10, first.lambda),
    k: Math.round(number(query.get("k"), 1, MAX_BUDGET, first.k)),
    mode,
    step: query.has("step") || mode === "step" ? Math.round(number(query.get("step"), 0, 1e6, 0)) : null,
    hand: [...new Set(hand.filter((row) => row >= 0))],
    plan: query.get("hide") !== "plan",
    prices: query.get("prices") === "1",
    drawn,
  };
}

/** The query with these settings instead of those it had; what is not ours stays. @param {Settings} settings */
export function write(search, settings) {
  const query = new URLSearchParams(search);
  for (const name of NAMES) query.delete(name);
  const { points, seed, lambda, k, mode, step, hand, plan, prices, drawn } = settings;
  query.set("points", points);
  query.set("seed", seed);
  query.set("lambda", lambda);
  query.set("k", k);
  if (mode !== "explore") query.set("mode", mode);
  if (mode === "step" && step !== null) query.set("step", step);
  if (hand.length) query.set("hand", hand.map((row) => row.toString(36)).join("."));
  if (!plan) query.set("hide", "plan");
  if (prices) query.set("prices", "1");
  if (drawn) query.set("xy", encode(drawn));
  return query.toString();
}

/** Points as text: numbers of points, then 12 bits per coordinate and 8 per norm. @param {import("./presets.js").Points} points */
export function encode({ pool, validation }) {
  const bytes = [pool.length >> 8, pool.length & 255];
  for (const { x, y, g } of [...pool, ...validation]) {
    bytes.push(x >> 4, ((x & 15) << 4) | (y >> 8), y & 255);
    if (g !== undefined) bytes.push(g);
  }
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The points of a text; null when it holds none. @returns {import("./presets.js").Points | null} */
export function decode(text) {
  let bytes;
  try {
    bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
  const n = (bytes[0] << 8) | bytes[1];
  const m = (bytes.length - 2 - 4 * n) / 3;
  if (!(n > 0 && m > 0 && n + m <= MAX_POINTS && Number.isInteger(m))) return null;
  const at = (place) => ({
    x: (bytes[place] << 4) | (bytes[place + 1] >> 4),
    y: ((bytes[place + 1] & 15) << 8) | bytes[place + 2],
  });
  return {
    pool: Array.from({ length: n }, (_, i) => ({ ...at(2 + 4 * i), g: bytes[5 + 4 * i] })),
    validation: Array.from({ length: m }, (_, j) => at(2 + 4 * n + 3 * j)),
  };
}

function number(text, low, high, fallback) {
  const value = text === null || text.trim() === "" ? NaN : Number(text);
  return Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : fallback;
}

export const LIMITS = { MAX_SEED, MAX_POINTS };
