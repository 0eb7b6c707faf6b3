// Which labels are shown: those of the zoom level, large regions first, none over another.

/** Zoom from which a level of labels is shown. */
const FROM = [0, 1.8, 4];

/** The level whose labels are shown at a zoom. */
export function levelAt(zoom) {
  let level = 0;
  while (level + 1 < FROM.length && zoom >= FROM[level + 1]) level++;
  return level;
}

/**
 * @param {{x: number, y: number, text: string, level: number, samples: number}[]} labels
 * @param {number} zoom
 * @param {(label: object) => [number, number]} screen
 * @param {(text: string) => number} measure  width of a text in pixels
 * @param {{width: number, height: number, size: number, most?: number}} room
 */
export function placed(labels, zoom, screen, measure, room) {
  const level = Math.min(levelAt(zoom), Math.max(0, ...labels.map((label) => label.level)));
  const taken = [];
  const seen = new Set();
  for (const label of labels.filter((one) => one.level === level).sort((a, b) => b.samples - a.samples)) {
    if (taken.length >= (room.most ?? 14)) break;
    const [x, y] = screen(label);
    const [w, h] = [measure(label.text) / 2 + 6, room.size / 2 + 4];
    if (x - w < 0 || x + w > room.width || y - h < 0 || y + h > room.height || seen.has(label.text)) continue;
    if (taken.some((other) => Math.abs(other.x - x) < other.w + w && Math.abs(other.y - y) < other.h + h)) continue;
    seen.add(label.text);
    taken.push({ x, y, w, h, text: label.text });
  }
  return taken;
}
