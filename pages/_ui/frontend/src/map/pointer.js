// Mouse, touch and keys on the plot: move, zoom, hover, click, lasso.
import { toData } from "./camera.js";

const CLICK = 4; // pixels: less than this is a click
const STEP = 3; // pixels between two corners of a lasso
const MOVE = 60; // pixels per arrow key

/** @param {import("./view.js").MapView} map */
export function listen(map) {
  const { plot } = map;
  /** @type {Map<number, [number, number]>} */
  const down = new Map();
  let start = null;
  let lasso = null;
  let pinch = null;

  const place = (event) => {
    const box = plot.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const data = ([left, top]) => toData(map.camera, map.width, map.height, left, top);
  const spread = () => {
    const [a, b] = [...down.values()];
    return { length: Math.hypot(a[0] - b[0], a[1] - b[1]), middle: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2] };
  };

  plot.addEventListener("pointerdown", (event) => {
    if (!map.ready || event.button) return;
    plot.setPointerCapture(event.pointerId);
    down.set(event.pointerId, place(event));
    if (down.size === 2) {
      lasso = null;
      pinch = spread();
    } else if (down.size === 1) {
      start = place(event);
      if (map.mode === "lasso" || event.shiftKey) lasso = [start];
    }
  });

  plot.addEventListener("pointermove", (event) => {
    if (!map.ready) return;
    const now = place(event);
    const before = down.get(event.pointerId);
    if (!before) {
      map.showTip(map.at(...now), ...now);
      return;
    }
    down.set(event.pointerId, now);
    if (pinch && down.size === 2) {
      const next = spread();
      map.moveBy(next.middle[0] - pinch.middle[0], next.middle[1] - pinch.middle[1]);
      map.zoomBy(next.length / Math.max(pinch.length, 1), ...next.middle);
      pinch = next;
    } else if (lasso) {
      const last = lasso.at(-1);
      if (Math.hypot(now[0] - last[0], now[1] - last[1]) >= STEP) lasso.push(now);
      map.polygon = lasso.map(data);
      map.invalidate();
    } else if (start && Math.hypot(now[0] - start[0], now[1] - start[1]) > CLICK) {
      map.showTip(null);
      map.moveBy(now[0] - before[0], now[1] - before[1]);
    }
  });

  const up = (event) => {
    const now = place(event);
    const first = down.delete(event.pointerId) && !pinch;
    if (!down.size) pinch = null;
    if (!first) return;
    const clicked = start && Math.hypot(now[0] - start[0], now[1] - start[1]) <= CLICK;
    if (lasso && lasso.length > 2 && event.type === "pointerup") map.lasso(lasso.map(data));
    else if (clicked && event.type === "pointerup") {
      const id = map.at(...now);
      if (id !== null || map.sample !== null) map.pick(id);
    }
    lasso = start = null;
  };
  plot.addEventListener("pointerup", up);
  plot.addEventListener("pointercancel", up);
  plot.addEventListener("pointerleave", () => map.ready && !down.size && map.showTip(null));
  plot.addEventListener("dblclick", (event) => map.ready && map.zoomBy(2, ...place(event)));
  plot.addEventListener(
    "wheel",
    (event) => {
      if (!map.ready) return;
      event.preventDefault();
      map.zoomBy(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), ...place(event));
    },
    { passive: false },
  );

  plot.addEventListener("keydown", (event) => {
    if (!map.ready || event.ctrlKey || event.metaKey || event.altKey) return;
    const actions = {
      ArrowLeft: () => map.moveBy(MOVE, 0),
      ArrowRight: () => map.moveBy(-MOVE, 0),
      ArrowUp: () => map.moveBy(0, MOVE),
      ArrowDown: () => map.moveBy(0, -MOVE),
      "+": () => map.zoomBy(1.5),
      "=": () => map.zoomBy(1.5),
      "-": () => map.zoomBy(1 / 1.5),
      0: () => map.fit(),
      l: () => map.setMode(map.mode === "lasso" ? "pan" : "lasso"),
      Escape: () => {
        map.setMode("pan");
        if (map.sample !== null) map.pick(null);
        else map.select(null);
      },
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
