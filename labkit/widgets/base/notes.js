import { h } from "./dom.js";

/** A link to the place in the standard, or its name where there is no address. */
export function referenceLink(reference, url) {
  return url ? h("a", { href: url, target: "_blank", rel: "noreferrer" }, reference) : reference;
}

/** Notes as a list: what it is about, what is so, and where that is written. */
export function notesList(notes) {
  return h("dl", { class: "lw-notes" }, ...notes.flatMap((note) => [
    h("dt", {}, note.about),
    h("dd", {}, note.text, " ", h("span", { class: "lw-caption" }, referenceLink(note.reference, note.url))),
  ]));
}
