import { h, put, soon } from "../base/dom.js";
import { Painter } from "./pixels.js";

// The picture on its black ground: zoom, pan, texts in the corners, letters at the edges, measures.

const SVG = "http://www.w3.org/2000/svg";
// While someone scrolls, a screen reader is told nothing: only where it came to rest.
const SETTLED_MS = 400;

export class Stage {
  constructor() {
    this.canvas = h("canvas", { class: "iv-canvas" });
    this.buffer = h("canvas", { class: "iv-buffer lw-hidden" });
    this.lines = document.createElementNS(SVG, "svg");
    this.lines.setAttribute("class", "iv-lines");
    this.lines.setAttribute("aria-hidden", "true");
    this.texts = Object.fromEntries(
      ["patient", "study", "series", "state", "left", "right", "top", "bottom"].map((place) =>
        [place, h("div", { class: `iv-text iv-${place}` })]));
    this.poster = h("img", { class: "iv-poster", alt: "" });
    this.notice = h("div", { class: "iv-notice", role: "status" });
    this.spoken = h("div", { class: "lw-sr", role: "status" });
    this.speak = soon(SETTLED_MS, (text) => put(this.spoken, text));
    this.el = h("div", { class: "iv-stage", tabindex: "0", role: "application",
      aria: { label: "Picture. Arrow keys scroll, ? lists the keys.", roledescription: "image viewer" } },
    this.poster, this.canvas, this.buffer, this.lines, ...Object.values(this.texts), this.notice, this.spoken);
    this.painter = new Painter();
    this.smooth = true;
    this.measures = [];
    this.home();
  }

  /** Fit the picture again. */
  home() {
    this.zoom = 1;
    this.pan = { x: 0, y: 0 };
  }

  /** Paint a frame; `view` holds frame, info, win, inverted, colour. */
  show(view) {
    this.view = view;
    const { frame, info } = view;
    this.el.classList.toggle("iv-waiting", !frame);
    if (!frame) return;
    this.poster.removeAttribute("src");
    if (this.buffer.width !== info.columns || this.buffer.height !== info.rows || !this.image) {
      this.buffer.width = info.columns;
      this.buffer.height = info.rows;
      this.image = new ImageData(info.columns, info.rows);
    }
    this.painter.paint(frame, info, view.win, view.inverted, view.colour, this.image);
    this.buffer.getContext("2d").putImageData(this.image, 0, 0);
    this.draw();
  }

  /** Where the picture lies on the stage, in CSS pixels. */
  get place() {
    const { columns, rows, aspect } = this.view.info;
    const { clientWidth: w, clientHeight: high } = this.el;
    const fit = Math.min(w / columns, high / (rows * aspect));
    const scale = fit * this.zoom;
    return {
      scale, fit, tall: scale * aspect,
      x: (w - columns * scale) / 2 + this.pan.x, y: (high - rows * scale * aspect) / 2 + this.pan.y,
    };
  }

  /** Column and row (with fraction; 0.5 is the middle of the first) under a point of the stage. */
  imagePoint(x, y) {
    const at = this.place;
    return { column: (x - at.x) / at.scale, row: (y - at.y) / at.tall };
  }

  /** Zoom by a factor, the point (x, y) of the stage staying where it is. */
  zoomAt(factor, x = this.el.clientWidth / 2, y = this.el.clientHeight / 2) {
    const before = this.imagePoint(x, y);
    this.zoom = Math.min(64, Math.max(0.2, this.zoom * factor));
    const at = this.place;
    this.pan.x += x - (at.x + before.column * at.scale);
    this.pan.y += y - (at.y + before.row * at.tall);
    this.draw();
  }

  /** Draw again what was painted: after zooming, panning, or a new size of the stage. */
  draw() {
    if (!this.view?.info) return;
    const dpr = window.devicePixelRatio || 1;
    const [w, high] = [this.el.clientWidth, this.el.clientHeight].map((n) => Math.round(n * dpr));
    if (this.canvas.width !== w || this.canvas.height !== high) {
      this.canvas.width = w;
      this.canvas.height = high;
    }
    const at = this.place;
    const to = this.canvas.getContext("2d", { alpha: false });
    to.setTransform(1, 0, 0, 1, 0, 0);
    to.fillRect(0, 0, w, high);
    to.setTransform(at.scale * dpr, 0, 0, at.tall * dpr, at.x * dpr, at.y * dpr);
    to.imageSmoothingEnabled = this.smooth && at.scale < 8;
    to.drawImage(this.buffer, 0, 0);
    this.#drawMeasures();
  }

  /** Write the texts; only what has changed is touched, since this runs for every frame. */
  setTexts(texts) {
    for (const [place, lines] of Object.entries(texts)) {
      const key = lines.join("\n");
      if (this.texts[place].dataset.key === key) continue;
      this.texts[place].dataset.key = key;
      put(this.texts[place], ...lines.filter(Boolean).map((line) => h("div", {}, line)));
    }
  }

  /** Say what the picture shows: all of it in the name, what changes also aloud. */
  describe(name, state) {
    if (this.told === name) return;
    if (this.told !== undefined) this.speak(state);
    this.told = name;
    this.el.setAttribute("aria-label", `Picture: ${name}. Arrow keys scroll, ? lists the keys.`);
  }

  #drawMeasures() {
    const at = this.place;
    const make = (name, attributes, text) => {
      const el = document.createElementNS(SVG, name);
      for (const [key, value] of Object.entries(attributes)) el.setAttribute(key, value);
      if (text) el.textContent = text;
      return el;
    };
    const drawn = this.measures.filter((m) => m.key === this.view.key).flatMap((m) => {
      const [a, b] = [m.from, m.to].map((p) => ({ x: at.x + p.column * at.scale, y: at.y + p.row * at.tall }));
      const ends = [a, b].map((p) => make("circle", { cx: p.x, cy: p.y, r: 3 }));
      const line = make("line", { x1: a.x, y1: a.y, x2: b.x, y2: b.y });
      const right = b.x > this.el.clientWidth - 90;
      const text = make("text", { x: b.x + (right ? -8 : 8), y: b.y - 6, "text-anchor": right ? "end" : "start" }, lengthText(m, this.view.info));
      return [line, ...ends, text];
    });
    this.lines.replaceChildren(...drawn);
  }
}

/** A length in mm where the file says how far apart its pixels are, else in pixels. */
export function lengthText(measure, info) {
  const rows = measure.to.row - measure.from.row;
  const columns = measure.to.column - measure.from.column;
  if (!info.spacing) return `${Math.hypot(rows, columns).toFixed(1)} px`;
  return `${Math.hypot(rows * info.spacing[0], columns * info.spacing[1]).toFixed(1)} mm`;
}
