import { h, once, onKeys, put } from "../base/dom.js";

// The tree itself. Only the rows in sight are elements, so tens of thousands scroll smoothly.

const ROW = 24;
const SPARE = 8;
const SIGNS = { added: "+", removed: "−", changed: "≠", same: "" };

export class Tree {
  /** `on` is told: select(row), toggle(row, open), edit(row). */
  constructor(on) {
    this.on = on;
    this.rows = [];
    this.chosen = -1;
    this.titles = ["value"];
    this.draw = once(() => this.#draw());
    this.head = h("div", { class: "hb-row hb-head", role: "row" });
    this.space = h("div", { class: "hb-space" });
    this.el = h("div", { class: "hb-tree", tabindex: "0", role: "treegrid",
      aria: { label: "Data elements", readonly: "true" } },
    this.head, this.space);
    this.el.addEventListener("scroll", this.draw);
    this.el.addEventListener("click", (event) => this.#click(event));
    this.el.addEventListener("dblclick", () => this.rows[this.chosen] && on.edit(this.rows[this.chosen]));
    const page = () => Math.max(1, Math.floor(this.el.clientHeight / ROW) - 2);
    onKeys(this.el, {
      ArrowDown: () => this.choose(this.chosen + 1),
      ArrowUp: () => this.choose(this.chosen - 1),
      PageDown: () => this.choose(this.chosen + page()),
      PageUp: () => this.choose(this.chosen - page()),
      Home: () => this.choose(0),
      End: () => this.choose(this.rows.length - 1),
      ArrowRight: () => this.#right(),
      ArrowLeft: () => this.#left(),
      Enter: () => this.rows[this.chosen] && on.edit(this.rows[this.chosen]),
      " ": () => this.#flip(),
    });
  }

  /** Show these rows; `isOpen` tells whether a row is unfolded. */
  show(rows, titles, isOpen, selected) {
    this.rows = rows;
    this.titles = titles;
    this.isOpen = isOpen;
    this.chosen = rows.findIndex((row) => row.path === selected);
    const two = titles.length === 2;
    this.el.classList.toggle("hb-two", two);
    this.el.setAttribute("aria-rowcount", String(rows.length));
    put(this.head, ...["tag", "name", "VR", ...titles].map((text) =>
      h("span", { role: "columnheader" }, text)));
    const depth = Math.min(8, rows.reduce((most, row) => Math.max(most, row.depth), 0));
    this.el.style.setProperty("--hb-depth", String(depth));
    this.space.style.height = `${rows.length * ROW}px`;
    this.draw();
  }

  /** Select the row at a place in the list, and bring it into sight. */
  choose(place, quiet = false) {
    if (!this.rows.length) return;
    this.chosen = Math.min(Math.max(place, 0), this.rows.length - 1);
    const top = this.chosen * ROW;
    const height = this.el.clientHeight - this.head.offsetHeight;
    if (top < this.el.scrollTop) this.el.scrollTop = top;
    if (top + ROW > this.el.scrollTop + height) this.el.scrollTop = top + ROW - height;
    if (!quiet) this.on.select(this.rows[this.chosen]);
    this.draw();
  }

  #click(event) {
    const el = event.target.closest("[data-place]");
    if (!el) return;
    const place = Number(el.dataset.place);
    const twisty = event.target.closest(".hb-twisty");
    this.choose(place);
    if (twisty) this.#flip();
  }

  #flip() {
    const row = this.rows[this.chosen];
    if (row?.children > 0) this.on.toggle(row, !this.isOpen(row));
  }

  #right() {
    const row = this.rows[this.chosen];
    if (!row) return;
    if (row.children > 0 && !this.isOpen(row)) this.on.toggle(row, true);
    else if (row.children > 0) this.choose(this.chosen + 1);
  }

  #left() {
    const row = this.rows[this.chosen];
    if (!row) return;
    if (row.children > 0 && this.isOpen(row)) {
      this.on.toggle(row, false);
      return;
    }
    for (let place = this.chosen - 1; place >= 0; place -= 1) {
      if (this.rows[place].depth < row.depth) {
        this.choose(place);
        return;
      }
    }
  }

  #draw() {
    const first = Math.max(0, Math.floor(this.el.scrollTop / ROW) - SPARE);
    const last = Math.min(this.rows.length, first + Math.ceil(this.el.clientHeight / ROW) + 2 * SPARE);
    const drawn = [];
    for (let place = first; place < last; place += 1) drawn.push(this.#row(place));
    put(this.space, ...drawn);
    if (this.chosen >= 0) this.el.setAttribute("aria-activedescendant", this.#id(this.chosen));
    else this.el.removeAttribute("aria-activedescendant");
  }

  #id(place) {
    this.name ??= `hb${Math.random().toString(36).slice(2)}`;
    return `${this.name}-${place}`;
  }

  #row(place) {
    const row = this.rows[place];
    const open = row.children > 0 && this.isOpen(row);
    const chosen = place === this.chosen;
    const aria = { level: String(row.depth + 1), rowindex: String(place + 1), selected: String(chosen) };
    if (row.children > 0) aria.expanded = String(open);
    const twisty = h("span", { class: "hb-twisty", aria: { hidden: "true" } },
      row.children > 0 ? (open ? "▾" : "▸") : "");
    const tag = row.vr ? row.tag : "";
    const values = this.titles.length === 2 ? [row.left, row.right] : [row.left];
    const kind = row.vr ? "" : " hb-item";
    return h("div", {
      class: `hb-row hb-${row.status}${kind}${chosen ? " hb-chosen" : ""}`, role: "row", aria,
      id: this.#id(place), "data-place": String(place), style: { top: `${place * ROW}px` },
    },
    h("span", { class: "hb-tag", role: "gridcell", style: { "--hb-level": String(Math.min(row.depth, 8)) } },
      twisty, tag),
    h("span", { class: "hb-name", role: "gridcell", title: row.name },
      this.titles.length === 2 && row.status !== "same"
        ? h("b", { class: "hb-sign", title: row.status, aria: { label: row.status } }, SIGNS[row.status])
        : null,
      row.label, row.creator ? h("i", { class: "lw-muted" }, `  ${row.creator}`) : null),
    h("span", { class: "hb-vr lw-muted", role: "gridcell" }, row.vr),
    ...values.map((value, side) => this.#value(row, value, side)));
  }

  #value(row, value, side) {
    const text = row.problem ? `⚠ ${row.problem}` : value ?? "—";
    const gone = value === null || value === undefined;
    return h("span", { class: `hb-value hb-side${side}${gone ? " lw-muted" : ""}${row.problem ? " lw-error" : ""}`,
      role: "gridcell", title: text }, text);
  }
}
