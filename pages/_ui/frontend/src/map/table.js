// A table of samples of any length: only the rows in sight are there. Rows are picked by click, arrows and Enter.
import { make } from "./dom.js";

const ROW = 28;

export class Table {
  /**
   * @param {{key: string, title: string, help?: string, number?: boolean}[]} columns
   * @param {{cell: (id: number, key: string) => string, value: (id: number, key: string) => any,
   *   pick: (id: number) => void, hover: (id: number | null) => void}} asks
   */
  constructor(columns, asks) {
    this.columns = columns;
    this.asks = asks;
    this.ids = new Uint32Array(0);
    this.picked = null;
    this.sorted = null;
    this.body = make("div", { class: "gm-rows", role: "rowgroup" });
    this.heads = columns.map((column) =>
      make(
        "span",
        { role: "columnheader", class: column.number ? "gm-number" : "", "aria-sort": "none" },
        make("button", { type: "button", title: column.help ?? "", textContent: column.title, onclick: () => this.#sort(column.key) }),
      ),
    );
    this.view = make("div", { class: "gm-scroll", onscroll: () => this.#fill(), onkeydown: (e) => this.#key(e) }, this.body);
    this.element = make(
      "div",
      { class: "gm-table", role: "grid", "aria-label": "Samples" },
      make("div", { class: "gm-row gm-head", role: "row" }, ...this.heads),
      this.view,
    );
    new ResizeObserver(() => this.#fill()).observe(this.view);
  }

  /** Show these samples, in this order. */
  show(ids, label) {
    this.given = ids;
    this.ids = ids;
    this.sorted = null;
    this.element.setAttribute("aria-label", label);
    this.#marks();
    this.view.scrollTop = 0;
    this.refresh();
  }

  /** Mark the row of a sample and bring it into sight. */
  pick(id) {
    this.picked = id;
    const at = id === null ? -1 : this.ids.indexOf(id);
    if (at >= 0) {
      const { scrollTop, clientHeight } = this.view;
      if (at * ROW < scrollTop || (at + 1) * ROW > scrollTop + clientHeight) {
        this.view.scrollTop = Math.max(at * ROW - clientHeight / 2, 0);
      }
    }
    this.refresh();
  }

  /** Write the rows in sight again. */
  refresh() {
    this.element.setAttribute("aria-rowcount", String(this.ids.length + 1));
    this.body.style.height = `${Math.min(this.ids.length * ROW, 15_000_000)}px`;
    this.first = this.last = -1;
    this.#fill();
  }

  #fill() {
    const first = Math.max(Math.floor(this.view.scrollTop / ROW) - 4, 0);
    const last = Math.min(Math.ceil((this.view.scrollTop + this.view.clientHeight) / ROW) + 4, this.ids.length);
    if (first === this.first && last === this.last) return;
    [this.first, this.last] = [first, last];
    const focused = this.body.contains(document.activeElement) ? document.activeElement.dataset.at : null;
    const rows = [];
    const entry = this.ids.includes(this.picked) && this.picked !== null ? this.picked : this.ids[first];
    for (let at = first; at < last; at++) rows.push(this.#row(at, entry));
    this.body.replaceChildren(...rows);
    if (focused !== null) this.body.querySelector(`[data-at="${focused}"]`)?.focus();
  }

  #row(at, entry) {
    const id = this.ids[at];
    const cells = this.columns.map((column) => {
      const text = this.asks.cell(id, column.key);
      return make("span", { role: "gridcell", class: column.number ? "gm-number" : "", title: text, textContent: text });
    });
    const row = make(
      "div",
      {
        class: "gm-row",
        role: "row",
        tabIndex: id === entry ? 0 : -1,
        "aria-rowindex": at + 2,
        "aria-selected": id === this.picked,
        "data-at": at,
        "data-id": id,
        onclick: () => this.asks.pick(id),
        onpointerenter: () => this.asks.hover(id),
        onpointerleave: () => this.asks.hover(null),
      },
      ...cells,
    );
    row.style.top = `${at * ROW}px`;
    return row;
  }

  #key(event) {
    const at = Number(event.target.dataset?.at ?? -1);
    if (at < 0) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.asks.pick(this.ids[at]);
      return;
    }
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -at, End: this.ids.length - 1 - at };
    if (!(event.key in steps)) return;
    event.preventDefault();
    const to = Math.min(Math.max(at + steps[event.key], 0), this.ids.length - 1);
    const { scrollTop, clientHeight } = this.view;
    if (to * ROW < scrollTop) this.view.scrollTop = to * ROW;
    if ((to + 1) * ROW > scrollTop + clientHeight) this.view.scrollTop = (to + 1) * ROW - clientHeight;
    this.#fill();
    this.body.querySelector(`[data-at="${to}"]`)?.focus();
  }

  #sort(key) {
    const down = !(this.sorted?.key === key && this.sorted.down);
    this.sorted = { key, down };
    const values = new Map(Array.from(this.given, (id) => [id, this.asks.value(id, key)]));
    const rank = (value) => (value === null || value !== value ? (down ? -Infinity : Infinity) : value);
    const compare = (a, b) => {
      const [x, y] = [rank(values.get(a)), rank(values.get(b))];
      const order = x < y ? -1 : x > y ? 1 : a - b;
      return down ? -order : order;
    };
    this.ids = Uint32Array.from([...this.given].sort(compare));
    this.#marks();
    this.view.scrollTop = 0;
    this.refresh();
  }

  #marks() {
    this.columns.forEach((column, i) => {
      const mine = this.sorted?.key === column.key;
      this.heads[i].setAttribute("aria-sort", mine ? (this.sorted.down ? "descending" : "ascending") : "none");
    });
  }
}
