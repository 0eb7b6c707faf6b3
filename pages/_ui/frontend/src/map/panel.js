// Beside the map: what the selection consists of, its samples as a table, the clicked sample, filters, named sets.
import { told } from "./colors.js";
import { make, newId } from "./dom.js";
import { Filters } from "./filters.js";
import { difference, intersection, union } from "./sets.js";
import { Table } from "./table.js";

const COLUMNS = [
  { key: "set", title: "Set" },
  { key: "title", title: "Title" },
  { key: "distance", title: "Distance", help: "Mean transport distance to partners", number: true },
  { key: "mass", title: "Mass", help: "Share of all mass, in percent", number: true },
];
const HELP = {
  "Mean distance": "Transport distance of validation samples to the coreset samples that they are matched to",
  "Head share": "Share of samples whose target item is one of the most popular ones, which hold a fifth of all interactions",
  "Coreset missing": "Share of the smoothed density of validation samples on the map that the coreset's density does not reach",
  "A and B": "Samples in both coresets over samples in either",
};
const TABS = ["Selection", "Filter", "Sets"];

export class Panel {
  /** @param {import("./view.js").MapView} map */
  constructor(map) {
    this.map = map;
    this.head = make("p", { class: "gm-summary", role: "status" });
    this.facts = make("dl", { class: "gm-facts" });
    this.card = make("div", { class: "gm-card", hidden: true });
    this.caption = make("h3", { class: "gm-caption" });
    this.table = new Table(COLUMNS, {
      cell: (id, key) => map.cell(id, key),
      value: (id, key) => map.value(id, key),
      pick: (id) => map.pick(id, { zoom: true }),
      hover: (id) => map.hoverRow(id),
    });
    const button = (text, title, onclick) => make("button", { type: "button", class: "gm-button", textContent: text, title, onclick });
    this.clear = button("Clear", "Forget the selection (Esc)", () => map.select(null));
    this.files = [
      button("CSV", "Save the selected samples as CSV", () => map.save("csv")),
      button("Parquet", "Save the selected samples as Parquet, with texts and nearest neighbors", () => map.save("parquet")),
    ];
    this.filters = new Filters({ total: () => map.total, changed: (mask) => map.filter(mask), theme: () => map.theme });
    this.panes = [
      make(
        "div",
        { class: "gm-pane gm-selection" },
        this.head,
        this.facts,
        make("div", { class: "gm-line" }, make("span", { class: "gm-buttons" }, ...this.files), this.clear),
        this.card,
        this.caption,
        this.table.element,
      ),
      this.filters.element,
      this.#sets(button),
    ];
    this.element = make("aside", { class: "gm-panel", "aria-label": "Selection and filters" }, this.#tabs(), ...this.panes);
  }

  #tabs() {
    const ids = TABS.map(() => newId("tab"));
    this.tabs = TABS.map((name, i) =>
      make("button", { type: "button", role: "tab", id: ids[i], textContent: name, onclick: () => this.open(i) }),
    );
    this.panes.forEach((pane, i) => {
      pane.id = newId("pane");
      pane.setAttribute("role", "tabpanel");
      pane.setAttribute("aria-labelledby", ids[i]);
      this.tabs[i].setAttribute("aria-controls", pane.id);
    });
    const bar = make("div", { class: "gm-tabs", role: "tablist", "aria-label": "Panel" }, ...this.tabs);
    bar.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: TABS.length - 1 }[event.key];
      if (!step) return;
      this.open((this.at + step) % TABS.length);
      this.tabs[this.at].focus();
    });
    this.open(0);
    return bar;
  }

  /** Show a tab. */
  open(at) {
    this.at = at;
    this.tabs.forEach((tab, i) => {
      tab.setAttribute("aria-selected", String(i === at));
      tab.tabIndex = i === at ? 0 : -1;
      this.panes[i].hidden = i !== at;
    });
    if (at === 1) this.map.loadFilters();
    if (at === 2) this.showSets();
    if (at === 0) this.table.refresh();
  }

  #sets(button) {
    this.name = make("input", { type: "text", class: "gm-input", placeholder: "Name", "aria-label": "Name of the new set", maxLength: 60 });
    const save = () => {
      const name = this.name.value.trim();
      if (!name || !this.map.selection) return;
      this.map.shelf.put(name, this.map.selection);
      this.name.value = "";
      this.showSets();
    };
    this.name.addEventListener("keydown", (event) => event.key === "Enter" && save());
    this.saver = button("Save selection", "Keep the selection under this name", save);
    this.shelf = make("ul", { class: "gm-shelf" });
    return make(
      "div",
      { class: "gm-pane" },
      make("div", { class: "gm-line" }, this.name, this.saver),
      make(
        "div",
        { class: "gm-buttons" },
        button("Select view", "Select the samples in sight", () => this.map.selectView()),
        button("Select filtered", "Select the samples that pass the filters", () => this.map.selectFiltered()),
        button("Invert", "Select what is not selected", () => this.map.invert()),
      ),
      this.shelf,
      make("p", { class: "gm-note", textContent: "Sets stay until this browser tab is closed; JSON keeps their ids." }),
    );
  }

  /** The named sets, each to be shown or combined with the selection. */
  showSets() {
    const { map } = this;
    const mine = () => map.selection ?? new Uint32Array(0);
    const entry = ([name, ids]) => {
      const act = (text, title, onclick) =>
        make("button", { type: "button", class: "gm-button", textContent: text, title: `${title} ${name}`, "aria-label": `${title} ${name}`, onclick });
      return make(
        "li",
        {},
        make("span", { class: "gm-name", textContent: name, title: name }),
        make("span", { class: "gm-number", textContent: ids.length.toLocaleString("en") }),
        make(
          "span",
          { class: "gm-buttons" },
          act("Show", "Select", () => map.select(ids)),
          act("∪", "Add to the selection:", () => map.select(union(mine(), ids))),
          act("∩", "Keep of the selection what is in", () => map.select(intersection(mine(), ids))),
          act("−", "Take out of the selection:", () => map.select(difference(mine(), ids))),
          act("JSON", "Save the ids of", () => map.saveSet(name, ids)),
          act("✕", "Delete", () => {
            map.shelf.drop(name);
            this.showSets();
          }),
        ),
      );
    };
    this.saver.disabled = !map.selection;
    this.shelf.replaceChildren(...[...map.shelf.sets].map(entry));
  }

  /** Numbers of a selection (or of everything) and its table. */
  show({ summary, whole, coreset, ids, listed, caption, jaccard, missing }) {
    const count = (number) => number.toLocaleString("en");
    const parts = [`${count(summary.validation)} validation`];
    if (whole.chosen) parts.push(`${count(summary.chosen)} chosen`);
    this.head.textContent = ids
      ? `${count(summary.selected)} of ${count(summary.total)} · ${parts.join(" · ")}`
      : `${count(summary.total)} samples · ${parts.join(" · ")}`;
    const percent = (share) => (share === share ? `${(100 * share).toFixed(1)} %` : "–");
    const facts = [];
    if (whole.distance === whole.distance) {
      facts.push(["Mean distance", told(summary.distance), ids ? `all ${told(whole.distance)}` : "validation"]);
    }
    const head = ids || !coreset ? summary : coreset;
    facts.push(["Head share", percent(head.head), ids ? `all ${percent(whole.head)}` : coreset ? `of the coreset, all ${percent(whole.head)}` : "all"]);
    if (missing !== undefined && !ids) facts.push(["Coreset missing", percent(missing), "of validation, on the map"]);
    if (jaccard) facts.push(["A and B", `Jaccard ${jaccard.value.toFixed(2)}`, `A ${count(jaccard.a)} · B ${count(jaccard.b)} · both ${count(jaccard.both)}`]);
    this.facts.replaceChildren(
      ...facts.flatMap(([name, value, note]) => [
        make("dt", { textContent: name, title: HELP[name] ?? "" }),
        make("dd", {}, make("b", { textContent: value }), make("small", { textContent: note })),
      ]),
    );
    this.clear.disabled = !ids;
    for (const file of this.files) file.disabled = !whole.total;
    this.files[0].parentElement.dataset.what = ids ? "selection" : "all";
    this.caption.textContent = caption;
    this.table.show(listed, caption);
    this.saver.disabled = !ids;
  }

  /** The clicked sample: fields, partners, true neighbours; null for none. */
  showSample(sample) {
    this.card.hidden = !sample;
    this.table.pick(sample ? sample.id : null);
    if (!sample) return void this.card.replaceChildren();
    const entry = ({ id, text, note }) =>
      make("li", {}, make("button", { type: "button", class: "gm-link", textContent: text, title: text, onclick: () => this.map.pick(id, { zoom: true }) }), make("span", { class: "gm-number", textContent: note }));
    const list = (title, entries) => (entries.length ? [make("h4", { textContent: title }), make("ul", {}, ...entries.map(entry))] : []);
    this.card.replaceChildren(
      make(
        "div",
        { class: "gm-line" },
        make("strong", { class: "gm-title", textContent: sample.title }),
        make("button", { type: "button", class: "gm-button", textContent: "✕", title: "Close", "aria-label": "Close the sample", onclick: () => this.map.pick(null) }),
      ),
      make("dl", { class: "gm-fields" }, ...sample.fields.flatMap(([name, value]) => [make("dt", { textContent: name }), make("dd", { textContent: value, title: value })])),
      ...list(sample.served ? "Matched to" : "Covers", sample.partners),
      ...list("Nearest in the embedding space", sample.near),
      make("p", { class: "gm-note", textContent: "Details below the map." }),
    );
  }
}
