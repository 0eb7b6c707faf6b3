// Counts of a column's values in bins, of all samples and of those that pass every filter.

export const BINS = 24;

/** Bin of each value; 255 without a value. @returns {Uint8Array} */
export function binned(column, values, bins = BINS) {
  const by = column.scale === "log" ? (v) => Math.log10(1 + Math.max(v, 0)) : (v) => v;
  const low = by(column.least);
  const width = (by(column.most) - low) / bins || 1;
  const found = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    found[i] = value === value ? Math.min(Math.max(Math.floor((by(value) - low) / width), 0), bins - 1) : 255;
  }
  return found;
}

/** The value at an edge between bins (0 to `bins`). */
export function edge(column, place, bins = BINS) {
  const log = column.scale === "log";
  const by = log ? (v) => Math.log10(1 + Math.max(v, 0)) : (v) => v;
  const at = by(column.least) + ((by(column.most) - by(column.least)) * place) / bins;
  return log ? 10 ** at - 1 : at;
}

/** How many samples are in each bin; of those where `mask` holds when there is one. @returns {Uint32Array} */
export function counted(bin, mask, bins = BINS) {
  const counts = new Uint32Array(bins);
  for (let i = 0; i < bin.length; i++) if (bin[i] !== 255 && (!mask || mask[i])) counts[bin[i]]++;
  return counts;
}

/**
 * Which samples pass all filters; null when there is none.
 * @param {number} total
 * @param {{accepts: (sample: number) => boolean}[]} filters
 * @returns {Uint8Array | null}
 */
export function passing(total, filters) {
  if (!filters.length) return null;
  const mask = new Uint8Array(total);
  for (let i = 0; i < total; i++) mask[i] = filters.every((filter) => filter.accepts(i)) ? 1 : 0;
  return mask;
}
