import { h, put } from "../base/dom.js";
import { RowList } from "../base/list.js";
import { bytesText, CACHE_WORDS, kindOfService, targetParts, timeText, TONE_SIGNS } from "./words.js";

// The list of requests, one line each; a bar behind the time shows which was slow.

/** What the cache gave, as a badge. */
export function cacheBadge(cache) {
  const [sign, word, meaning] = CACHE_WORDS[cache];
  return h("span", { class: `pt-cache pt-cache-${cache}`, title: meaning },
    h("span", { aria: { hidden: "true" } }, sign), word);
}

/** A status with a sign that needs no colour. */
export function statusText(tone, text) {
  return h("span", { class: `pt-status pt-tone-${tone}` },
    h("span", { aria: { hidden: "true" } }, `${TONE_SIGNS[tone]} `), text);
}

/** The patch of a kind: a colour and a pattern, so that it is told apart without colours. */
export function patch(kind) {
  return h("span", { class: `pt-patch pt-fill-${kind}`, aria: { hidden: "true" } });
}

function targetText(row) {
  const [first, last] = targetParts(row.short || row.target);
  return h("span", { class: "pt-target lw-mono", role: "gridcell", title: row.target },
    h("span", { class: "pt-give" }, first), last ? h("span", {}, last) : null);
}

/** How many operations of each service a request caused. */
function caused(row) {
  const words = row.operations.map(([service, count]) => `${count} ${service}`).join(", ");
  const failed = row.failed ? `, ${row.failed} failed` : "";
  return h("span", { role: "gridcell", class: "pt-caused", title: words + failed || "no DIMSE operation" },
    h("span", { class: "lw-sr" }, words || "none", failed),
    h("span", { class: "pt-counts", aria: { hidden: "true" } },
      row.failed ? h("span", { class: "pt-tone-failure" }, TONE_SIGNS.failure) : null,
      ...row.operations.map(([service, count]) => h("span", { class: "pt-count" }, patch(kindOfService(service)), String(count)))));
}

export class Requests extends RowList {
  constructor(on) {
    super({ label: "HTTP requests in the order of time", kind: "pt", height: 26 }, { toggle: () => {}, ...on });
    put(this.head, ...["status", "method", "target", "cache", "DIMSE", "size", "time"].map((text) =>
      h("span", { role: "columnheader" }, text)));
    this.longest = 0;
  }

  classes(row) {
    return row.failed ? "pt-has-failed" : "";
  }

  cells(row) {
    const share = this.longest > 0 ? (100 * row.seconds) / this.longest : 0;
    return [
      h("span", { role: "gridcell", title: `${row.status} ${row.phrase}` }, statusText(row.tone, row.status ? String(row.status) : "none")),
      h("span", { role: "gridcell", class: "lw-mono" }, row.method),
      targetText(row),
      h("span", { role: "gridcell" }, cacheBadge(row.cache)),
      caused(row),
      h("span", { role: "gridcell", class: "pt-number" }, bytesText(row.bytes)),
      h("span", { role: "gridcell", class: "pt-time" },
        h("span", { class: "pt-share", style: { width: `${share}%` } }), h("span", {}, timeText(row.seconds))),
    ];
  }
}
