import assert from "node:assert/strict";
import test from "node:test";
import { UNKNOWN, along, channels, isDark, mixed, palette, places, ramp, told } from "./colors.js";
import { BINS, binned, counted, edge, passing } from "./histogram.js";
import { levelAt, placed } from "./labels.js";
import { samplesWith } from "./search.js";
import { heaviest } from "./flows.js";
import { Shelf, difference, fileName, intersection, ordered, setOf, summary, union } from "./sets.js";

const numbers = { type: "numbers", scale: "linear", low: 0, high: 10, least: 0, most: 10, reverse: false };
const colors = { numbers: ["#000000", "#ffffff"], categories: ["#111111", "#222222", "#333333"] };

test("colours are read and mixed", () => {
  assert.deepEqual(channels("#0f8"), [0, 255, 136]);
  assert.deepEqual(channels("rgb(1, 2, 3)"), [1, 2, 3]);
  assert.equal(mixed("#000000", "#ffffff", 0.5), "#808080");
  assert.deepEqual([ramp(["#000000", "#ffffff"], 3)[0], ramp(["#000000", "#ffffff"], 3)[2]], ["#000000", "#ffffff"]);
  assert.ok(isDark("#12171d") && !isDark("#ffffff"));
});

test("numbers become places along the scale, reversed where large is dark, and none without a value", () => {
  const list = palette(numbers, colors, "#7f858f");
  const none = list.length - 1;
  const values = Float32Array.from([0, 5, 10, 99, NaN]);
  const found = places(numbers, values, list);
  assert.deepEqual([found[0], found[2], found[3], found[4]], [0, none - 1, none - 1, none]);
  const turned = places({ ...numbers, reverse: true }, values, list);
  assert.deepEqual([turned[0], turned[2], turned[4]], [none - 1, 0, none]);
  assert.equal(along({ ...numbers, scale: "log", low: 0, high: 99 }, 9), 0.5);
});

test("rare categories share the last colour, unknown ones keep the colour of their role", () => {
  const column = { type: "codes", names: ["a", "b", "c", "d", "e"] };
  const list = palette(column, colors, "#7f858f");
  assert.deepEqual([...places(column, Uint16Array.from([0, 1, 2, 4, UNKNOWN]), list)], [0, 1, 2, 2, 3]);
});

test("numbers are told in few digits, days as dates", () => {
  assert.deepEqual([told(NaN), told(12345), told(0.5512), told(0, "time")], ["–", "12,345", "0.551", "1970-01-01"]);
});

test("sets are combined as sets", () => {
  const [a, b] = [setOf([5, 1, 3, 3, 10]), setOf([3, 4, 10])];
  assert.deepEqual([...a], [1, 3, 5, 10]);
  assert.deepEqual([...union(a, b)], [1, 3, 4, 5, 10]);
  assert.deepEqual([...intersection(a, b)], [3, 10]);
  assert.deepEqual([...difference(a, b)], [1, 5]);
  assert.deepEqual([...union(a, setOf([]))], [...a]);
});

test("a summary counts sets, and averages distances of validation samples alone", () => {
  const samples = {
    pool: 3,
    validation: 2,
    chosen: Uint8Array.from([0, 1, 0, 0, 0]),
    distance: Float32Array.from([NaN, 9, NaN, 1, 3]),
    tier: Uint16Array.from([0, 1, 0, 2, 2]),
  };
  assert.deepEqual(summary(null, samples), { total: 5, selected: 5, validation: 2, chosen: 1, distance: 2, head: 0.4 });
  const part = summary(Uint32Array.from([1, 4]), samples);
  assert.deepEqual([part.selected, part.validation, part.chosen, part.distance, part.head], [2, 1, 1, 3, 0]);
});

test("named sets survive in the session, damaged ones do no harm", () => {
  const kept = new Map();
  const storage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
  new Shelf("k", storage).put("mine", setOf([2, 1]));
  assert.deepEqual([...new Shelf("k", storage).sets.get("mine")], [1, 2]);
  assert.equal(new Shelf("other", storage).sets.size, 0);
  kept.set("goracs-map-sets-k", "{");
  assert.equal(new Shelf("k", storage).sets.size, 0);
});

