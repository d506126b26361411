import { follow, h, onKeys, put, soon, widgetFrame } from "../base/dom.js";
import { RowList } from "../base/list.js";

// AuditTrail: one lane for each node, one line a record from who asked to the door that answered.

const FORMS = { record: "Record", dicom: "DICOM message", fhir: "AuditEvent" };

function chooser(label, every) {
  return h("select", { aria: { label } }, h("option", { value: "" }, every));
}

function fill(select, choices) {
  const chosen = select.value;
  put(select, select.firstChild, ...choices.map((text) => h("option", { value: text }, text)));
  select.value = chosen;
}

/** A sign that needs no colour. */
function sign(row) {
  return row.allowed ? "✓" : "✕";
}

class Lanes extends RowList {
  constructor(on) {
    super({ label: "Records in order, lines between the lanes of nodes", kind: "au", height: 28 }, { toggle: () => {}, ...on });
    this.lanes = [];
  }

  heads(lanes) {
    this.lanes = lanes;
    this.head.classList.toggle("au-tall", lanes.length > 6);
    put(this.head, ...["no.", "UTC", "who", "act"].map((text) => h("span", { role: "columnheader" }, text)),
      h("span", { class: "au-track", role: "columnheader", aria: { label: `lanes: ${lanes.join(", ")}` } },
        ...lanes.map((name, n) => h("span", { class: "au-lane-name", title: name, style: { ...this.place(n), top: lanes.length > 6 && n % 2 ? "16px" : "0", "max-width": `${(lanes.length > 6 ? 190 : 96) / lanes.length}%` } }, name))),
      h("span", { role: "columnheader" }, "about"));
  }

  // A name may be wider than its lane where there are many: at either end it stays inside.
  place(lane) {
    const wide = this.lanes.length > 6 && this.lanes[lane].length > 5;
    if (wide && lane === 0) return { left: "0", transform: "none" };
    if (wide && lane === this.lanes.length - 1) return { right: "0", transform: "none" };
    return { left: this.middle(lane) };
  }

  middle(lane) {
    return `${(100 * (lane + 0.5)) / this.lanes.length}%`;
  }

  classes(row) {
    return row.allowed ? "" : "au-no";
  }

  line(from, to, row) {
    const left = Math.min(from, to);
    const width = `${(100 * Math.abs(to - from)) / this.lanes.length}%`;
    const way = to < from ? "au-left" : "au-right";
    return h("span", { class: `au-line ${way}${row.allowed ? "" : " au-refused"}${row.act === "answer" ? " au-answer" : ""}`,
      style: { left: this.middle(left), width } });
  }

  cells(row) {
    const lines = [this.line(row.from, row.to, row)];
    if (row.on >= 0 && row.allowed) lines.push(this.line(row.to, row.on, row));
    const emergency = row.emergency ? h("span", { class: "au-emergency", title: "emergency override" }, "!") : null;
    const way = `${this.lanes[row.from]} to ${this.lanes[row.to]}${row.on >= 0 ? `, sends to ${this.lanes[row.on]}` : ""}`;
    return [
      h("span", { role: "gridcell", class: "au-number" }, String(row.number)),
      h("span", { role: "gridcell", class: "lw-mono", title: row.at }, row.at.slice(11, 19)),
      h("span", { role: "gridcell", title: row.who }, row.who),
      h("span", { role: "gridcell", title: row.act }, emergency, row.act),
      h("span", { role: "gridcell", class: "au-track" },
        ...this.lanes.map((_, n) => h("span", { class: "au-lane", style: { left: this.middle(n) } })),
        ...lines,
        h("span", { class: `au-sign ${row.allowed ? "au-yes" : "au-not"}`, aria: { hidden: "true" }, style: { left: this.middle(row.to) } }, sign(row)),
        h("span", { class: "lw-sr" }, `from ${way}, ${row.allowed ? "allowed" : "refused"}${row.emergency ? ", emergency override" : ""}`)),
      h("span", { role: "gridcell", class: "au-about", title: row.about }, row.about),
    ];
  }
}

