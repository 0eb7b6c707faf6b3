// Cross-filter: histograms to brush and categories to tick; each shows what passes all the others, too.
import { told } from "./colors.js";
import { make, newId } from "./dom.js";
import { BINS, binned, counted, edge, passing } from "./histogram.js";
import { UNKNOWN } from "./colors.js";

const NUMBERS = ["distance", "popularity", "price", "norm", "time", "score", "mass"];
const CODES = ["category", "tier", "label", "cluster"];
const MOST_NAMES = 14;

/** Whether a column can filter. */
export const filters = (column) => NUMBERS.includes(column.key) || CODES.includes(column.key);

export class Filters {
  /** @param {{total: () => number, changed: (mask: Uint8Array | null) => void, theme: () => object}} asks */
  constructor(asks) {
    this.asks = asks;
    this.parts = new Map();
    this.note = make("p", { class: "gm-note", textContent: "Drag over a histogram, or tick categories." });
    this.clearButton = make("button", { type: "button", class: "gm-button", textContent: "Clear filters", onclick: () => this.clear() });
    this.list = make("div", { class: "gm-filters" });
    this.element = make("div", { class: "gm-pane" }, make("div", { class: "gm-line" }, this.note, this.clearButton), this.list);
  }

  /** Columns and their values, as far as they are there. */
  show(columns) {
    const keys = columns.map(({ column }) => column.key);
    for (const [key, part] of this.parts) {
      if (!keys.includes(key)) {
        part.element.remove();
        this.parts.delete(key);
      }
    }
    for (const { column, values } of columns) {
      const known = this.parts.get(column.key);
      if (known && known.values === values) continue;
      known?.element.remove();
      const part = column.type === "codes" ? this.#codes(column, values) : this.#numbers(column, values);
      this.parts.set(column.key, part);
      this.list.append(part.element);
    }
    this.#changed();
  }

  get active() {
    return [...this.parts.values()].filter((part) => part.accepts());
  }

  clear() {
    for (const part of this.parts.values()) part.reset();
    this.#changed();
  }

  #changed() {
    const active = this.active;
    const total = this.asks.total();
    const mask = passing(total, active.map((part) => ({ accepts: part.accepts() })));
    for (const part of this.parts.values()) {
      const others = active.filter((one) => one !== part).map((one) => ({ accepts: one.accepts() }));
      part.draw(active.includes(part) ? passing(total, others) : mask);
    }
    this.clearButton.disabled = !active.length;
    const count = mask ? mask.reduce((sum, one) => sum + one, 0) : total;
    this.note.textContent = active.length
      ? `${count.toLocaleString("en")} of ${total.toLocaleString("en")} samples pass`
      : "Drag over a histogram, or tick categories.";
    this.asks.changed(mask);
  }

  /** A theme change or a new width. */
  redraw() {
    for (const part of this.parts.values()) part.repaint();
  }

  #numbers(column, values) {
    const bin = binned(column, values);
    const all = counted(bin, null);
    let [low, high] = [0, BINS];
    let counts = all;
    const canvas = make("canvas", { class: "gm-histogram", "aria-hidden": true });
    const said = make("output", { class: "gm-range" });
    const slider = (value, name) =>
      make("input", { type: "range", min: 0, max: BINS, step: 1, value, "aria-label": `${column.title}: ${name}` });
    const [least, most] = [slider(0, "least"), slider(BINS, "most")];
    const set = (a, b) => {
      [low, high] = [Math.min(a, b), Math.max(a, b)];
      if (low === high) [low, high] = low === BINS ? [BINS - 1, BINS] : [low, low + 1];
      least.value = low;
      most.value = high;
      this.#changed();
    };
    least.addEventListener("input", () => set(Math.min(least.valueAsNumber, high - 1), high));
    most.addEventListener("input", () => set(low, Math.max(most.valueAsNumber, low + 1)));
    const placeOf = (event) => {
      const box = canvas.getBoundingClientRect();
      return Math.min(Math.max(((event.clientX - box.left) / box.width) * BINS, 0), BINS);
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      const start = placeOf(event);
      const drag = (move) => {
        const now = placeOf(move);
        set(Math.floor(Math.min(start, now)), Math.ceil(Math.max(start, now)));
      };
      drag(event);
      canvas.addEventListener("pointermove", drag);
      canvas.addEventListener("pointerup", () => canvas.removeEventListener("pointermove", drag), { once: true });
    });
    const repaint = () => {
      this.#bars(canvas, all, counts, [low, high]);
      said.textContent = `${told(edge(column, low), column.scale)} to ${told(edge(column, high), column.scale)}`;
    };
    return {
      values,
      element: make(
        "div",
        { class: "gm-filter", role: "group", "aria-label": column.title },
        make("div", { class: "gm-line" }, make("strong", { textContent: column.title, title: column.help }), said),
        canvas,
        make("div", { class: "gm-sliders" }, least, most),
      ),
      accepts: () => (low === 0 && high === BINS ? null : (i) => bin[i] >= low && bin[i] < high),
      reset: () => {
        [low, high] = [0, BINS];
        least.value = 0;
        most.value = BINS;
      },
      draw: (mask) => {
        counts = counted(bin, mask);
        repaint();
      },
      repaint,
    };
  }

  #bars(canvas, all, counts, [low, high]) {
    const theme = this.asks.theme();
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth || 240, canvas.clientHeight || 40];
    Object.assign(canvas, { width: width * ratio, height: height * ratio });
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const most = Math.sqrt(Math.max(...all, 1));
    const step = width / all.length;
    all.forEach((count, i) => {
      const tall = (number) => (number ? Math.max((Math.sqrt(number) / most) * height, 1.5) : 0);
      pen.fillStyle = theme.border;
      pen.fillRect(i * step + 0.5, height - tall(count), step - 1, tall(count));
      pen.fillStyle = i >= low && i < high ? theme.primary : theme.pool;
      pen.fillRect(i * step + 0.5, height - tall(counts[i]), step - 1, tall(counts[i]));
    });
  }

  #codes(column, values) {
    const ticked = new Set();
    const names = column.names.slice(0, MOST_NAMES);
    const totals = names.map(() => make("span", { class: "gm-number" }));
    const boxes = names.map((name, code) => {
      const box = make("input", {
        type: "checkbox",
        id: newId("box"),
        "aria-label": name,
        onchange: () => {
          box.checked ? ticked.add(code) : ticked.delete(code);
          this.#changed();
        },
      });
      return box;
    });
    const rest = column.names.length - names.length;
    return {
      values,
      element: make(
        "div",
        { class: "gm-filter", role: "group", "aria-label": column.title },
        make("strong", { textContent: column.title, title: column.help }),
        ...names.map((name, code) => make("label", { class: "gm-tick", for: boxes[code].id }, boxes[code], make("span", { textContent: name, title: name }), totals[code])),
        rest > 0 ? make("p", { class: "gm-note", textContent: `and ${rest} more` }) : null,
      ),
      accepts: () => (ticked.size ? (i) => ticked.has(values[i]) : null),
      reset: () => {
        ticked.clear();
        for (const box of boxes) box.checked = false;
      },
      draw: (mask) => {
        const counts = new Uint32Array(column.names.length);
        for (let i = 0; i < values.length; i++) if (values[i] !== UNKNOWN && (!mask || mask[i])) counts[values[i]]++;
        totals.forEach((total, code) => (total.textContent = counts[code].toLocaleString("en")));
      },
      repaint: () => {},
    };
  }
}
