// The search box: what it finds is listed below it, and jumped to.
import { make, newId } from "./dom.js";

const MOST = 30;
const WAIT = 120;

export class Find {
  /** @param {{search: (query: string, most: number) => Promise<{ids: Uint32Array, hits: {id: number, text: string, note: string}[]}>,
   *   jump: (id: number) => void}} asks */
  constructor(asks) {
    this.asks = asks;
    this.hits = [];
    this.at = -1;
    const id = newId("hits");
    this.list = make("ul", { class: "gm-hits", role: "listbox", id, "aria-label": "Found samples", hidden: true });
    this.input = make("input", {
      type: "search",
      class: "gm-input",
      placeholder: "Find a title or id",
      role: "combobox",
      "aria-label": "Find a title or id",
      "aria-expanded": false,
      "aria-controls": id,
      "aria-autocomplete": "list",
      autocomplete: "off",
      oninput: () => this.#typed(),
      onkeydown: (event) => this.#key(event),
      onfocus: () => this.#open(this.hits.length > 0),
      onblur: () => setTimeout(() => this.#open(false), 150),
    });
    this.element = make("div", { class: "gm-find" }, this.input, this.list);
  }

  #typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#search(), WAIT);
  }

  async #search() {
    const query = this.input.value.trim();
    const { hits, ids } = query ? await this.asks.search(query, MOST) : { hits: [], ids: null };
    if (query !== this.input.value.trim()) return;
    this.hits = hits;
    this.at = hits.length ? 0 : -1;
    const more = ids && ids.length > hits.length ? `${ids.length.toLocaleString("en")} samples match` : "";
    const nothing = query && !hits.length ? "No title has all these words" : "";
    this.list.replaceChildren(
      ...hits.map((hit, i) =>
        make(
          "li",
          { role: "option", id: `${this.list.id}-${i}`, "aria-selected": i === this.at, onpointerdown: (e) => (e.preventDefault(), this.#jump(i)) },
          make("span", { textContent: hit.text, title: hit.text }),
          make("small", { textContent: hit.note }),
        ),
      ),
      ...(more || nothing ? [make("li", { role: "option", "aria-disabled": true, "aria-selected": false, class: "gm-note", textContent: more || nothing })] : []),
    );
    this.#open(Boolean(query));
    this.#mark();
  }

  #open(open) {
    this.list.hidden = !open;
    this.input.setAttribute("aria-expanded", String(open));
  }

  #mark() {
    [...this.list.children].forEach((row, i) => row.setAttribute("aria-selected", String(i === this.at)));
    if (this.at >= 0) this.input.setAttribute("aria-activedescendant", `${this.list.id}-${this.at}`);
    else this.input.removeAttribute("aria-activedescendant");
    this.list.children[this.at]?.scrollIntoView({ block: "nearest" });
  }

  #jump(at) {
    this.at = at;
    this.#mark();
    if (this.hits[at]) this.asks.jump(this.hits[at].id);
    this.#open(false);
  }

  async #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.hits.length) {
      event.preventDefault();
      this.#open(true);
      this.at = (this.at + step + this.hits.length) % this.hits.length;
      this.#mark();
    } else if (event.key === "Enter") {
      clearTimeout(this.timer);
      const at = this.at;
      await this.#search();
      this.#jump(Math.max(at, 0));
    } else if (event.key === "Escape") {
      this.input.value = "";
      this.#search();
    }
    event.stopPropagation();
  }
}
