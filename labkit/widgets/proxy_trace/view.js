import { follow, h, onKeys, put, widgetFrame } from "../base/dom.js";
import { patch, Requests } from "./requests.js";
import { facts, heading, legend, Waterfall } from "./waterfall.js";
import { bytesText, CACHE_WORDS, kindOfService, plural } from "./words.js";

// ProxyTrace: the requests, below them the selected one against time, below that one bar in words.

const STATUSES = { "2xx": "2xx success", "3xx": "3xx", "4xx": "4xx refused", "5xx": "5xx failed", failed: "anything failed" };

function chooser(label, every, choices) {
  return h("select", { aria: { label } }, h("option", { value: "" }, every),
    ...choices.map(([value, text]) => h("option", { value }, text)));
}

function render({ model, el }) {
  const root = widgetFrame(el, "pt", "DICOMweb façade: requests and what they caused");
  const set = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  let all = [];
  let bar = null;
  const list = new Requests({
    select: (row) => set("selected", row.path),
    enter: () => falls.rows.length && falls.el.focus(),
  });
  const falls = new Waterfall({
    select: (row) => {
      bar = row;
      tell(row);
    },
    hover: (row) => tell(row ?? bar),
    enter: () => {},
  });
  const totals = h("span", { role: "status" });
  const live = h("span", { class: "pt-live" });
  const stop = h("button", { onclick: () => model.send({ kind: "stop" }) }, "Stop");
  const problem = h("span", { class: "lw-error", role: "alert" });
  const colours = h("span", { class: "pt-keys" });
  const found = h("span", { class: "lw-muted" });
  const cache = chooser("Filter by cache", "any cache",
    Object.entries(CACHE_WORDS).map(([name, [, , words]]) => [name, name === "none" ? words : `${name}: ${words}`]));
  const status = chooser("Filter by status", "any status", Object.entries(STATUSES));
  const above = h("div", {});
  const below = h("div", { class: "pt-facts", aria: { live: "polite" } });
  root.append(
    h("div", { class: "lw-bar" }, totals, live, stop, problem, h("span", { class: "lw-grow" }), found, cache, status),
    h("div", { class: "lw-bar pt-legend" }, colours),
    list.el, above, falls.el, below);
  cache.addEventListener("change", () => set("cache", cache.value));
  status.addEventListener("change", () => set("status", status.value));

  const passes = (row) => {
    const wanted = model.get("status");
    if (model.get("cache") && row.cache !== model.get("cache")) return false;
    if (wanted === "failed") return row.failed > 0 || row.tone === "failure";
    return !wanted || String(row.status)[0] === wanted[0];
  };

  /** Say what is known of a bar. */
  function tell(row) {
    const data = model.get("_detail");
    if (row && data.steps) put(below, facts(row, data));
  }

  function refresh() {
    const atEnd = list.el.scrollTop + list.el.clientHeight >= list.el.scrollHeight - 40;
    const rows = all.filter(passes);
    list.longest = Math.max(0, ...rows.map((row) => row.seconds));
    list.show(rows, () => false, model.get("selected"));
    put(found, rows.length < all.length ? `${rows.length} of ${all.length} shown` : "");
    if (model.get("watching") && atEnd) list.el.scrollTop = list.el.scrollHeight;
  }

  function showTotals(sums) {
    const hits = sums.hits ? `, ${sums.hits} from the cache` : "";
    const count = sums.operations.reduce((sum, [, n]) => sum + n, 0);
    const failed = sums.failed ? `, ${sums.failed} failed` : "";
    put(totals, sums.requests
      ? `${plural(sums.requests, "request")}${hits}, ${bytesText(sums.bytes)}; ${plural(count, "DIMSE operation")}${failed}`
      : "No request yet");
    const keys = sums.operations.map(([service, n]) => [service, n, kindOfService(service)]);
    put(colours, sums.requests ? h("span", { class: "pt-key" }, patch("http"), "HTTP") : null, ...legend(keys),
      h("span", { class: "pt-key" }, h("span", { class: "pt-key-first", aria: { hidden: "true" } }), "first byte of the answer"));
    colours.parentElement.classList.toggle("lw-hidden", !sums.requests);
  }

  function showDetail(data) {
    const open = Boolean(data.steps);
    falls.el.classList.toggle("lw-hidden", !open);
    if (!open) {
      put(above);
      put(below, all.length ? h("p", { class: "lw-hint" }, "Select a request to see what it caused. ",
        h("kbd", {}, "↑ ↓"), " move  ", h("kbd", {}, "Enter"), " to its bars  ", h("kbd", {}, "Esc"), " back") : null);
      return;
    }
    put(above, heading(data));
    falls.show(data, 0);
    falls.fit(falls.rows.length, 290);
    bar = falls.rows[0];
    tell(bar);
  }

  onKeys(falls.el, { Escape: () => list.el.focus() });
  const stops = [
    follow(model, "_table", ({ columns, rows, totals: sums }) => {
      all = rows.map((values) => ({ depth: 0, ...Object.fromEntries(columns.map((name, n) => [name, values[n]])) }));
      list.fit(all.length, 270);
      showTotals(sums);
      refresh();
    }),
    follow(model, "cache", (value) => {
      cache.value = value;
      refresh();
    }),
    follow(model, "status", (value) => {
      status.value = value;
      refresh();
    }),
    follow(model, "_detail", showDetail),
    follow(model, "selected", (place) => {
      if (list.rows[list.chosen]?.path === place) return;
      const at = list.rows.findIndex((row) => row.path === place);
      if (at >= 0) list.choose(at, true);
      else refresh();
    }),
    follow(model, "watching", (on) => {
      put(live, on ? "● watching" : "");
      stop.classList.toggle("lw-hidden", !on);
    }),
    follow(model, "problem", (text) => put(problem, text)),
  ];
  const resized = new ResizeObserver(() => {
    list.draw();
    falls.draw();
  });
  resized.observe(list.el);
  resized.observe(falls.el);
  return () => {
    for (const end of stops) end();
    resized.disconnect();
  };
}

export default { render };
