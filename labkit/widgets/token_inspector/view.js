import { follow, h, put, widgetFrame } from "../base/dom.js";

// TokenInspector: the verdict, each part with what checks it, and the scopes in words.

const SIGNS = { ok: ["✓", "as it should be"], bad: ["✗", "not as it should be"], open: ["–", "not checked"] };
const PARTS = { header: "Header", signature: "Signature", claim: "Claims" };

/** Write a span of seconds with its two largest units. */
function spanText(seconds) {
  const whole = Math.floor(Math.abs(seconds));
  const units = [[Math.floor(whole / 86400), "d"], [Math.floor(whole / 3600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"], [whole % 60, "s"]];
  return units.filter(([n]) => n).slice(0, 2).map(([n, unit]) => `${n} ${unit}`).join(" ") || "0 s";
}

function mark(state) {
  const [sign, said] = SIGNS[state];
  return h("td", { class: `ti-sign ti-${state}` }, h("span", { aria: { hidden: "true" } }, sign), h("span", { class: "lw-sr" }, said));
}

function rowOf(row) {
  return h("tr", { class: `ti-row ti-row-${row.state}` }, mark(row.state),
    h("th", { scope: "row", class: "lw-mono" }, row.name), h("td", { class: "lw-mono ti-value" }, row.value),
    h("td", {}, row.says), h("td", { class: "lw-muted" }, row.section));
}

function render({ model, el }) {
  const root = widgetFrame(el, "ti", "Access token");
  const verdict = h("strong", { class: "ti-verdict", role: "status" });
  const left = h("span", { class: "ti-left" });
  const only = h("button", { type: "button", aria: { pressed: "false" } }, "Only what is wrong");
  const table = h("table", { class: "ti-table" });
  const scopes = h("div", { class: "ti-scopes" });
  root.append(h("div", { class: "lw-bar" }, verdict, left, h("span", { class: "lw-grow" }), only),
    h("div", { class: "ti-scroll", tabindex: "0", role: "region", aria: { label: "Parts of the token" } }, table), scopes);
  only.addEventListener("click", () => {
    model.set("only_problems", !model.get("only_problems"));
    model.save_changes();
  });

  function tick() {
    const data = model.get("_shown");
    const rest = data.end === null || data.end === undefined ? null : data.end - Date.now() / 1000;
    const over = rest === null ? data.over : rest <= 0;
    const said = rest === null ? data.left.replace("-", "") : spanText(rest);
    put(left, said ? (over ? `ended ${said} ago` : `ends in ${said}`) : "");
    left.classList.toggle("lw-error", over);
  }

  function draw() {
    const data = model.get("_shown");
    const wrong = model.get("only_problems");
    const state = data.verdict === "accepted" ? "ok" : data.verdict.startsWith("refused") ? "bad" : "open";
    put(verdict, `${SIGNS[state][0]} ${data.verdict}`);
    verdict.className = `ti-verdict ti-${state}`;
    only.setAttribute("aria-pressed", String(wrong));
    const rows = data.rows.filter((row) => !wrong || row.state === "bad");
    put(table,
      h("thead", {}, h("tr", {}, ...["", "part", "value", "what checks it", "where"].map((name) => h("th", { scope: "col" }, name || h("span", { class: "lw-sr" }, "state"))))),
      ...Object.entries(PARTS).map(([part, name]) => {
        const own = rows.filter((row) => row.part === part);
        return own.length ? h("tbody", {}, h("tr", { class: "ti-part" }, h("th", { colspan: "5", scope: "rowgroup" }, name)), ...own.map(rowOf)) : null;
      }),
      rows.length ? null : h("tbody", {}, h("tr", {}, h("td", { colspan: "5", class: "lw-muted" }, "Nothing is wrong with it."))));
    put(scopes, h("p", { class: "lw-caption" }, data.scopes.length ? "What it gives, where its patient and the consents allow it" : "It gives nothing"),
      h("ul", {}, ...data.scopes.map(([scope, words]) => h("li", {}, h("code", {}, scope), ` ${words}`))));
    tick();
  }

  const stops = [follow(model, "_shown", draw), follow(model, "only_problems", draw)];
  const timer = setInterval(tick, 1000);
  return () => {
    clearInterval(timer);
    for (const stop of stops) stop();
  };
}

export default { render };