test("bins hold every value once, with edges where they say", () => {
  for (const scale of ["linear", "log"]) {
    const column = { ...numbers, scale, least: 0, most: 1000 };
    const values = Float32Array.from([0, 1, 10, 100, 999, 1000, NaN]);
    const bin = binned(column, values);
    assert.equal(counted(bin, null).reduce((a, b) => a + b), 6);
    assert.equal(counted(bin, Uint8Array.from([1, 0, 0, 0, 0, 0, 1])).reduce((a, b) => a + b), 1);
    values.slice(0, 5).forEach((value, i) => {
      assert.ok(edge(column, bin[i]) <= value + 1e-6 && value < edge(column, bin[i] + 1) + 1e-6);
    });
    assert.ok(Math.abs(edge(column, BINS) - 1000) < 1e-6);
  }
});

test("what passes passes all filters", () => {
  assert.equal(passing(3, []), null);
  const mask = passing(4, [{ accepts: (i) => i > 0 }, { accepts: (i) => i % 2 === 0 }]);
  assert.deepEqual([...mask], [0, 0, 1, 0]);
});

test("a search finds titles with all words and ids, validation first", () => {
  const samples = { folded: ["red apple", "green apple", "blue train"], targets: Int32Array.from([0, 1, 2, 0]), pool: 3 };
  const chosen = Uint8Array.from([0, 1, 0, 0]);
  const ids = ["a", "b", "c", "d"];
  const find = (query) => [...samplesWith(query, { ...samples, chosen, ids })];
  assert.deepEqual(find("Apple"), [3, 1, 0]);
  assert.deepEqual(find("apple red"), [3, 0]);
  assert.deepEqual(find("c"), [2]);
  assert.deepEqual(find("  "), []);
  assert.deepEqual(find("apple train"), []);
});

test("labels do not cover each other, large regions win, levels follow the zoom", () => {
  const labels = [
    { x: 100, y: 100, text: "small", level: 0, samples: 5 },
    { x: 105, y: 102, text: "large", level: 0, samples: 50 },
    { x: 300, y: 300, text: "far", level: 0, samples: 9 },
    { x: 100, y: 100, text: "deep", level: 1, samples: 9 },
  ];
  const show = (zoom) => placed(labels, zoom, ({ x, y }) => [x, y], (text) => 8 * text.length, { width: 400, height: 400, size: 12 });
  assert.deepEqual(show(1).map(({ text }) => text), ["large", "far"]);
  assert.deepEqual(show(2).map(({ text }) => text), ["deep"]);
  assert.deepEqual([levelAt(0.5), levelAt(3), levelAt(50)], [0, 1, 2]);
});

test("the heaviest flows of what is wanted come first", () => {
  const plan = { count: 3, ends: Int32Array.from([7, 8, 7, 20, 21, 22]), amounts: Float32Array.from([1, 5, 2, 0.1, 0.2, 0.3]) };
  const of = (wanted, most) => heaviest(plan, wanted, most);
  assert.deepEqual([of((id) => id === 7).from, of((id) => id === 7).to], [[22, 20], [7, 7]]);
  assert.deepEqual(of((id) => id === 21).mass, [5]);
  assert.deepEqual(of(() => true, 1).from, [21]);
  assert.deepEqual(heaviest(null, () => true).from, []);
});

test("a selection is listed worst covered first, the pool last", () => {
  const samples = { pool: 3, chosen: Uint8Array.from([0, 1, 0, 0, 0]), distance: Float32Array.from([NaN, 9, NaN, 1, 3]) };
  assert.deepEqual([...ordered(Uint32Array.from([0, 1, 2, 3, 4]), samples)], [4, 3, 1, 0, 2]);
  assert.deepEqual([...ordered(Uint32Array.from([0, 1, 3]), { ...samples, distance: undefined })], [3, 1, 0]);
});

test("a set's name becomes a file's name on any system", () => {
  const names = ["cook books", "../../etc/passwd", 'a:b*c?"<d>|', "Überblick 東京", "…", ""];
  assert.deepEqual(names.map(fileName), ["cook-books", "etc-passwd", "a-b-c-d", "U-berblick-東京", "set", "set"]);
});
