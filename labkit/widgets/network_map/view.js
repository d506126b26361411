import { follow, h, put, widgetFrame } from "../base/dom.js";
import { notesList } from "../base/notes.js";
import { Chart, kindOf } from "./chart.js";
import { lineText, many, messagesText, sizeText } from "./words.js";

// NetworkMap: the map, what is selected in words, and what can be done with it.

const LAST = 6;

function render({ model, el }) {
  const root = widgetFrame(el, "nm", "Network: sites, lines and what flows");
  const set = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  const totals = h("span", { role: "status" });
  const live = h("span", { class: "nm-live" });
  const stop = h("button", { onclick: () => model.send({ kind: "stop" }) }, "Stop");
  const problem = h("span", { class: "lw-error", role: "alert" });
  const button = h("button", { class: "nm-act" });
  const title = h("b", {});
  const facts = h("div", {});
  const log = h("ol", { class: "nm-log", aria: { label: "Newest messages" } });
  const picked = (id = model.get("selected")) => {
    const [kind, name] = [id.slice(0, 4), id.slice(5)];
    const row = (kind === "site" ? model.get("_map").sites : model.get("_map").links).find((each) => each.name === name);
    return row ? { kind, row } : null;
  };
  const actOf = ({ kind, row }) => (kind === "site" ? (row.up ? "kill" : "revive") : row.up ? "cut" : "mend");
  const act = (id) => {
    const found = picked(id);
    if (found && model.get("_acts").possible) model.send({ kind: "act", act: actOf(found), name: found.row.name });
  };
  button.addEventListener("click", () => act(model.get("selected")));
  const chart = new Chart({ select: (id) => set("selected", id), act });
  const side = h("div", { class: "nm-side", aria: { live: "polite" } }, h("div", { class: "lw-title" }, title, button), facts);
  root.append(
    h("div", { class: "lw-bar" }, totals, live, stop, problem, h("span", { class: "lw-grow" }),
      ...[["store", "C-STORE"], ["get", "retrieve"], ["soap", "SOAP"], ["other", "other"]].map(([kind, text]) =>
        h("span", { class: "nm-key" }, h("span", { class: `nm-patch nm-patch-${kind}`, aria: { hidden: "true" } }), text))),
    chart.el, h("div", { class: "nm-below" }, side, h("div", { class: "nm-recent" }, h("div", { class: "lw-caption" }, "newest messages"), log)));

  function tell() {
    const found = picked();
    button.classList.toggle("lw-hidden", !found || !model.get("_acts").possible);
    if (!found) {
      put(title, "");
      put(facts, h("p", { class: "lw-hint nm-hint" }, "Select a site or a line. ", h("kbd", {}, "← →"), " move  ",
        model.get("_acts").possible ? h("kbd", {}, "Enter") : null, model.get("_acts").possible ? " cut or mend, kill or revive" : ""));
      return;
    }
    const { kind, row } = found;
    const note = (about, text) => ({ about, text, reference: "", url: "" });
    put(title, kind === "site" ? row.name : `${row.from} – ${row.to}`);
    put(button, { kill: "Kill the site", revive: "Revive the site", cut: "Cut the line", mend: "Mend the line" }[actOf(found)]);
    put(facts, notesList(kind === "site" ? [
      note("state", row.up ? "up" : "✕ down: nothing goes to it, from it or through it"),
      note("is", `${row.role} of ${row.community}, AE title ${row.ae_title}`),
      note("archive", { own: "of its own", cache: "copies, the newest", none: "none: it passes on" }[row.archive]),
      note("to pass on", row.waiting ? many(row.waiting, "object") : "nothing"),
    ] : [
      note("state", row.up ? "up" : "✕ cut"), note("line", lineText(row)),
      note("carried", `${sizeText(row.bytes)}: ${messagesText(row.messages)}`),
    ]));
  }

  const stops = [
    follow(model, "_map", (map) => {
      const down = [...map.sites, ...map.links].filter((row) => !row.up).map((row) => row.name);
      put(totals, `${map.name}: ${many(map.sites.length, "site")}, ${many(map.links.length, "line")}, ${
        down.length ? `✕ ${down.join(", ")}` : "all up"}`);
      chart.show(map);
      put(log, ...map.flows.slice(-LAST).reverse().map((flow) => h("li", {},
        h("span", { class: `nm-patch nm-patch-${kindOf(flow.kind)}`, aria: { hidden: "true" } }),
        h("span", { class: "lw-mono" }, flow.kind), ` ${flow.from} → ${flow.to} `, h("span", { class: "lw-muted" }, sizeText(flow.bytes)))));
      if (!map.flows.length) put(log, h("li", { class: "lw-muted" }, "none yet"));
      tell();
    }),
    follow(model, "selected", (id) => {
      chart.choose(id);
      tell();
    }),
    follow(model, "watching", (on) => {
      put(live, on ? "● watching" : "");
      stop.classList.toggle("lw-hidden", !on);
    }),
    follow(model, "problem", (text) => put(problem, text)),
  ];
  const heard = (content) => content.kind === "error" && put(problem, `${content.message} ${content.remedy}`);
  model.on("msg:custom", heard);
  return () => {
    for (const end of stops) end();
    model.off("msg:custom", heard);
  };
}

export default { render };
