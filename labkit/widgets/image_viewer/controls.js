import { h, icon, put } from "../base/dom.js";
import { KEYS } from "./words.js";

// The bar above the picture, the slider below it, and the list of keys.

const ICONS = {
  window: "M8 2a6 6 0 1 0 0 12zM8 2a6 6 0 0 1 0 12M8 4l3 2M8 7l5 1M8 10l4 1",
  pan: "M8 1v14M1 8h14M6 3l2-2 2 2M6 13l2 2 2-2M3 6L1 8l2 2M13 6l2 2-2 2",
  zoom: "M7 2a5 5 0 1 0 .01 0M10.5 10.5L15 15M7 5v4M5 7h4",
  measure: "M2 14L14 2M2 10v4h4M14 6V2h-4",
  invert: "M2 2h12v12H2zM2 14L14 2M8 14l6-6M11 14l3-3",
  reset: "M3 8a5 5 0 1 0 2-4M3 2v3.5h3.5",
  play: "M4 2l9 6-9 6z",
  pause: "M5 2v12M11 2v12",
};
const TOOLS = [["window", "Window", "w"], ["pan", "Pan", "p"], ["zoom", "Zoom", "g"], ["measure", "Measure", "m"]];

function button(name, text, title, onclick) {
  return h("button", { title, onclick, aria: { label: text } }, icon(ICONS[name]), h("span", { class: "iv-word" }, text));
}

export class Controls {
  /** `on`: tool(name), stack(n), preset(name), invert(), reset(), play(), index(n). */
  constructor(on) {
    this.stacks = h("select", { class: "iv-stacks", aria: { label: "Stack" }, onchange: () => on.stack(Number(this.stacks.value)) });
    this.presets = h("select", { aria: { label: "Window preset" }, onchange: () => on.preset(this.presets.value) });
    this.tools = TOOLS.map(([name, text, key]) => button(name, text, `${text} by dragging (${key})`, () => on.tool(name)));
    this.invert = button("invert", "Invert", "Invert (i)", () => on.invert());
    this.reset = button("reset", "Reset", "Window, zoom and pan as at first (r)", () => on.reset());
    this.play = button("play", "Play", "Cine (Space)", () => on.play());
    this.help = h("button", { title: "Keys (?)", aria: { label: "Keys", expanded: "false" }, onclick: () => this.toggleHelp() }, "?");
    this.bar = h("div", { class: "lw-bar" }, this.stacks, this.presets,
      h("span", { class: "iv-tools", role: "group", aria: { label: "Tool" } }, ...this.tools),
      this.invert, this.play, this.reset, h("span", { class: "lw-grow" }), this.help);
    this.slider = h("input", { type: "range", min: "0", step: "1", class: "iv-slider", aria: { label: "Frame" }, oninput: () => on.index(Number(this.slider.value)) });
    this.probe = h("div", { class: "iv-probe lw-mono" });
    this.progress = h("div", { class: "iv-progress lw-muted" });
    this.foot = h("div", { class: "iv-foot" }, this.slider, h("div", { class: "iv-line" }, this.probe, this.progress));
    this.keys = h("dl", { class: "iv-keys lw-hidden" }, ...KEYS.flatMap(([key, what]) => [h("dt", {}, key), h("dd", {}, what)]));
  }

  toggleHelp(open = this.keys.classList.contains("lw-hidden")) {
    const hidden = this.keys.classList.toggle("lw-hidden", !open);
    this.help.setAttribute("aria-expanded", String(!hidden));
  }

  setStacks(stacks, chosen) {
    put(this.stacks, ...stacks.map((stack, n) => h("option", { value: String(n) }, stack.label)));
    this.stacks.value = String(chosen);
    this.stacks.classList.toggle("lw-hidden", stacks.length < 2);
    this.bar.classList.toggle("iv-many", stacks.length > 1);
  }

  /** The presets of a stack: [value, text] pairs. */
  setPresets(pairs, chosen, colour) {
    if (pairs !== this.pairs) {
      put(this.presets, ...pairs.map(([value, text]) => h("option", { value }, text)));
      this.pairs = pairs;
    }
    this.presets.value = chosen;
    this.presets.classList.toggle("lw-hidden", colour);
    this.tools[0].classList.toggle("lw-hidden", colour);
  }

  setTool(name) {
    TOOLS.forEach(([tool], n) => this.tools[n].setAttribute("aria-pressed", String(tool === name)));
  }

  setState({ inverted, playing, index, count, loaded }) {
    this.invert.setAttribute("aria-pressed", String(inverted));
    this.play.setAttribute("aria-pressed", String(playing));
    this.play.firstChild.firstChild.setAttribute("d", ICONS[playing ? "pause" : "play"]);
    this.slider.max = String(count - 1);
    this.slider.value = String(index);
    this.slider.setAttribute("aria-valuetext", `frame ${index + 1} of ${count}`);
    for (const el of [this.play, this.slider]) el.classList.toggle("lw-hidden", count < 2);
    const text = loaded < count ? `${loaded} of ${count} frames here` : "";
    if (this.progress.textContent !== text) put(this.progress, text);
  }
}
