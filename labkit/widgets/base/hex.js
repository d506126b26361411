import { h } from "./dom.js";

// Bytes as engineers read them: offset, sixteen bytes, text; each range coloured by what it is.

const WIDTH = 16;

export function hexText(number, digits) {
  return number.toString(16).toUpperCase().padStart(digits, "0");
}

/** One row: runs of bytes that belong to the same part. */
function hexRow(bytes, at, offset, partAt) {
  const hex = h("span", { class: "lw-hex-bytes" });
  const text = h("span", { class: "lw-hex-text" });
  const end = Math.min(at + WIDTH, bytes.length);
  for (let i = at; i < end; ) {
    const part = partAt[i];
    let stop = i;
    let byteText = "";
    let charText = "";
    while (stop < end && partAt[stop] === part) {
      const byte = bytes[stop];
      byteText += (stop > at && stop > i ? (stop - at === WIDTH / 2 ? "  " : " ") : "") + hexText(byte, 2);
      charText += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·";
      stop += 1;
    }
    const gap = i > at ? (i - at === WIDTH / 2 ? "  " : " ") : "";
    const props = { class: "lw-byte", "data-part": part === undefined ? null : String(part) };
    if (gap) hex.append(gap);
    hex.append(h("span", props, byteText));
    text.append(h("span", props, charText));
    i = stop;
  }
  return h("div", { class: "lw-hex-row" },
    h("span", { class: "lw-hex-offset" }, hexText(offset + at, offset + bytes.length > 0xffffff ? 8 : 6)), hex, text);
}

/** The class that colours a part: by its kind where it has one, else in turn. */
const tint = (part, n) => `lw-part-${part.kind ?? n % 5}`;

/**
 * Show bytes.
 * @param {{bytes: Uint8Array, offset: number, total: number, caption: string,
 *          parts: {offset: number, length: number, name: string, meaning: string, kind?: string}[]}} data
 * @param {boolean} legend whether to list the parts below; else link them with `linkParts`
 */
export function hexView(data, legend = true) {
  const { bytes, offset, parts, total } = data;
  const partAt = new Array(bytes.length);
  parts.forEach((part, n) => {
    const end = Math.min(part.offset + part.length, bytes.length);
    for (let i = part.offset; i < end; i += 1) partAt[i] = n;
  });
  const rows = h("div", { class: "lw-hex-rows", tabindex: "0", role: "region",
    aria: { label: `Bytes: ${data.caption}` } });
  for (let at = 0; at < bytes.length; at += WIDTH) rows.append(hexRow(bytes, at, offset, partAt));
  for (const el of rows.querySelectorAll("[data-part]")) {
    el.classList.add(tint(parts[el.dataset.part], Number(el.dataset.part)));
  }
  if (total > bytes.length) {
    rows.append(h("div", { class: "lw-muted" }, `… ${total - bytes.length} more bytes`));
  }
  const root = h("div", { class: "lw-hex" }, h("div", { class: "lw-caption" }, data.caption), rows);
  if (!legend) return root;
  root.append(h("ul", { class: "lw-hex-legend" }, ...parts.map((part, n) =>
    h("li", { class: tint(part, n), tabindex: "0", "data-part": String(n) },
      h("b", {}, part.name), h("span", {}, part.meaning)))));
  return linkParts(root);
}

/** Light up, below `root`, all that belongs to the part under the cursor or with the focus. */
export function linkParts(root) {
  const light = (event) => {
    for (const el of root.querySelectorAll(".lw-lit")) el.classList.remove("lw-lit");
    const part = event.type === "pointerleave" ? null : event.target.closest("[data-part]");
    if (!part) return;
    for (const el of root.querySelectorAll(`[data-part="${part.dataset.part}"]`)) el.classList.add("lw-lit");
  };
  for (const type of ["pointerover", "pointerleave", "focusin"]) root.addEventListener(type, light);
  return root;
}
