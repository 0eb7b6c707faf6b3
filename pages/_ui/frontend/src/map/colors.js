// Numbers and categories as colours: a column of values becomes a place in a list of colours.

export const STEPS = 48;
export const UNKNOWN = 65535;

/** @returns {[number, number, number]} */
export function channels(color) {
  const text = color.trim();
  if (text.startsWith("#")) {
    const hex = text.length === 4 ? [...text.slice(1)].map((c) => c + c).join("") : text.slice(1, 7);
    return /** @type {any} */ ([0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16)));
  }
  return /** @type {any} */ ((text.match(/[\d.]+/g) ?? ["0", "0", "0"]).slice(0, 3).map(Number));
}

/** @returns {string} #rrggbb between two colours */
export function mixed(from, to, share) {
  const [a, b] = [channels(from), channels(to)];
  return `#${a.map((c, i) => Math.round(c + (b[i] - c) * share).toString(16).padStart(2, "0")).join("")}`;
}

/** A list of colours along some stops. @returns {string[]} */
export function ramp(stops, steps = STEPS) {
  return Array.from({ length: steps }, (_, i) => {
    const along = (i / (steps - 1)) * (stops.length - 1);
    const at = Math.min(Math.floor(along), stops.length - 2);
    return mixed(stops[at], stops[at + 1], along - at);
  });
}

/** Whether a ground is dark. */
export function isDark(color) {
  const [r, g, b] = channels(color);
  return 0.299 * r + 0.587 * g + 0.114 * b < 128;
}

/** Where a value lies between the ends of its column's scale: 0 to 1, NaN without a value. */
export function along(column, value) {
  const by = column.scale === "log" ? (v) => Math.log10(1 + Math.max(v, 0)) : (v) => v;
  const [low, high] = [by(column.low), by(column.high)];
  return high > low ? Math.min(Math.max((by(value) - low) / (high - low), 0), 1) : value === value ? 0.5 : NaN;
}

/** The place of each value in the palette of its column; the last place of the palette is for none. */
export function places(column, values, palette) {
  const none = palette.length - 1;
  const found = new Uint8Array(values.length);
  if (column.type === "codes") {
    const kept = column.names.length > none ? none - 1 : none;
    for (let i = 0; i < values.length; i++) {
      found[i] = values[i] === UNKNOWN ? none : Math.min(values[i], kept);
    }
    return found;
  }
  for (let i = 0; i < values.length; i++) {
    const share = along(column, values[i]);
    const turned = column.reverse ? 1 - share : share;
    found[i] = share === share ? Math.min(Math.floor(turned * none), none - 1) : none;
  }
  return found;
}

/** The colours of a column; the last one, for samples without a value, is the given one. */
export function palette(column, colors, none) {
  return [...(column.type === "codes" ? colors.categories : ramp(colors.numbers)), none];
}

/** Short number for people. */
export function told(value, scale = "linear") {
  if (value === null || value === undefined || value !== value) return "–";
  if (scale === "time") return new Date(value * 864e5).toISOString().slice(0, 10);
  if (Number.isInteger(value)) return value.toLocaleString("en");
  const size = Math.abs(value);
  return size >= 1000 ? Math.round(value).toLocaleString("en") : value.toPrecision(size < 1e-3 ? 2 : 3).replace(/e-/, "e−");
}
