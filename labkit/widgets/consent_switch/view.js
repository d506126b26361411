import { follow, h, put, widgetFrame } from "../base/dom.js";

// ConsentSwitch: choices at the top, each door below with a sign, a word and the reason.

const LABELS = {
  base: "Without an exception", decision: "This exception", actor: "Who", kind: "Class", study: "Study",
  meaning: "Study means", purpose: "Purpose", start: "From", end: "Until",
};
const WORDS = {
  OPTIN: "permit (OPTIN)", OPTOUT: "deny (OPTOUT)", related: "with its images (related)",
  dependents: "study and what refers to it (dependents)", instance: "the resource alone (instance)",
  TREAT: "treatment (TREAT)", ETREAT: "emergency treatment (ETREAT)", HRESCH: "research (HRESCH)",
  BTG: "break the glass (BTG)", "": "any",
};

function render({ model, el }) {
  const root = widgetFrame(el, "cs", "Consent");
  const form = h("div", { class: "cs-form", role: "group", aria: { label: "What the patient says" } });
  const said = h("p", { class: "cs-said", role: "status" });
  const table = h("table", { class: "cs-table" });
  const json = h("pre", { class: "lw-mono cs-json", tabindex: "0", role: "region", aria: { label: "The Consent as FHIR JSON" } });
  root.append(form, said, table, h("details", { class: "cs-details" }, h("summary", {}, "The Consent as FHIR JSON"), json));
  const inputs = {};

  function choose(name, value) {
    model.set("choices", { ...model.get("choices"), [name]: value });
    model.save_changes();
  }

  for (const [name, label] of Object.entries(LABELS)) {
    const offered = model.get("_offered")[name];
    const field = offered
      ? h("select", {}, ...offered.map((value) => h("option", { value }, WORDS[value] ?? value)))
      : h("input", { type: "text", size: "10", placeholder: "YYYY-MM-DD", pattern: "\\d{4}(-\\d\\d(-\\d\\d)?)?" });
    field.addEventListener("change", () => {
      if (field.checkValidity && !field.checkValidity()) {
        put(said, `${label}: write a date as 2026, 2026-12 or 2026-12-31`);
        field.setAttribute("aria-invalid", "true");
        return;
      }
      field.removeAttribute("aria-invalid");
      choose(name, field.value);
    });
    inputs[name] = field;
    form.append(h("label", { class: "cs-field" }, h("span", {}, label), field));
  }

  function drawChoices() {
    const chosen = model.get("choices");
    for (const [name, field] of Object.entries(inputs)) field.value = chosen[name] ?? "";
    inputs.meaning.disabled = !chosen.study;
  }

  function drawDoors() {
    const rows = model.get("_rows");
    const problem = model.get("_problem").text;
    const open = rows.filter((row) => row.open).length;
    put(said, problem ?? `${open} of ${rows.length} doors open`);
    said.classList.toggle("lw-error", Boolean(problem));
    put(table,
      h("thead", {}, h("tr", {}, ...["door", "is", "why"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, ...rows.map((row) => h("tr", { class: row.open ? "cs-open" : "cs-shut" },
        h("th", { scope: "row" }, row.door),
        h("td", { class: "cs-state" }, h("span", { aria: { hidden: "true" } }, row.open ? "○ " : "● "), row.open ? "open" : "shut"),
        h("td", { class: "lw-muted" }, row.reason)))));
    put(json, JSON.stringify(model.get("_consent"), null, 1));
  }

  const stops = [follow(model, "choices", drawChoices), follow(model, "_rows", drawDoors), follow(model, "_problem", drawDoors)];
  return () => {
    for (const stop of stops) stop();
  };
}

export default { render };
