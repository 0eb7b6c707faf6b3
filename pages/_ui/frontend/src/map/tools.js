// Over the map: coloring, density, search, lasso, flows, zoom.
import { make } from "./dom.js";
import { Find } from "./find.js";

const DENSITIES = [
  ["pool", "Density: pool"],
  ["missing", "Density: coreset missing"],
  ["none", "No density"],
];

export class Tools {
  /** @param {import("./view.js").MapView} map */
  constructor(map) {
    const choice = (label, options, onchange) =>
      make("select", { "aria-label": label, title: label, onchange: (event) => onchange(event.target.value) }, ...options.map(option));
    const button = (text, title, onclick) => make("button", { type: "button", textContent: text, title, "aria-label": title, onclick });
    this.color = choice("Color by", [], (key) => map.recolor(key));
    this.density = choice("Density", DENSITIES, (key) => map.showDensity(key));
    this.find = new Find({ search: (query, most) => map.search(query, most), jump: (id) => map.pick(id, { zoom: true }) });
    this.lasso = button("Lasso", "Draw a lasso (L, or hold Shift)", () => map.setMode(map.mode === "lasso" ? "pan" : "lasso"));
    this.flows = button("Flows", "Show transport flows of what is selected", () => map.showFlows(!map.flowsShown));
    this.press(this.lasso, false);
    this.press(this.flows, true);
    this.element = make(
      "div",
      { class: "gm-tools", role: "toolbar", "aria-label": "Map" },
      this.color,
      this.density,
      this.find.element,
      this.lasso,
      this.flows,
      button("+", "Zoom in", () => map.zoomBy(1.5)),
      button("−", "Zoom out", () => map.zoomBy(1 / 1.5)),
      button("Reset", "Show everything (0)", () => map.fit()),
    );
  }

  /** Show a button as pressed or not. */
  press(button, on) {
    button.setAttribute("aria-pressed", String(on));
  }

  /** Offer these columns to color by. */
  offer(columns, chosen) {
    const options = [["role", "Color: set"], ...columns.map((column) => [column.key, `Color: ${column.title.toLowerCase()}`])];
    const before = [...this.color.options].map((one) => one.value);
    if (before.join() !== options.map(([key]) => key).join()) this.color.replaceChildren(...options.map(option));
    if (chosen) this.color.value = chosen;
  }
}

const option = ([key, text]) => make("option", { value: key, textContent: text });
