// The window on the map, in the data's own coordinates: a middle and how many pixels a unit has. Always 1:1.

/** @typedef {{x: number, y: number, scale: number}} Camera */
/** @typedef {{x: number, y: number, width: number, across: number, up: number}} Frame  middle and side of the square
 * that holds all samples, and how far they spread in each direction */

const CLOSEST = 400; // times the scale that shows everything
const FARTHEST = 0.5;
const FILLED = 0.9; // of the window, by all samples together: marks and labels need a margin

/** The camera that shows all of a frame. @returns {Camera} */
export function fit(frame, width, height) {
  const scale = Math.min(Math.max(width, 1) / frame.across, Math.max(height, 1) / frame.up);
  return { x: frame.x, y: frame.y, scale: scale * FILLED };
}

/** @returns {[number, number]} pixels */
export function toScreen(camera, width, height, x, y) {
  return [width / 2 + (x - camera.x) * camera.scale, height / 2 - (y - camera.y) * camera.scale];
}

/** @returns {[number, number]} data coordinates */
export function toData(camera, width, height, left, top) {
  return [camera.x + (left - width / 2) / camera.scale, camera.y - (top - height / 2) / camera.scale];
}

/** Zoom by a factor and keep the place under a pixel where it is. @returns {Camera} */
export function zoomAt(camera, frame, width, height, left, top, factor) {
  const whole = fit(frame, width, height).scale;
  const scale = Math.min(Math.max(camera.scale * factor, whole * FARTHEST), whole * CLOSEST);
  const [x, y] = toData(camera, width, height, left, top);
  return { x: x - (left - width / 2) / scale, y: y + (top - height / 2) / scale, scale };
}

/** Move by pixels, but never so far that the map leaves the window. @returns {Camera} */
export function panBy(camera, frame, left, top) {
  const half = frame.width / 2;
  const kept = (value, middle) => Math.min(Math.max(value, middle - half), middle + half);
  return {
    x: kept(camera.x - left / camera.scale, frame.x),
    y: kept(camera.y + top / camera.scale, frame.y),
    scale: camera.scale,
  };
}

/** The camera that shows some places with a margin. @returns {Camera} */
export function around(places, frame, width, height, most = 12) {
  const whole = fit(frame, width, height);
  if (!places.length) return whole;
  const xs = places.map((place) => place[0]);
  const ys = places.map((place) => place[1]);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [low, high] = [Math.min(...ys), Math.max(...ys)];
  const scale = Math.min(width / Math.max(right - left, 1e-12), height / Math.max(high - low, 1e-12)) * 0.7;
  return { x: (left + right) / 2, y: (low + high) / 2, scale: Math.min(scale, whole.scale * most) };
}

/** Zoom relative to the whole map. */
export function zoomOf(camera, frame, width, height) {
  return camera.scale / fit(frame, width, height).scale;
}

/** The 4 x 4 matrix (by columns) of regl-scatterplot's camera for points scaled to the frame (-1 to 1). */
export function matrix(camera, frame, height) {
  const scale = (camera.scale * frame.width) / height;
  const x = (2 * camera.scale * (frame.x - camera.x)) / height;
  const y = (2 * camera.scale * (frame.y - camera.y)) / height;
  return [scale, 0, 0, 0, 0, scale, 0, 0, 0, 0, 1, 0, x, y, 0, 1];
}
