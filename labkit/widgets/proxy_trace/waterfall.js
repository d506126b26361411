import { h, put } from "../base/dom.js";
import { RowList } from "../base/list.js";
import { notesList } from "../base/notes.js";
import { cacheBadge, patch, statusText } from "./requests.js";
import { bytesText, CACHE_WORDS, KINDS, plural, ticks, timeText, TONE_SIGNS } from "./words.js";

// One request against time: its own span, then a bar for each DIMSE operation that it caused.

const WORDS = { "C-FIND": "match", "C-GET": "object", "C-MOVE": "object", "C-STORE": "object" };

const WIDE = 0.5;

const counted = (row) => {
  const word = WORDS[row.service] ?? "result";
  return `${row.count} ${row.count === 1 ? word : word === "match" ? "matches" : `${word}s`}`;
};

/** The rows of a request: itself and its steps. */
function rowsOf(data) {
  const http = { path: 0, depth: 0, kind: "http", at: 0, seconds: data.seconds, tone: data.tone,
    name: "HTTP", where: data.method, brief: data.said, first_byte: data.first_byte, bytes: data.bytes };
  return [http, ...data.steps.map((step, n) => ({
    ...step, path: n + 1, depth: 0, name: `${step.service} ${step.level}`.trim(), where: step.pacs,
    brief: [step.tone === "success" ? counted(step) : step.said, step.bytes ? bytesText(step.bytes) : ""].filter(Boolean).join(", "),
  }))];
}

export class Waterfall extends RowList {
  constructor(on) {
    super({ label: "What the request caused, against time", kind: "pw", height: 26 }, { toggle: () => {}, ...on });
    this.el.addEventListener("mouseover", (event) => {
      const place = event.target.closest("[data-place]")?.dataset.place;
      on.hover(place === undefined ? null : this.rows[Number(place)]);
    });
    this.el.addEventListener("mouseleave", () => on.hover(null));
    this.el.addEventListener("focus", () => this.chosen < 0 && this.choose(0));
  }

  show(data, chosen) {
    const rows = rowsOf(data);
    this.from = Math.min(0, ...data.steps.map((step) => step.at));
    const to = Math.max(data.seconds, ...data.steps.map((step) => step.at + step.seconds), this.from + 1e-4);
    this.span = (to - this.from) * 1.02;
    this.firstByte = data.first_byte;
    put(this.head, h("span", { role: "columnheader" }, "since the request"),
      h("span", { class: "pw-track", role: "columnheader", aria: { label: `0 to ${timeText(to)}` } },
        ...ticks(this.from, this.from + this.span).map((at) =>
          h("span", { class: "pw-tick", style: { left: this.#place(at) } }, at - this.from < 0.93 * this.span ? timeText(at) : ""))));
    super.show(rows, () => false, chosen);
  }

  #place(at) {
    return `${(100 * (at - this.from)) / this.span}%`;
  }

  /** Where the words of a bar stand: behind it, before it, or in it where it is wide. */
  #beside(row) {
    const begins = (100 * (row.at - this.from)) / this.span;
    const ends = begins + (100 * row.seconds) / this.span;
    if (ends - begins > 100 * WIDE) return { left: `calc(${begins}% + 14px)` };
    return ends < 60 ? { left: `calc(${ends}% + 8px)` } : { right: `calc(${100 - begins}% + 8px)` };
  }

  cells(row) {
    const sign = row.tone === "success" ? "" : `${TONE_SIGNS[row.tone]} `;
    const label = h("span", { class: `pw-brief pt-tone-${row.tone === "success" ? "plain" : row.tone}`,
      aria: { hidden: "true" }, style: this.#beside(row) }, `${sign}${row.brief}`);
    if (row.seconds / this.span > WIDE) label.classList.add("pw-inside");
    const mark = this.firstByte === null || this.firstByte === undefined ? null
      : h("span", { class: "pw-first", style: { left: this.#place(this.firstByte) }, aria: { hidden: "true" } });
    return [
      h("span", { class: "pw-name", role: "gridcell" }, patch(row.kind), h("b", {}, row.name),
        h("span", { class: "lw-muted", title: row.where }, row.where)),
      h("span", { class: "pw-track", role: "gridcell" }, mark,
        h("span", { class: `pw-bar pt-fill-${row.kind}${row.tone === "failure" ? " pw-failed" : ""}`, aria: { hidden: "true" },
          style: { left: this.#place(row.at), width: `${(100 * row.seconds) / this.span}%` } }), label,
        h("span", { class: "lw-sr" }, spoken(row))),
    ];
  }
}

function spoken(row) {
  const when = `from ${timeText(row.at)} for ${timeText(row.seconds)}`;
  if (row.kind === "http") {
    const first = row.first_byte === null ? "" : `, first byte after ${timeText(row.first_byte)}`;
    return `${when}${first}, ${row.brief}`;
  }
  return `${when}, ${row.said}, ${counted(row)}, ${bytesText(row.bytes)}, ${row.association || "unknown"} association`;
}

/** What is known of one bar. */
export function facts(row, data) {
  const note = (about, text, reference = "", url = "") => ({ about, text, reference, url });
  if (row.kind === "http") {
    return notesList([
      note("answer", `${data.said}, ${bytesText(data.bytes)}; ${CACHE_WORDS[data.cache][2]}`),
      note("time", `${timeText(data.seconds)} in all; ${data.first_byte === null ? "no byte was sent"
        : `first byte after ${timeText(data.first_byte)}`}; a DIMSE operation was under way for ${timeText(data.pacs_seconds)}`),
    ]);
  }
  return notesList([
    note(row.service, `${row.level ? `level ${row.level}, ` : ""}at ${row.pacs}, ${
      row.association === "new" ? "over a new association" : row.association === "reused"
        ? "over an association that was open already" : "association not told"}`),
    note("status", `${TONE_SIGNS[row.tone]} ${row.status || "no status came"}  ${row.said.replace(`${row.status} `, "")}`, row.reference, row.url),
    note("result", `${counted(row)}${row.bytes ? `, ${bytesText(row.bytes)}` : ""}`),
    note("time", `begins ${row.at <= 0 ? "before the request: another had asked for it" : `at ${timeText(row.at)}`}, ${row.status || row.tone === "failure" ? "takes" : "goes on after"} ${timeText(row.seconds)}`),
  ]);
}

/** The line above the bars: which request. */
export function heading(data) {
  return h("div", { class: "pt-heading" },
    h("div", { class: "pt-whole lw-mono" }, h("b", {}, data.method), ` ${data.target}`),
    h("div", { class: "pt-said" }, statusText(data.tone, data.said), cacheBadge(data.cache),
      h("span", { class: "lw-muted" }, `${plural(data.steps.length, "DIMSE operation")}, ${timeText(data.seconds)}`)));
}

/** The row of colours: only kinds that occur. */
export function legend(operations) {
  return operations.map(([service, count, kind]) =>
    h("span", { class: "pt-key", title: "A retrieve that several requests waited for counts once." }, patch(kind), `${count} ${service || KINDS.other}`));
}
