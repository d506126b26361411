import { h, put } from "../base/dom.js";

// The lower half: the chosen row to be edited, why it is empty, the verdict, the differences.

const FIELDS = [["source", "from"], ["path", "FHIR path"], ["condition", "condition"]];

export class Editor {
  /** `on.edit(id, columns)`, `on.reset(id)`; `on.leave()` gives the focus back to the table. */
  constructor(on) {
    this.on = on;
    this.form = h("div", { class: "mw-form" });
    this.message = h("p", { class: "lw-error mw-message", role: "alert" });
    this.verdict = h("div", { class: "mw-verdict", aria: { live: "polite" } });
    this.el = h("div", { class: "mw-lower" }, h("div", { class: "mw-left" }, this.form, this.message), this.verdict);
  }

  /** Show a row of the table; `row` is undefined where none is chosen. */
  show(row, detail, transforms) {
    put(this.message);
    // The detail may come while someone already types: the field keeps the focus and the text.
    const typing = row && this.row?.id === row.id ? this.#typing() : null;
    this.row = row;
    if (!row) {
      put(this.form, h("p", { class: "lw-hint" }, "Choose a row of the table, or what it reads or writes. ",
        h("kbd", {}, "↑ ↓"), " move  ", h("kbd", {}, "Enter"), " edit  ", h("kbd", {}, "/"), " search"));
      return;
    }
    this.inputs = {};
    const fields = FIELDS.map(([name, label]) => this.#field(name, label, row[name]));
    const choice = h("select", { aria: { label: "transform" } }, ...transforms.map((name) =>
      h("option", { value: name, selected: name === row.transform }, name)));
    this.inputs.transform = choice;
    fields.splice(1, 0, h("label", {}, h("span", {}, "transform"), choice));
    put(this.form,
      h("div", { class: "lw-title" }, h("b", {}, row.id), h("span", { class: "lw-muted" }, `${row.level} level`),
        h("span", { class: "lw-muted" }, row.section)),
      h("div", { class: "mw-fields" }, ...fields),
      h("div", { class: "mw-buttons" },
        h("button", { onclick: () => this.#apply() }, "Apply"),
        h("button", { onclick: () => this.on.reset(row.id), disabled: !row.edited }, "Undo this row")),
      row.note ? h("p", { class: "lw-caption" }, row.note) : null,
      h("ul", { class: "mw-why" }, ...detail.map((line) =>
        h("li", { class: line.empty ? "mw-empty-line" : "" }, line.text, line.times > 1 ? ` (${line.times}×)` : ""))));
    if (!typing) return;
    const [name, text] = typing;
    this.inputs[name].value = text;
    this.inputs[name].focus();
  }

  /** Name the field that has the focus, and what is in it; null where none has. */
  #typing() {
    const focused = this.form.getRootNode().activeElement;
    const found = Object.entries(this.inputs ?? {}).find(([, el]) => el === focused);
    return found ? [found[0], found[1].value] : null;
  }

  /** Put the focus into the first field. */
  edit() {
    this.inputs?.source?.focus();
  }

  /** Say why an edit was refused; the fields stay as they were typed. */
  refuse(message, remedy) {
    put(this.message, message, remedy ? h("span", { class: "lw-muted" }, ` ${remedy}`) : null);
  }

  /** Show what the validator says, and what differs from the first table. */
  judge({ valid, issues, problems, changes }) {
    const list = (lines, kind) => lines.length === 0 ? null
      : h("ul", { class: kind }, ...lines.map((text) => h("li", {}, text)));
    put(this.verdict,
      h("p", { class: valid ? "mw-valid" : "lw-error" }, valid ? "✓ valid FHIR" : "✗ not valid FHIR"),
      list(issues, "mw-issues"), list(problems, "mw-problems"),
      h("p", { class: "lw-caption" }, changes.length ? "What your edits change:" : "Your edits change nothing."),
      changes.length ? h("ul", { class: "mw-changes" }, ...changes.map((change) => h("li", {
        class: `mw-change-${change.kind}` },
      h("b", { aria: { label: change.kind } }, { added: "+ ", removed: "− ", changed: "≠ " }[change.kind]),
      `${change.path}: `, h("span", { class: "lw-mono" }, change.text), change.count > 1 ? ` (${change.count}×)` : ""))) : null);
  }

  #field(name, label, value) {
    const input = h("input", { class: "lw-mono", spellcheck: "false" });
    input.value = value;
    this.inputs[name] = input;
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") this.#apply();
      if (event.key === "Escape") this.on.leave();
    });
    return h("label", {}, h("span", {}, label), input);
  }

  #apply() {
    const columns = Object.fromEntries(Object.entries(this.inputs).map(([name, el]) => [name, el.value]));
    this.on.edit(this.row.id, columns);
  }
}
