// Entries of the transport plan: mass from a validation sample to a chosen sample.

const MOST = 100;

/**
 * The heaviest entries with an end that is asked for, heaviest first.
 * @param {{ends: Int32Array, amounts: Float32Array, count: number} | null} plan  ends: chosen samples, then validation
 *   samples; amounts: masses, then distances
 * @param {(id: number) => boolean} wanted
 */
export function heaviest(plan, wanted, most = MOST) {
  const found = { from: [], to: [], mass: [], distance: [] };
  if (!plan) return found;
  const { ends, amounts, count } = plan;
  const picked = [];
  for (let e = 0; e < count; e++) if (wanted(ends[e]) || wanted(ends[count + e])) picked.push(e);
  picked.sort((a, b) => amounts[b] - amounts[a] || a - b);
  for (const e of picked.slice(0, most)) {
    found.from.push(ends[count + e]);
    found.to.push(ends[e]);
    found.mass.push(amounts[e]);
    found.distance.push(amounts[count + e]);
  }
  return found;
}
