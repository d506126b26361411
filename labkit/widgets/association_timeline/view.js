import { follow, h, onKeys, put, widgetFrame } from "../base/dom.js";
import { Detail } from "./detail.js";
import { Lanes } from "./lanes.js";

// AssociationTimeline: the lanes, and below them what the selected line says.

function render({ model, el }) {
  const root = widgetFrame(el, "at", "DICOM association timeline");
  const folded = new Set();
  const opened = new Set();

  const set = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  const isOpen = (row) => {
    if (row.depth === 0) return !folded.has(row.path);
    return model.get("every_pdu") ? !folded.has(row.path) : opened.has(row.path);
  };
  const lanes = new Lanes({
    select: (row) => set("selected", row.path),
    toggle: (row, open) => {
      folded.delete(row.path);
      opened.delete(row.path);
      (open ? opened : folded).add(row.path);
      refresh();
    },
    enter: (row) => row.children > 0 && lanes.on.toggle(row, !isOpen(row)),
  });
  const detail = new Detail({ select: goTo }).link();

  const every = h("input", { type: "checkbox" });
  const count = h("span", { class: "lw-muted", role: "status" });
  const live = h("span", { class: "at-live" });
  const stop = h("button", { onclick: () => model.send({ kind: "stop" }) }, "Stop");
  const problem = h("span", { class: "lw-error", role: "alert" });
  root.append(h("div", { class: "lw-bar" }, count, live, stop, problem, h("span", { class: "lw-grow" }),
    h("label", {}, every, "every PDU")), lanes.el, detail.el);
  every.addEventListener("change", () => {
    folded.clear();
    opened.clear();
    set("every_pdu", every.checked);
  });

  /** The rows to draw: those of which all that holds them is open. */
  function shown() {
    const rows = [];
    let hiddenBelow = Infinity;
    for (const row of model.get("_rows")) {
      if (row.depth > hiddenBelow) continue;
      hiddenBelow = row.children > 0 && !isOpen(row) ? row.depth : Infinity;
      rows.push(row);
    }
    return rows;
  }

  function refresh() {
    const atEnd = lanes.el.scrollTop + lanes.el.clientHeight >= lanes.el.scrollHeight - 40;
    const rows = shown();
    lanes.show(rows, isOpen, model.get("selected"));
    const all = model.get("_rows");
    const associations = all.filter((row) => row.depth === 0).length;
    const messages = all.filter((row) => row.kind === "message").length;
    const plural = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;
    put(count, all.length ? `${plural(associations, "association")}, ${plural(messages, "message")}` : "No association yet");
    if (model.get("watching") && atEnd) lanes.el.scrollTop = lanes.el.scrollHeight;
  }

  /** Select a row that may be folded away. */
  function goTo(path) {
    const rows = model.get("_rows");
    const place = rows.findIndex((row) => row.path === path);
    for (let n = place; n >= 0 && rows[place].depth > 0; n -= 1) {
      if (rows[n].depth < rows[place].depth) {
        opened.add(rows[n].path);
        folded.delete(rows[n].path);
        if (rows[n].depth === 0) break;
      }
    }
    set("selected", path);
    refresh();
    if (lanes.chosen >= 0) lanes.choose(lanes.chosen, true);
  }

  onKeys(root, { e: () => every.click() });
  const stops = [
    follow(model, "_rows", () => {
      lanes.fit(shown().length, 330);
      refresh();
    }),
    follow(model, "every_pdu", (on) => {
      every.checked = on;
      refresh();
    }),
    follow(model, "_detail", (data) => detail.show(data)),
    follow(model, "selected", (path) => {
      if (path && lanes.rows[lanes.chosen]?.path !== path) goTo(path);
    }),
    follow(model, "watching", (on) => {
      put(live, on ? "● watching" : "");
      stop.classList.toggle("lw-hidden", !on);
    }),
    follow(model, "problem", (text) => put(problem, text)),
  ];
  const resized = new ResizeObserver(() => lanes.draw());
  resized.observe(lanes.el);
  return () => {
    for (const end of stops) end();
    resized.disconnect();
  };
}

export default { render };
