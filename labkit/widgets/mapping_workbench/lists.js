import { h, put } from "../base/dom.js";
import { RowList } from "../base/list.js";

// The three columns: the header, the table, the resources. A row knows its partners by keys:
// `links` of a header row are the ids of the table rows that read it, of a line those that wrote it.

/** A column whose rows can be lit by the others. */
export class Column extends RowList {
  constructor(label, titles, on) {
    super({ label, kind: "mw", height: 22 }, { toggle: () => {}, ...on });
    this.lit = new Set();
    put(this.head, ...titles.map((text) => h("span", { role: "columnheader" },
      text || h("span", { class: "lw-sr" }, "state"))));
    this.el.addEventListener("mouseover", (event) => {
      const place = event.target.closest("[data-place]")?.dataset.place;
      if (place !== this.over) on.hover(this.rows[Number(place)] ?? null);
      this.over = place;
    });
    this.el.addEventListener("mouseleave", () => {
      this.over = undefined;
      on.hover(null);
    });
  }

  /** Light the rows that belong to these table rows; bring the first into sight if asked to. */
  light(ids, scroll) {
    this.lit = ids;
    const first = this.rows.findIndex((row) => this.isLit(row));
    if (scroll && first >= 0 && !this.isLit(this.rows[this.chosen])) {
      const chosen = this.chosen;
      this.choose(first, true);
      this.chosen = chosen;
    }
    this.draw();
  }

  isLit(row) {
    return row !== undefined && row.links.some((id) => this.lit.has(id));
  }

  classes(row) {
    return `${this.isLit(row) ? "mw-lit " : ""}mw-${row.state ?? "plain"}`;
  }
}

export class HeaderColumn extends Column {
  constructor(on) {
    super("DICOM header", ["tag", "name", "value"], on);
    this.el.classList.add("mw-header");
  }

  cells(row) {
    return [
      h("span", { class: "lw-mono", role: "gridcell", style: { "padding-left": `${6 + 12 * row.depth}px` } }, row.tag),
      h("span", { role: "gridcell", title: row.name }, row.name),
      h("span", { class: "lw-mono", role: "gridcell", title: row.value }, row.value),
    ];
  }
}

const SIGNS = { value: "=", empty: "○", unused: "·", changed: "=" };
const SIGN_WORDS = { value: "has a value", empty: "empty", unused: "not used here" };

export class TableColumn extends Column {
  constructor(on) {
    super("Mapping table", ["", "FHIR path", "from", "transform"], on);
    this.el.classList.add("mw-table");
  }

  cells(row) {
    return [
      h("b", { class: `mw-sign mw-sign-${row.state}`, role: "gridcell", title: SIGN_WORDS[row.state],
        aria: { label: SIGN_WORDS[row.state] } }, SIGNS[row.state]),
      h("span", { role: "gridcell", title: `${row.path}   (${row.id})` },
        row.edited ? h("b", { class: "mw-edited", title: "edited" }, "✎ ") : null, row.short),
      h("span", { class: "lw-mono", role: "gridcell", title: row.source }, row.source || "—"),
      h("span", { role: "gridcell", class: "lw-muted", title: row.transform }, row.transform),
    ];
  }
}

export class ResourceColumn extends Column {
  constructor(on) {
    super("FHIR", ["FHIR"], on);
    this.el.classList.add("mw-fhir");
  }

  cells(row) {
    return [h("span", { class: "lw-mono", role: "gridcell", title: row.path }, row.text)];
  }
}
