// The embedding map: one map per place on the page, told anew with every run of the page.
import { MapView } from "./view.js";

/** @type {WeakMap<HTMLElement, MapView>} */
const maps = new WeakMap();

export default function show(component) {
  const { parentElement } = component;
  let map = maps.get(parentElement);
  if (!map) {
    map = new MapView(parentElement);
    maps.set(parentElement, map);
  }
  map.update(component);
  return () => {
    map.destroy();
    maps.delete(parentElement);
  };
}
