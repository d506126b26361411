import { h, put } from "../base/dom.js";
import { RowList, twisty } from "../base/list.js";

// Two lanes, the requestor's left and the acceptor's right, and an arrow for each thing said.

/** Seconds as milliseconds: 0.8 ms, 12.3 ms, 1042 ms. */
export function milliseconds(seconds) {
  const ms = seconds * 1000;
  return `${ms < 100 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

export class Lanes extends RowList {
  constructor(on) {
    super({ label: "Messages in the order of time", kind: "at", height: 28 }, on);
    put(this.head,
      h("span", { class: "at-time", role: "columnheader" }, "time"),
      h("span", { class: "at-lanes", role: "columnheader" },
        h("span", {}, "requestor"), h("span", {}, "acceptor")));
  }

  classes(row) {
    return `at-${row.kind} at-from-${row.sender || "none"} at-tone-${row.tone} at-depth${row.depth}`;
  }

  cells(row, open) {
    if (row.kind === "association") {
      const [left, right] = row.name.split(" → ");
      return [
        h("span", { class: "at-time", role: "gridcell" }, twisty(row, open), milliseconds(row.duration)),
        h("span", { class: "at-lanes at-ends", role: "gridcell" },
          h("b", {}, left), h("span", { class: "at-text" }, row.text), h("b", {}, right)),
      ];
    }
    const label = h("span", { class: "at-label" },
      h("b", {}, row.name), row.text ? h("span", { class: "at-text", title: row.text }, row.text) : null);
    const line = h("span", { class: "at-line", aria: { hidden: "true" } });
    const spoken = row.sender === "requestor" ? "requestor to acceptor: " : "acceptor to requestor: ";
    return [
      h("span", { class: "at-time", role: "gridcell" }, twisty(row, open), milliseconds(row.at)),
      h("span", { class: "at-lanes", role: "gridcell" },
        h("span", { class: "at-arrow" }, h("span", { class: "lw-sr" }, spoken), label, line)),
    ];
  }
}
