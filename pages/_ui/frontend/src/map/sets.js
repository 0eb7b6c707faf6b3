// Sets of samples: rising numbers without repeats, combined, summed up, kept for the session.

/** @returns {Uint32Array} */
export function union(a, b) {
  const found = new Uint32Array(a.length + b.length);
  let [i, j, count] = [0, 0, 0];
  while (i < a.length || j < b.length) {
    const [left, right] = [i < a.length ? a[i] : Infinity, j < b.length ? b[j] : Infinity];
    found[count++] = Math.min(left, right);
    if (left <= right) i++;
    if (right <= left) j++;
  }
  return found.slice(0, count);
}

/** What is in both (keep = true) or only in the first (keep = false). @returns {Uint32Array} */
function sifted(a, b, keep) {
  let j = 0;
  return a.filter((value) => {
    while (j < b.length && b[j] < value) j++;
    return (j < b.length && b[j] === value) === keep;
  });
}

export const intersection = (a, b) => sifted(a, b, true);
export const difference = (a, b) => sifted(a, b, false);

/** Rising, each once. @returns {Uint32Array} */
export function setOf(values) {
  return Uint32Array.from(new Set(values)).sort();
}

/**
 * What a selection consists of.
 * @param {Uint32Array | null} ids  null for all samples
 * @param {{pool: number, validation: number, chosen: Uint8Array, distance?: Float32Array, tier?: Uint16Array}} samples
 */
export function summary(ids, samples) {
  const total = samples.pool + samples.validation;
  const result = { total, selected: ids ? ids.length : total, validation: 0, chosen: 0, distance: NaN, head: NaN };
  let [sum, known, heads] = [0, 0, 0];
  for (let at = 0; at < result.selected; at++) {
    const id = ids ? ids[at] : at;
    if (samples.chosen[id]) result.chosen++;
    if (samples.tier && samples.tier[id] === 0) heads++;
    if (id >= samples.pool) {
      result.validation++;
      const value = samples.distance ? samples.distance[id] : NaN;
      if (value === value) {
        sum += value;
        known++;
      }
    }
  }
  if (known) result.distance = sum / known;
  if (samples.tier && result.selected) result.head = heads / result.selected;
  return result;
}

/**
 * Validation samples by falling distance, then the coreset likewise, then the pool.
 * @param {Uint32Array} ids  rising
 */
export function ordered(ids, { pool, chosen, distance }) {
  const of = (id) => (distance && distance[id] === distance[id] ? distance[id] : -1);
  const rank = (id) => (id >= pool ? 0 : chosen[id] ? 1 : 2);
  const parts = [0, 1, 2].map((wanted) => ids.filter((id) => rank(id) === wanted));
  for (const part of parts.slice(0, 2)) part.sort((a, b) => of(b) - of(a) || a - b);
  return Uint32Array.from(parts.flatMap((part) => [...part]));
}

/** A name for a file that every system takes. */
export function fileName(name) {
  const plain = name.normalize("NFKD").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "");
  return plain || "set";
}

/** Named sets that last as long as the browser's tab. */
export class Shelf {
  constructor(key, storage) {
    this.key = `goracs-map-sets-${key}`;
    this.storage = storage;
    /** @type {Map<string, Uint32Array>} */
    this.sets = new Map();
    try {
      for (const [name, ids] of JSON.parse(storage?.getItem(this.key) ?? "[]")) this.sets.set(name, setOf(ids));
    } catch {
      // what another version has left is not worth a fault
    }
  }

  put(name, ids) {
    this.sets.set(name, ids);
    this.#keep();
  }

  drop(name) {
    this.sets.delete(name);
    this.#keep();
  }

  #keep() {
    try {
      this.storage?.setItem(this.key, JSON.stringify([...this.sets].map(([name, ids]) => [name, [...ids]])));
    } catch {
      // too large to keep: it stays until the page is left
    }
  }
}
