// Numbers that look random and are the same for the same seed in every browser.

/** Uniform in [0, 1) (the generator "mulberry32"). @param {number} seed @returns {() => number} */
export function uniform(seed) {
  let state = (seed + 0x9e3779b9) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Standard normal (Box and Muller 1958). @param {() => number} draw */
export function normal(draw) {
  return Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
}

/** k distinct numbers below n. @param {number} n @param {number} k @param {() => number} draw */
export function sample(n, k, draw) {
  const all = Array.from({ length: n }, (_, i) => i);
  for (let place = 0; place < k; place++) {
    const other = place + Math.floor(draw() * (n - place));
    [all[place], all[other]] = [all[other], all[place]];
  }
  return all.slice(0, k);
}
