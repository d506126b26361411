import { h, put } from "../base/dom.js";
import { hexView, linkParts } from "../base/hex.js";
import { notesList, referenceLink } from "../base/notes.js";

// The lower half: what a message, a PDU or an association says, with its bytes.

function grid(kind, heads, rows) {
  return h("table", { class: `at-table ${kind}` },
    h("thead", {}, h("tr", {}, ...heads.map((text) => h("th", { scope: "col" }, text)))),
    h("tbody", {}, ...rows));
}

const cell = (text, props = {}) => h("td", props, text);

function contextsTable(contexts) {
  return h("section", {}, h("h4", {}, "Presentation contexts"),
    grid("at-contexts", ["ID", "abstract syntax", "transfer syntaxes proposed", "answer", "roles"],
      contexts.map((context) => h("tr", { class: context.accepted ? "" : "at-refused" },
        cell(String(context.id)), cell(context.name),
        h("td", {}, ...context.proposed.map((name) =>
          h("div", { class: name === context.chosen ? "at-chosen" : "" }, name))),
        cell(context.accepted ? `✓ ${context.result}` : `✗ ${context.result}`),
        cell(context.roles)))));
}

function elementsTable({ title, rows }) {
  return h("section", {}, h("h4", {}, title),
    grid("at-elements", ["tag", "keyword", "VR", "value"], rows.map((row) =>
      h("tr", {}, ...row.map((text) => cell(text))))));
}

function fieldsTable(fields) {
  return h("section", {}, h("h4", {}, "Fields"),
    grid("at-fields", ["at", "bytes", "field", "value"], fields.map((field, n) =>
      h("tr", { "data-part": String(n), tabindex: "0", title: field.section },
        cell(String(field.offset)), cell(String(field.length)),
        cell(field.name, { style: { "padding-left": `${8 + 10 * field.depth}px` } }),
        h("td", {}, field.value && h("span", { class: "lw-mono" }, field.value), field.value && field.meaning ? " " : "",
          h("span", { class: "lw-muted" }, field.meaning))))));
}

export class Detail {
  /** `on.select(path)` goes to another row. */
  constructor(on) {
    this.on = on;
    this.el = h("div", { class: "at-detail", aria: { live: "polite" } });
  }

  show(data) {
    this.el.classList.toggle("at-wide", !data.hex);
    if (!data.title) {
      put(this.el, h("p", { class: "lw-hint" }, "Select a line to see what it says, field by field. ",
        h("kbd", {}, "↑ ↓"), " move  ", h("kbd", {}, "→ ←"), " unfold a message into its PDUs"));
      return;
    }
    const title = h("div", { class: "lw-title" }, h("b", {}, data.title),
      h("span", { class: "lw-caption" }, referenceLink(data.section, data.url)));
    const pdus = data.pdus?.length
      ? h("p", { class: "at-pdus" }, ...data.pdus.map((pdu) =>
        h("button", { onclick: () => this.on.select(pdu.path) }, pdu.name)))
      : null;
    const contexts = data.contexts?.length ? contextsTable(data.contexts) : null;
    contexts?.classList.add("at-across");
    const left = h("div", { class: "at-words" }, title, notesList(data.notes), pdus,
      ...(data.tables ?? []).map(elementsTable),
      data.fields ? fieldsTable(data.fields) : null);
    if (!data.hex) {
      put(this.el, left, contexts);
      return;
    }
    const { bytes } = data.hex;
    const array = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    put(this.el, left, h("div", { class: "at-bytes" }, hexView({ ...data.hex, bytes: array }, false)), contexts);
  }

  /** Fields and bytes light up together. */
  link() {
    linkParts(this.el);
    return this;
  }
}
