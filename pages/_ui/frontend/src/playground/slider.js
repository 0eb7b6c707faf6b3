// Lambda on a logarithmic slider whose first place is 0.
export const PLACES = 120;
const LOWEST = -3;
const HIGHEST = 0.5;

/** Lambda at a place from 0 to PLACES. @param {number} place */
export function lambdaAt(place) {
  if (place <= 0) return 0;
  return Number((10 ** (LOWEST + ((HIGHEST - LOWEST) * (place - 1)) / (PLACES - 1))).toPrecision(2));
}

/** The nearest place of a lambda. @param {number} lambda */
export function placeOf(lambda) {
  if (lambda < 10 ** LOWEST / 2) return 0;
  const place = 1 + ((PLACES - 1) * (Math.log10(lambda) - LOWEST)) / (HIGHEST - LOWEST);
  return Math.min(PLACES, Math.max(1, Math.round(place)));
}
