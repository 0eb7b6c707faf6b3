// Under the map: what the marks are (each can be hidden), and how colours are read. Its room never changes.
import { palette, told } from "./colors.js";
import { make } from "./dom.js";
import { markPicture } from "./marks.js";

const MOST_NAMES = 9;

/** Every set that a sample can belong to, in the order of the legend. */
export const SETS = ["pool", "validation", "coreset", "A", "B", "both"];
const KINDS = { pool: "dot", validation: "diamond", coreset: "plus", A: "plus", B: "cross", both: "star" };

/** The legend's entries: the sets that there are, and the rings. */
export function entriesOf(counts, runs, hidden) {
  const [a, b] = runs.map((run) => run.name);
  const names = { pool: "Pool", validation: "Validation", coreset: "Coreset", A: `${a} only`, B: `${b} only`, both: "Both" };
  const there = (key) => counts[key] || key === "pool" || key === "validation" || (runs.length === 2 && key !== "coreset");
  const entry = (key, name, count, kind) => ({ key, name, count, kind, shown: !hidden.has(key) });
  const entries = SETS.filter(there).map((key) => entry(key, names[key], counts[key] ?? 0, KINDS[key]));
  const worst = runs[0]?.worst;
  return worst ? [...entries, entry("worst", "Worst covered", worst.length, "ring")] : entries;
}

export class Legend {
  /** @param {{toggled: (key: string, shown: boolean) => void}} asks */
  constructor(asks) {
    this.asks = asks;
    this.marks = make("div", { class: "gm-marks" });
    this.scale = make("div", { class: "gm-scale" });
    this.element = make("div", { class: "gm-legend" }, this.marks, this.scale);
  }

  /** @param {{entries: {key: string, name: string, count: number, kind: string, shown: boolean}[], column: object | null,
   *   colors: object, theme: object}} content */
  show({ entries, column, colors, theme }) {
    const pictures = {
      dot: () => make("i", { class: "gm-dot" }),
      ring: () => make("i", { class: "gm-ring" }),
      diamond: () => markPicture("diamond", column ? theme.ground : colors.roles.validation, theme),
    };
    const picture = (kind) => (pictures[kind] ?? (() => markPicture(kind, "", theme)))();
    this.marks.replaceChildren(
      ...entries.map(({ key, name, count, kind, shown }) =>
        make(
          "button",
          {
            type: "button",
            class: "gm-entry",
            "aria-pressed": shown,
            title: `${shown ? "Hide" : "Show"}: ${name}`,
            onclick: () => this.asks.toggled(key, !shown),
          },
          picture(kind),
          make("span", { textContent: `${name} ${count.toLocaleString("en")}` }),
        ),
      ),
    );
    this.scale.replaceChildren(...(column ? this.#scale(column, colors) : []));
  }

  #scale(column, colors) {
    const list = palette(column, colors, colors.roles.pool);
    if (column.type === "codes") {
      const names = column.names.slice(0, MOST_NAMES);
      if (column.names.length > list.length - 1) names[list.length - 2] = "all others";
      return names.slice(0, list.length - 1).map((name, i) => {
        const swatch = make("i", { class: "gm-dot" });
        swatch.style.background = list[i];
        return make("span", { class: "gm-category", title: name }, swatch, make("span", { textContent: name }));
      });
    }
    const shades = list.slice(0, -1);
    const bar = make("i", { class: "gm-bar" });
    bar.style.background = `linear-gradient(to right, ${(column.reverse ? shades.reverse() : shades).join()})`;
    const end = (value, outer, sign) => `${outer ? sign : ""}${told(value, column.scale)}`;
    return [
      make("b", { textContent: column.title, title: column.help }),
      make("span", { textContent: end(column.low, column.least < column.low, "≤ ") }),
      bar,
      make("span", { textContent: end(column.high, column.most > column.high, "≥ ") }),
    ];
  }
}
