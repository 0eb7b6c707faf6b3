// Lines of equal density as paths in the grid's own units.
import { contours } from "d3-contour";

/**
 * @param {Float32Array} values  mass per cell, rows upwards
 * @param {{side: number, levels: number[]}} grid
 * @returns {Path2D[]} one per level, lowest first
 */
export function contourPaths(values, grid) {
  return rings(values, grid).map((polygons) => {
    const path = new Path2D();
    for (const ring of polygons) {
      ring.forEach(([x, y], i) => (i ? path.lineTo(x, y) : path.moveTo(x, y)));
      path.closePath();
    }
    return path;
  });
}

/** The rings of each level's region, in cells. @returns {[number, number][][][]} */
export function rings(values, { side, levels }) {
  const make = contours().size([side, side]).smooth(true);
  return [...levels].sort((a, b) => a - b).map((level) => make.contour(values, level).coordinates.flat());
}
