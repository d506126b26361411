// The grid of learners and exercises: rows are made anew only where something changed.

import { el, label, put } from "./lists.js";

const WORDS = {
  none: "not tried", tried: "tried", hint: "hint asked", stuck: "stuck", solution: "solution seen",
  solved: "solved",
};
const STATES = {
  new: "not begun", stuck: "stuck", quiet: "quiet", silent: "silent", left: "left",
  finished: "finished",
};
const ALL_AT_ONCE = 16;

const MARKS = { tried: "", hint: "? ", stuck: "! ", solution: "S " };

const sign = (cell) => {
  if (!cell) return "·";
  if (cell.state === "solved") return cell.solution ? "✓ S" : "✓";
  return `${MARKS[cell.state]}${cell.failed ? `${cell.failed}×` : ""}`.trim();
};

const short = (title) => title.split(":")[0];

const words = (cell, here) => {
  if (!cell) return WORDS.none;
  const told = [WORDS[cell.state]];
  if (cell.failed) told.push(`${cell.failed} failed check${cell.failed === 1 ? "" : "s"}`);
  if (cell.hints) told.push(`${cell.hints} hint${cell.hints === 1 ? "" : "s"}`);
  if (cell.solution && cell.state !== "solution") told.push("the solution was seen");
  if (here) told.push("here now");
  return told.join(", ");
};

export const legend = () => put("legend", ...[
  ["none", "·", "not tried"], ["tried", "2×", "failed checks"], ["hint", "? 2×", "hint asked"],
  ["stuck", "! 3×", "stuck"], ["solution", "S 2×", "solution seen"], ["solved", "✓", "solved"],
  ["solved", "✓ S", "solved after the solution"], ["none now", "·", "here now"],
].map(([kind, text, word]) => el("li", {},
  el("span", { class: `sign ${kind}`, "aria-hidden": "true" }, text), word)));

export class Grid {
  constructor(changed) {
    this.chosen = ""; // "": follow the room; "*": all; else a notebook's name
    this.rows = new Map();
    this.shape = "";
    this.changed = changed;
  }

  choose(name) {
    this.chosen = name;
    this.changed();
  }

  shown(data) {
    const books = data.notebooks;
    const total = books.reduce((sum, book) => sum + book.exercises.length, 0);
    const named = books.filter((book) => book.name === this.chosen);
    if (named.length) return named;
    if (this.chosen === "*" || total <= ALL_AT_ONCE) return books;
    const at = books.find((book) => book.exercises.some((task) => task.slug === data.room.at));
    return at ? [at] : books.slice(0, 1);
  }

  books(data) {
    if (data.notebooks.length < 2) {
      put("books");
      return;
    }
    const choices = [["", "Follow the room"], ...data.notebooks.map((b) => [b.name, short(b.title)]),
      ["*", "All"]];
    const text = JSON.stringify([choices, this.chosen]);
    if (text === this.choices) return;
    this.choices = text;
    const held = document.activeElement?.dataset?.book;
    put("books", ...choices.map(([name, title]) => {
      const made = el("button", { type: "button", "data-book": name,
        "aria-pressed": String(this.chosen === name) }, title);
      made.addEventListener("click", () => this.choose(name));
      return made;
    }));
    if (held !== undefined) document.querySelector(`[data-book="${CSS.escape(held)}"]`)?.focus();
  }

  show(data) {
    this.books(data);
    const books = this.shown(data);
    const tasks = books.flatMap((book) => book.exercises.map((task, at) => ({ ...task,
      first: at === 0 && books.length > 1 })));
    const shape = JSON.stringify([books, data.room.at]);
    if (shape !== this.shape) {
      this.shape = shape;
      this.rows.clear();
      this.body = el("tbody");
      this.foot = el("tfoot");
      this.caption = el("caption");
      put("grid", el("table", {}, this.caption, this.head(tasks, data.room.at), this.body, this.foot));
    }
    this.caption.textContent = books.map((book) => short(book.title)).join(", ")
      || "No exercise has been tried.";
    const fresh = data.learners.map((one) => this.row(one, tasks));
    const same = fresh.length === this.body.children.length
      && fresh.every((row, at) => row === this.body.children[at]);
    if (!same) this.body.replaceChildren(...fresh);
    const count = (slug) => data.learners.filter((one) => one.cells[slug]?.state === "solved").length;
    this.foot.replaceChildren(el("tr", {}, el("th", { scope: "row" }, "solved"),
      ...tasks.map((task) => el("td", { class: task.first ? "first" : "" },
        `${count(task.slug)}/${data.learners.length}`))));
  }

  head(tasks, at) {
    return el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "learner"),
      ...tasks.map((task) => el("th", { scope: "col", title: task.title,
        class: task.slug === at ? "here" : "" }, task.slug,
      task.slug === at ? el("span", { class: "sr" }, ", the room is here") : ""))));
  }

  row(one, tasks) {
    const key = one.who ?? one.shown;
    const text = JSON.stringify([one.name, one.shown, one.state, one.at, one.cells]);
    const old = this.rows.get(key);
    if (old && old.text === text) return old.row;
    const badge = STATES[one.state]
      ? el("span", { class: `badge ${one.state}` }, STATES[one.state]) : "";
    const head = el("th", { scope: "row", class: "who" }, label(one), " ", badge,
      one.name ? el("small", {}, one.shown) : "");
    const row = el("tr", {}, head, ...tasks.map((task) => {
      const cell = one.cells[task.slug];
      const here = one.at === task.slug;
      return el("td", { class: task.first ? "first" : "" },
        el("span", { class: `sign ${cell?.state ?? "none"}${here ? " now" : ""}`, "aria-hidden": "true" },
          sign(cell)), el("span", { class: "sr" }, words(cell, here)));
    }));
    this.rows.set(key, { text, row });
    return row;
  }
}
