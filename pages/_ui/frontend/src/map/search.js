// Samples by words of their titles, or by their id.

/**
 * @param {string} query
 * @param {string[]} folded  lower-case titles of the items
 * @returns {number[]} items whose title has every word
 */
export function itemsWith(query, folded) {
  const words = query.trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  const found = [];
  for (let i = 0; i < folded.length; i++) if (words.every((word) => folded[i].includes(word))) found.push(i);
  return found;
}

/**
 * Samples that a query finds: those with that id first, then by set (validation, coreset, pool).
 * @returns {Uint32Array}
 */
export function samplesWith(query, { folded, targets, ids, chosen, pool }) {
  const wanted = query.trim();
  if (!wanted) return new Uint32Array(0);
  const hit = new Uint8Array(folded.length);
  for (const item of itemsWith(wanted, folded)) hit[item] = 1;
  /** @type {number[][]} */
  const ranks = [[], [], [], []];
  for (let i = 0; i < targets.length; i++) {
    const named = ids && ids[i] === wanted;
    if (named) ranks[0].push(i);
    else if (hit[targets[i]]) ranks[i >= pool ? 1 : chosen[i] ? 2 : 3].push(i);
  }
  return Uint32Array.from(ranks.flat());
}
