// The rows as a tree: which are open, which a search finds, which are shown.

/** A row as Python sends it, as an object with the columns' names. */
function rowOf(columns, values) {
  const row = Object.fromEntries(columns.map((name, n) => [name, values[n]]));
  const digits = row.tag.replace(/[(),]/g, "");
  const value = `${row.left ?? ""} ${row.right ?? ""}`;
  row.text = `${row.tag} ${digits} ${row.keyword} ${row.name} ${row.vr} ${value}`.toLowerCase();
  row.label = row.keyword || row.name;
  return row;
}

/** The paths that a path lies in: as `ancestors` of labkit.dicom.paths. */
export function ancestorsOf(path) {
  return [...path.matchAll(/\[|\./g)].map((found) => path.slice(0, found.index));
}

export class Rows {
  constructor(payload) {
    this.titles = payload.titles;
    this.columns = payload.columns;
    this.complete = payload.complete;
    this.total = payload.total;
    this.byId = new Map();
    this.open = new Set();
    this.add(payload.rows);
  }

  /** Take in rows; ids are their places in the whole tree. */
  add(rows) {
    for (const values of rows) {
      const row = rowOf(this.columns, values);
      this.byId.set(row.id, row);
    }
    this.list = [...this.byId.values()].sort((a, b) => a.id - b.id);
    this.byPath = new Map(this.list.map((row) => [row.path, row]));
  }

  /** Whether the children of a row are here; only very large data sets keep some back. */
  loaded(row) {
    if (this.complete) return true;
    const place = this.list.indexOf(row);
    return this.list[place + 1]?.depth === row.depth + 1;
  }

  /** The rows to draw, in order. */
  shown(search, onlyDifferences) {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    const filtered = words.length > 0 || onlyDifferences;
    if (!filtered) return this.#unfolded(this.list);
    const kept = new Set();
    this.matched = 0;
    for (const row of this.list) {
      if (onlyDifferences && row.status === "same") continue;
      if (!words.every((word) => row.text.includes(word))) continue;
      this.matched += 1;
      kept.add(row.path);
      for (const above of ancestorsOf(row.path)) kept.add(above);
    }
    return this.list.filter((row) => kept.has(row.path));
  }

  #unfolded(list) {
    const shown = [];
    let hiddenBelow = Infinity;
    for (const row of list) {
      if (row.depth > hiddenBelow) continue;
      hiddenBelow = row.children > 0 && !this.open.has(row.path) ? row.depth : Infinity;
      shown.push(row);
    }
    this.matched = shown.length;
    return shown;
  }
}
