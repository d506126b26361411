import { h, once, onKeys, put } from "./dom.js";

// A list, perhaps with rows inside rows, of any length: only the rows in sight are elements.

const SPARE = 8;

export class RowList {
  /**
   * @param {{label: string, kind: string, height: number}} look kind is the class of its elements
   * @param {{select: (row) => void, toggle: (row, open) => void, enter: (row) => void}} on
   */
  constructor(look, on) {
    this.look = look;
    this.on = on;
    this.rows = [];
    this.chosen = -1;
    this.isOpen = () => false;
    this.name = `lw${Math.random().toString(36).slice(2)}`;
    this.draw = once(() => this.#draw());
    this.head = h("div", { class: `${look.kind}-row ${look.kind}-head`, role: "row" });
    this.space = h("div", { class: "lw-space" });
    this.el = h("div", { class: `lw-list ${look.kind}-list`, tabindex: "0", role: "treegrid",
      aria: { label: look.label, readonly: "true" } }, this.head, this.space);
    this.el.addEventListener("scroll", this.draw);
    this.el.addEventListener("click", (event) => this.#click(event));
    this.el.addEventListener("dblclick", () => this.#enter());
    const page = () => Math.max(1, Math.floor(this.el.clientHeight / look.height) - 2);
    onKeys(this.el, {
      ArrowDown: () => this.choose(this.chosen + 1),
      ArrowUp: () => this.choose(this.chosen - 1),
      PageDown: () => this.choose(this.chosen + page()),
      PageUp: () => this.choose(this.chosen - page()),
      Home: () => this.choose(0),
      End: () => this.choose(this.rows.length - 1),
      ArrowRight: () => this.#right(),
      ArrowLeft: () => this.#left(),
      Enter: () => this.#enter(),
      " ": () => this.#flip(),
    });
  }

  /** To be given by each list: the cells of a row, and its further classes. */
  cells() {
    return [];
  }

  classes() {
    return "";
  }

  /** Show these rows; `isOpen` tells whether a row is unfolded. */
  show(rows, isOpen, selected) {
    this.rows = rows;
    this.isOpen = isOpen;
    this.chosen = rows.findIndex((row) => row.path === selected);
    this.el.setAttribute("aria-rowcount", String(rows.length));
    this.space.style.height = `${rows.length * this.look.height}px`;
    this.draw();
  }

  /** Be as high as the rows need, within limits, unless the reader has chosen a height. */
  fit(count, most) {
    if (this.el.style.height !== (this.fitted ?? "")) return;
    this.el.style.height = `${Math.min(most, Math.max(100, count * this.look.height + 30))}px`;
    this.fitted = this.el.style.height;
  }

  /** Select the row at a place in the list, and bring it into sight. */
  choose(place, quiet = false) {
    if (!this.rows.length) return;
    this.chosen = Math.min(Math.max(place, 0), this.rows.length - 1);
    const { height } = this.look;
    const top = this.chosen * height;
    const room = this.el.clientHeight - this.head.offsetHeight;
    if (top < this.el.scrollTop) this.el.scrollTop = top;
    if (top + height > this.el.scrollTop + room) this.el.scrollTop = top + height - room;
    if (!quiet) this.on.select(this.rows[this.chosen]);
    this.draw();
  }

  #click(event) {
    const el = event.target.closest("[data-place]");
    if (!el) return;
    this.choose(Number(el.dataset.place));
    if (event.target.closest(".lw-twisty")) this.#flip();
  }

  #enter() {
    const row = this.rows[this.chosen];
    if (row) this.on.enter(row);
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
    const { height } = this.look;
    const first = Math.max(0, Math.floor(this.el.scrollTop / height) - SPARE);
    const last = Math.min(this.rows.length, first + Math.ceil(this.el.clientHeight / height) + 2 * SPARE);
    const drawn = [];
    for (let place = first; place < last; place += 1) drawn.push(this.#row(place));
    // The chosen row is drawn wherever it is: aria-activedescendant names it.
    if (this.chosen >= 0 && (this.chosen < first || this.chosen >= last)) drawn.push(this.#row(this.chosen));
    put(this.space, ...drawn);
    if (this.chosen >= 0) this.el.setAttribute("aria-activedescendant", `${this.name}-${this.chosen}`);
    else this.el.removeAttribute("aria-activedescendant");
  }

  #row(place) {
    const row = this.rows[place];
    const open = row.children > 0 && this.isOpen(row);
    const chosen = place === this.chosen;
    const aria = { level: String(row.depth + 1), rowindex: String(place + 1), selected: String(chosen) };
    if (row.children > 0) aria.expanded = String(open);
    return h("div", {
      class: `${this.look.kind}-row ${this.classes(row)}${chosen ? " lw-chosen" : ""}`, role: "row", aria,
      id: `${this.name}-${place}`, "data-place": String(place),
      style: { top: `${place * this.look.height}px`, height: `${this.look.height}px` },
    }, ...this.cells(row, open));
  }
}

/** The mark that unfolds a row. */
export function twisty(row, open) {
  return h("span", { class: "lw-twisty", aria: { hidden: "true" } }, row.children > 0 ? (open ? "▾" : "▸") : "");
}
