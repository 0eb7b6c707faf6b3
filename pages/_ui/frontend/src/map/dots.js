// The pool as small dots: regl-scatterplot (WebGL), or a plain canvas where there is no WebGL.
import createScatterplot from "regl-scatterplot";

const SOFTWARE = /swiftshader|llvmpipe|software|basic render/i;

/** How many dots are drawn at once: as many as move smoothly. */
export function dotsAtOnce(canvas = document.createElement("canvas")) {
  const gl = canvas.getContext("webgl");
  if (!gl) return 20_000;
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  const name = String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return SOFTWARE.test(name) ? 30_000 : 400_000;
}

/** Dots by WebGL. */
class GlDots {
  constructor(canvas, width, height) {
    this.plot = createScatterplot({
      canvas,
      width,
      height,
      aspectRatio: 1,
      backgroundColor: [0, 0, 0, 0],
      cameraIsFixed: true,
      actionKeyMap: {},
      lassoOnLongPress: false,
      deselectOnDblClick: false,
      deselectOnEscape: false,
      colorBy: "valueA",
      pointScaleMode: "constant",
      antiAliasing: 0.75,
    });
  }

  /** @returns {Promise<void>} resolved once they are drawn */
  async draw(dots) {
    this.plot.set({ pointColor: dots.colors, pointSize: dots.size, opacity: dots.opacity });
    if (!dots.x.length) return void this.plot.clear();
    await this.plot.draw({ x: dots.x, y: dots.y, valueA: dots.codes }, { zDataType: "categorical" });
  }

  /** Draw the dots of now in another size. */
  sized(size) {
    this.plot.set({ pointSize: size });
  }

  view(matrix) {
    this.plot.view(matrix, { preventEvent: true });
  }

  resize(width, height) {
    this.plot.set({ width, height });
  }

  destroy() {
    this.plot.destroy();
  }
}

/** The same by plain drawing. */
class PlainDots {
  constructor(canvas, width, height) {
    this.canvas = canvas;
    this.resize(width, height);
  }

  async draw(dots) {
    this.dots = dots;
    this.#paint();
  }

  sized(size) {
    if (this.dots) this.dots.size = size;
    this.#paint();
  }

  view(matrix) {
    this.matrix = matrix;
    this.#paint();
  }

  resize(width, height) {
    Object.assign(this.canvas, { width, height });
    this.#paint();
  }

  #paint() {
    if (!this.dots || !this.matrix) return;
    const { width, height } = this.canvas;
    const context = this.canvas.getContext("2d");
    const { x, y, codes, colors, size, opacity } = this.dots;
    context.clearRect(0, 0, width, height);
    context.globalAlpha = opacity;
    for (let i = 0; i < x.length; i++) {
      context.fillStyle = colors[codes[i]];
      const left = width / 2 + ((this.matrix[0] * x[i] + this.matrix[12]) * height) / 2;
      const top = height / 2 - ((this.matrix[5] * y[i] + this.matrix[13]) * height) / 2;
      context.fillRect(left - size / 2, top - size / 2, size, size);
    }
  }

  destroy() {}
}

/** @returns {GlDots | PlainDots} */
export function createDots(canvas, width, height) {
  try {
    return new GlDots(canvas, width, height);
  } catch {
    const plain = /** @type {HTMLCanvasElement} */ (canvas.cloneNode());
    canvas.replaceWith(plain);
    return new PlainDots(plain, width, height);
  }
}
