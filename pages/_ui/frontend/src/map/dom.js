// Elements by one call. Texts are always text: titles are other people's.

/**
 * @param {string} tag
 * @param {Record<string, any>} [given]  properties; `on*` are listeners, `aria-*`, `role` and `data-*` attributes
 * @param {...(Node | string | null | undefined)} inside
 */
export function make(tag, given = {}, ...inside) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (/^(aria-|data-)|^(role|for)$/.test(name)) element.setAttribute(name, String(value));
    else element[name] = value;
  }
  element.append(...inside.filter((one) => one !== null && one !== undefined));
  return element;
}

let numbers = 0;
/** An id that no other element has. */
export const newId = (name) => `gm-${name}-${++numbers}`;

/** Save bytes as a file of the reader. */
export function download(blob, name) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
