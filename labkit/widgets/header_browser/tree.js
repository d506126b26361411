import { h, put } from "../base/dom.js";
import { RowList, twisty } from "../base/list.js";

// The elements as a tree: tag, name, VR, and the values of one data set or two.

const SIGNS = { added: "+", removed: "−", changed: "≠", same: "" };

export class Tree extends RowList {
  constructor(on) {
    super({ label: "Data elements", kind: "hb", height: 24 }, on);
    this.titles = ["value"];
  }

  /** Show rows under these titles: one column of values, or two. */
  showRows(rows, titles, isOpen, selected) {
    this.titles = titles;
    this.el.classList.toggle("hb-two", titles.length === 2);
    put(this.head, ...["tag", "name", "VR", ...titles].map((text) =>
      h("span", { role: "columnheader" }, text)));
    const depth = Math.min(8, rows.reduce((most, row) => Math.max(most, row.depth), 0));
    this.el.style.setProperty("--hb-depth", String(depth));
    this.show(rows, isOpen, selected);
  }

  classes(row) {
    return `hb-${row.status}${row.vr ? "" : " hb-item"}`;
  }

  cells(row, open) {
    const two = this.titles.length === 2;
    const sign = two && row.status !== "same"
      ? h("b", { class: "hb-sign", title: row.status, aria: { label: row.status } }, SIGNS[row.status])
      : null;
    return [
      h("span", { class: "hb-tag", role: "gridcell", style: { "--hb-level": String(Math.min(row.depth, 8)) } },
        twisty(row, open), row.vr ? row.tag : ""),
      h("span", { class: "hb-name", role: "gridcell", title: row.name }, sign, row.label,
        row.creator ? h("i", { class: "lw-muted" }, `  ${row.creator}`) : null),
      h("span", { class: "hb-vr lw-muted", role: "gridcell" }, row.vr),
      ...(two ? [row.left, row.right] : [row.left]).map((value) => this.#value(row, value)),
    ];
  }

  #value(row, value) {
    const gone = value === null || value === undefined;
    const text = row.problem ? `⚠ ${row.problem}` : value ?? "—";
    const tone = row.problem ? " lw-error" : gone ? " lw-muted" : "";
    return h("span", { class: `hb-value${tone}`, role: "gridcell", title: text }, text);
  }
}