function render({ model, el }) {
  const root = widgetFrame(el, "au", "Audit trail: who did what, from where to where");
  const set = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  let all = [];
  const list = new Lanes({ select: (row) => set("selected", row.path), enter: () => text.focus() });
  const verified = h("span", { role: "status" });
  const found = h("span", { class: "lw-muted" });
  const outcome = chooser("Filter by answer", "any answer");
  fill(outcome, ["allowed", "refused"]);
  const act = chooser("Filter by act", "any act");
  const node = chooser("Filter by lane", "any lane");
  const who = h("input", { type: "search", placeholder: "who", aria: { label: "Filter by who" } });
  const title = h("b", {});
  const reason = h("span", { class: "lw-muted" });
  const forms = Object.entries(FORMS).map(([name, words]) =>
    h("button", { "data-form": name, onclick: () => set("form", name), aria: { pressed: "false" } }, words));
  const text = h("pre", { class: "au-text lw-mono", tabindex: "0", role: "region", aria: { label: "The selected record" } });
  const detail = h("div", { class: "au-detail", aria: { live: "polite" } },
    h("div", { class: "lw-bar" }, title, reason, h("span", { class: "lw-grow" }), ...forms), text);
  const hint = h("p", { class: "lw-hint" }, "Select a record to read it. ", h("kbd", {}, "↑ ↓"), " move  ",
    h("kbd", {}, "Enter"), " to its text  ", h("kbd", {}, "Esc"), " back");
  root.append(
    h("div", { class: "lw-bar" }, verified, h("span", { class: "lw-grow" }), found, outcome, act, node, who),
    list.el, detail, hint);
  for (const [name, field] of Object.entries({ outcome, act, node })) {
    field.addEventListener("change", () => set(name, field.value));
  }
  who.addEventListener("input", soon(150, () => set("who", who.value)));
  onKeys(text, { Escape: () => list.el.focus() });

  function passes(row) {
    const lane = list.lanes.indexOf(model.get("node"));
    if (model.get("outcome") && row.allowed !== (model.get("outcome") === "allowed")) return false;
    if (model.get("act") && row.act !== model.get("act")) return false;
    if (model.get("node") && ![row.from, row.to, row.on].includes(lane)) return false;
    return row.who.toLowerCase().includes(model.get("who").toLowerCase());
  }

  function refresh() {
    const rows = all.filter(passes);
    list.show(rows, () => false, model.get("selected"));
    put(found, rows.length < all.length ? `${rows.length} of ${all.length} shown` : `${all.length} records`);
  }

  const stops = [
    follow(model, "_table", (data) => {
      all = data.rows.map((values) => ({ depth: 0, ...Object.fromEntries(data.columns.map((name, n) => [name, values[n]])) }));
      list.heads(data.lanes);
      fill(act, data.acts);
      fill(node, data.lanes);
      list.fit(all.length, 330);
      put(verified, data.verified ? `${data.sound ? "✓" : "✕"} ${data.verified}` : "");
      verified.className = data.sound ? "au-yes" : "au-not";
      refresh();
    }),
    ...Object.entries({ outcome, act, node, who }).map(([name, field]) => follow(model, name, (value) => {
      if (field.value !== value) field.value = value;
      refresh();
    })),
    follow(model, "_detail", (data) => {
      const open = data.text !== undefined;
      detail.classList.toggle("lw-hidden", !open);
      hint.classList.toggle("lw-hidden", open || !all.length);
      put(title, data.title ?? "");
      put(reason, data.reason ?? "");
      put(text, data.text ?? "");
    }),
    follow(model, "form", (name) => forms.forEach((button) =>
      button.setAttribute("aria-pressed", String(button.dataset.form === name)))),
    follow(model, "selected", (place) => {
      if (list.rows[list.chosen]?.path === place) return;
      const at = list.rows.findIndex((row) => row.path === place);
      if (at >= 0) list.choose(at, true);
    }),
  ];
  const resized = new ResizeObserver(() => list.draw());
  resized.observe(list.el);
  return () => {
    for (const end of stops) end();
    resized.disconnect();
  };
}

export default { render };
