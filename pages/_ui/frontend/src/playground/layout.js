// Colours of the theme and of the palette, and a height that keeps everything on the first screen.

const ROOM_BELOW = 14;
const LOWEST = 380;
const HIGHEST = 760;

/**
 * Colours for canvases; those of the roles go to the stylesheet as well.
 * @param {HTMLElement} node
 * @param {Record<string, string>} roles Colours by role.
 */
export function colorsOf(node, roles) {
  for (const [role, color] of Object.entries(roles)) node.style.setProperty(`--play-${role}`, color);
  const style = getComputedStyle(node);
  const theme = (name) => style.getPropertyValue(`--st-${name}`).trim();
  return { ...roles, ink: theme("text-color") || style.color, ground: theme("background-color") || "#ffffff" };
}

/** Gives the element what is left of the window below its top. @param {HTMLElement} node @param {boolean} embed */
export function fitHeight(node, embed) {
  const scrolled = node.closest("[data-testid=stMain]")?.scrollTop ?? 0;
  const above = embed ? 0 : node.querySelector(".play-top").offsetHeight + 8;
  const room = window.innerHeight - node.getBoundingClientRect().top - scrolled - above - ROOM_BELOW;
  const height = Math.max(LOWEST, embed ? room : Math.min(HIGHEST, room));
  node.style.setProperty("--play-height", `${Math.round(height)}px`);
}
