// Small helpers to build elements; texts go in as text, never as markup.

/**
 * An element with attributes and children; a function as attribute listens to the event of that name.
 * @param {string} tag @param {Record<string, any>} attributes @param {...(Node | string)} children
 */
export function h(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (name in made && name !== "list") made[name] = value;
    else if (value !== null) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** Sets a text only where it changed, so that screen readers are told once. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A canvas fitted to its size on the page: its context in CSS pixels, and that size. @param {HTMLCanvasElement} canvas */
export function fitted(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== across || canvas.height !== down) [canvas.width, canvas.height] = [across, down];
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}
