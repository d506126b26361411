import { follow, h, onKeys, put, soon, widgetFrame } from "../base/dom.js";
import { Editor } from "./editor.js";
import { HeaderColumn, ResourceColumn, TableColumn } from "./lists.js";

// MappingWorkbench: what is read, by which row, and what comes out; below, the row to edit.

const named = ({ columns, rows }) => rows.map((values) =>
  Object.fromEntries(columns.map((name, n) => [name, values[n]])));

function render({ model, el }) {
  const root = widgetFrame(el, "mw", "Mapping workbench");
  const set = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  const choose = (row) => {
    if (row && row.links.length > 0) set("selected", row.links[0]);
  };
  const on = {
    select: choose,
    hover: (row) => light(row ? new Set(row.links) : null),
    enter: () => editor.edit(),
  };
  const header = new HeaderColumn(on);
  const table = new TableColumn(on);
  const fhir = new ResourceColumn(on);
  const columns = [header, table, fhir];
  const editor = new Editor({
    edit: (id, changes) => model.send({ kind: "edit", id, columns: changes }),
    reset: (id) => model.send({ kind: "reset", id }),
    leave: () => table.el.focus(),
  });

  const search = h("input", { type: "search", class: "mw-search", spellcheck: "false",
    placeholder: "Search header, table and FHIR", aria: { label: "Search header, table and FHIR" } });
  const which = h("select", { class: "mw-which", aria: { label: "Which instance" } });
  const version = h("select", { aria: { label: "FHIR version" } },
    ...["R4", "R5"].map((name) => h("option", { value: name }, name)));
  const empty = h("input", { type: "checkbox" });
  const count = h("span", { class: "lw-muted", role: "status" });
  const revert = h("button", { onclick: () => model.send({ kind: "revert" }), title: "Undo all edits" }, "Undo all");
  const mine = h("input", { class: "mw-path", placeholder: "Your file or folder", spellcheck: "false",
    aria: { label: "Path of your own file or folder" } });
  const load = () => {
    if (mine.value.trim()) model.send({ kind: "load", path: mine.value.trim() });
  };
  mine.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter") load();
  });
  root.append(
    h("div", { class: "lw-bar" }, search, h("label", {}, empty, "only empty"), which, version, count,
      h("span", { class: "lw-grow" }), mine, h("button", { onclick: load }, "Load"), revert),
    h("div", { class: "mw-columns" }, header.el, table.el, fhir.el), editor.el);

  /** Light what belongs together: what is under the pointer, else what is chosen. */
  function light(ids, scroll = false) {
    const chosen = model.get("selected");
    for (const column of columns) column.light(ids ?? new Set(chosen ? [chosen] : []), scroll);
  }

  function refresh() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const has = (text) => words.every((word) => text.toLowerCase().includes(word));
    const selected = model.get("selected");
    const rows = named(model.get("_rows")).filter((row) =>
      has(`${row.id} ${row.path} ${row.source} ${row.transform} ${row.keys}`) && (!empty.checked || row.state === "empty"));
    const closed = () => false;
    table.show(rows.map((row) => ({ ...row, path: row.path, links: [row.id], depth: 0, children: 0 })), closed, null);
    table.chosen = rows.findIndex((row) => row.id === selected);
    header.show(named(model.get("_header")).filter((row) => has(`${row.tag} ${row.name} ${row.value}`)), closed, null);
    fhir.show(named(model.get("_fhir")).filter((row) => has(`${row.path} ${row.text}`)), closed, null);
    const all = named(model.get("_rows"));
    put(count, `${all.filter((row) => row.state === "value").length} rows with a value, `
      + `${all.filter((row) => row.state === "empty").length} empty`);
    revert.disabled = !all.some((row) => row.edited);
    light(null);
  }

  function showChosen(scroll) {
    const row = named(model.get("_rows")).find((one) => one.id === model.get("selected"));
    editor.show(row, model.get("_detail"), model.get("_transforms"));
    table.chosen = table.rows.findIndex((one) => one.id === model.get("selected"));
    if (scroll && table.chosen >= 0) table.choose(table.chosen, true);
    light(null, scroll);
  }

  search.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "ArrowDown" || event.key === "Enter") {
      event.preventDefault();
      table.el.focus();
      table.choose(Math.max(table.chosen, 0));
    }
    if (event.key === "Escape") {
      search.value = "";
      refresh();
    }
  });
  search.addEventListener("input", soon(80, refresh));
  empty.addEventListener("change", refresh);
  which.addEventListener("change", () => set("instance", Number(which.value)));
  version.addEventListener("change", () => set("fhir", version.value));
  onKeys(root, { "/": () => search.focus(), "Ctrl+f": () => search.focus() });
  for (const column of columns) column.el.style.height = "340px";

  const stops = [
    ...["_header", "_rows", "_fhir"].map((name) => follow(model, name, refresh)),
    follow(model, "_instances", (names) => {
      put(which, ...names.map((name, n) => h("option", { value: String(n) }, name)));
      which.value = String(model.get("instance"));
      which.classList.toggle("lw-hidden", names.length < 2);
    }),
    follow(model, "instance", (n) => { which.value = String(n); }),
    follow(model, "fhir", (name) => { version.value = name; }),
    follow(model, "selected", () => showChosen(true)),
    follow(model, "_detail", () => showChosen(false)),
    follow(model, "_verdict", (verdict) => editor.judge(verdict)),
  ];
  const receive = (message) => {
    if (message.kind === "error") editor.refuse(message.message, message.remedy);
  };
  model.on("msg:custom", receive);
  const resized = new ResizeObserver(() => columns.forEach((column) => column.draw()));
  resized.observe(root);
  return () => {
    for (const stop of stops) stop();
    model.off("msg:custom", receive);
    resized.disconnect();
  };
}

export default { render };
