import { follow, h, onKeys, put, soon, widgetFrame } from "../base/dom.js";
import { Detail } from "./detail.js";
import { ancestorsOf, Rows } from "./rows.js";
import { Tree } from "./tree.js";

// HeaderBrowser: a bar with the search, the tree, and below it the selected element.

function render({ model, el }) {
  const root = widgetFrame(el, "hb", "DICOM header browser");
  let rows = new Rows(model.get("_table"));

  const set = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  const tree = new Tree({
    select: (row) => set("selected", row.path),
    toggle: (row, open) => {
      if (open) rows.open.add(row.path);
      else rows.open.delete(row.path);
      if (open && !rows.loaded(row)) model.send({ kind: "rows", path: row.path });
      refresh();
    },
    enter: () => detail.edit(),
  });
  const detail = new Detail({
    edit: (path, value) => model.send({ kind: "edit", path, value }),
    leave: () => tree.el.focus(),
  });

  const search = h("input", { type: "search", class: "hb-search", spellcheck: "false",
    placeholder: "Search tag, keyword, value", aria: { label: "Search the header" } });
  const count = h("span", { class: "lw-muted hb-count", role: "status" });
  const only = h("input", { type: "checkbox" });
  const onlyLabel = h("label", {}, only, "only differences");
  const fold = h("button", { onclick: () => unfold(true), title: "Unfold all sequences" }, "Unfold");
  const unfoldOff = h("button", { onclick: () => unfold(false), title: "Fold all sequences" }, "Fold");
  const revert = h("button", { onclick: () => model.send({ kind: "revert" }), title: "Drop all edits" }, "Revert");
  root.append(h("div", { class: "lw-bar" }, search, count, h("span", { class: "lw-grow" }), onlyLabel, revert, fold, unfoldOff),
    tree.el, detail.el);

  function unfold(open) {
    rows.open = new Set(open ? rows.list.filter((row) => row.children > 0).map((row) => row.path) : []);
    refresh();
  }

  function refresh() {
    const filtered = search.value.trim() !== "" || only.checked;
    const shown = rows.shown(search.value, only.checked);
    const isOpen = (row) => (filtered ? true : rows.open.has(row.path));
    tree.showRows(shown, rows.titles, isOpen, model.get("selected"));
    const two = rows.titles.length === 2;
    const changed = two ? rows.list.filter((row) => row.status !== "same").length : 0;
    put(count, filtered ? `${rows.matched} of ${rows.total} rows` : `${rows.total} rows`,
      two ? `, ${changed} differ` : "");
    onlyLabel.classList.toggle("lw-hidden", !two);
    revert.classList.toggle("lw-hidden", rows.titles[1] !== "edited");
  }

  /** Unfold what leads to the selected row, and scroll to it. */
  function reveal() {
    const path = model.get("selected");
    for (const above of ancestorsOf(path)) rows.open.add(above);
    refresh();
    if (tree.chosen >= 0) tree.choose(tree.chosen, true);
  }

  const tellSearch = soon(200, () => {
    set("search", search.value);
    if (!rows.complete && search.value.trim()) model.send({ kind: "rows", search: search.value });
  });
  search.addEventListener("input", () => {
    refresh();
    tellSearch();
  });
  const askPatience = soon(500, () => {
    const row = rows.byPath.get(model.get("selected"));
    if (row && model.get("_detail").path !== row.path) detail.wait(row.label, row.tag);
  });
  search.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "ArrowDown" || event.key === "Enter") {
      event.preventDefault();
      tree.el.focus();
      tree.choose(Math.max(tree.chosen, 0));
    }
    if (event.key === "Escape" && search.value) {
      search.value = "";
      search.dispatchEvent(new Event("input"));
    }
  });
  only.addEventListener("change", () => set("only_differences", only.checked));
  onKeys(root, { "/": () => search.focus(), "Ctrl+f": () => search.focus() });

  tree.fit(rows.shown("", false).length, 312);
  const stops = [
    follow(model, "search", (text) => {
      if (document.activeElement !== search) search.value = text;
      refresh();
    }),
    follow(model, "only_differences", (on) => {
      only.checked = on;
      refresh();
    }),
    follow(model, "_detail", (data) => detail.show(data)),
    follow(model, "selected", () => {
      reveal();
      askPatience();
    }),
    follow(model, "_table", (payload) => {
      const { open } = rows;
      rows = new Rows(payload);
      rows.open = open;
      refresh();
    }),
  ];
  const receive = (message) => {
    if (message.kind === "rows") {
      rows.add(message.rows);
      refresh();
    } else if (message.kind === "error") {
      detail.refuse(message.message, message.remedy);
    }
  };
  model.on("msg:custom", receive);
  const resized = new ResizeObserver(() => tree.draw());
  resized.observe(tree.el);
  return () => {
    for (const stop of stops) stop();
    model.off("msg:custom", receive);
    resized.disconnect();
  };
}

export default { render };
