import { h, put } from "../base/dom.js";
import { hexView } from "../base/hex.js";
import { notesList } from "../base/notes.js";

// The lower half: what the selected element is, its value (to be edited), and its bytes.

function bytesOf(side) {
  const data = side.hex;
  if (data.problem) return h("p", { class: "lw-muted" }, data.problem);
  const view = data.bytes;
  return hexView({ ...data, bytes: new Uint8Array(view.buffer, view.byteOffset, view.byteLength) });
}

export class Detail {
  /** `on.edit(path, value)` asks Python to set a value in the copy. */
  constructor(on) {
    this.on = on;
    this.el = h("div", { class: "hb-detail", aria: { live: "polite" } });
    this.message = h("p", { class: "lw-error hb-message", role: "alert" });
    this.show({});
  }

  show(data) {
    this.data = data;
    this.startEdit = undefined;
    put(this.message);
    if (!data.path) {
      put(this.el, h("p", { class: "lw-hint" },
        "Select an element to see what it is, and its bytes. ",
        h("kbd", {}, "/"), " search  ", h("kbd", {}, "↑ ↓"), " move  ", h("kbd", {}, "→ ←"), " unfold  ",
        h("kbd", {}, "Enter"), " edit"));
      return;
    }
    const title = h("div", { class: "lw-title" },
      h("b", {}, data.keyword || data.name), h("span", { class: "lw-mono lw-muted" }, data.tag));
    const left = h("div", { class: "hb-notes" }, title, ...data.sides.map((side, n) => this.#value(side, n)),
      this.message, notesList(data.notes));
    const right = h("div", { class: "hb-bytes" }, ...data.sides.map(bytesOf));
    put(this.el, left, right);
  }

  /** Say that the answer is not here yet: Python is busy with a cell. */
  wait(name, tag) {
    put(this.el, h("p", { class: "lw-hint" }, h("b", {}, name), `  ${tag}  Python is busy; this comes when it is free.`));
  }

  /** Open the value for editing; not for sequences, nor while two data sets are compared. */
  edit() {
    this.startEdit?.();
  }

  /** Show why a value was refused; the field stays open. */
  refuse(message, remedy) {
    put(this.message, message, remedy ? h("span", { class: "lw-muted" }, ` ${remedy}`) : null);
  }

  #value(side, n) {
    const two = this.data.sides.length === 2;
    const text = h("div", { class: "hb-full lw-mono" }, side.value === "" ? h("i", { class: "lw-muted" }, "no value") : side.value);
    const box = h("div", { class: "hb-box" }, two ? h("div", { class: "lw-caption" }, side.title) : null);
    const last = n === this.data.sides.length - 1;
    if (!this.data.editable || !last) {
      box.append(text);
      return box;
    }
    const start = () => this.#field(box, side);
    const button = h("button", { class: "hb-edit", onclick: start, title: "Edit in a copy (Enter)" }, "Edit");
    this.startEdit = start;
    box.append(text, button);
    return box;
  }

  #field(box, side) {
    const { path } = this.data;
    const raw = side.value.includes(" = ") ? side.value.split(" = ")[0] : side.value;
    const input = h("input", { class: "lw-mono hb-input", spellcheck: "false", aria: { label: `New value of ${this.data.keyword || this.data.tag}` } });
    input.value = raw;
    const close = () => {
      this.show(this.data);
      this.on.leave();
    };
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") this.on.edit(path, input.value);
      if (event.key === "Escape") close();
    });
    put(box, h("div", { class: "hb-field" }, input,
      h("button", { onclick: () => this.on.edit(path, input.value) }, "Set"),
      h("button", { onclick: close }, "Cancel")));
    input.focus();
    input.select();
  }
}
