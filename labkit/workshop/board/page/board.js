// The board: it is told the whole room at each change, so nothing is missed while it was cut off.

import { Grid, legend } from "./grid.js";
import * as lists from "./lists.js";

const SILENCE = 25000; // milliseconds without a word before the connection counts as lost
const AGAIN = 2000;
const state = { data: null, ahead: 0, heard: Date.now(), source: null };
const $ = (id) => document.getElementById(id);
const clock = () => Date.now() + state.ahead; // the board's clock, whatever this machine's is
const time = (at) => new Date(at).toLocaleTimeString("en-GB");

const draw = () => {
  const { data } = state;
  if (!data) return;
  const tasks = data.notebooks.flatMap((book) => book.exercises);
  const titles = new Map(tasks.map((task) => [task.slug, task.title]));
  document.title = `${data.title}: board`;
  $("title").textContent = data.title;
  $("view").textContent = data.view === "instructor" ? "instructor's view, with names"
    : "pseudonyms only";
  $("command").textContent = `labkit workshop join ${data.join.code} --at ${data.join.url}`;
  $("join").hidden = false;
  $("tools").hidden = data.view !== "instructor";
  lists.counts(data);
  lists.room(data, titles);
  lists.stuck(data, titles, clock());
  lists.mistakes(data, titles);
  lists.labs(data);
  lists.rules(data);
  grid.show(data);
};
const grid = new Grid(draw);

const heard = (now) => {
  state.heard = Date.now();
  state.ahead = Date.parse(now) - state.heard;
  $("lost").hidden = true;
  $("live").textContent = "Live";
};

const lost = () => {
  const since = state.data ? ` What you see is from ${time(state.heard)}.` : "";
  $("lost").textContent = `No connection to the board.${since} Trying again …`;
  $("lost").hidden = false;
  $("live").textContent = "Not live";
};

const listen = () => {
  state.source?.close();
  const source = new EventSource("/api/events");
  state.source = source;
  source.addEventListener("board", (event) => {
    state.data = JSON.parse(event.data);
    heard(state.data.now);
    draw();
  });
  source.addEventListener("beat", (event) => heard(JSON.parse(event.data)));
  source.addEventListener("error", async () => {
    if (state.source !== source) return;
    source.close();
    state.source = null;
    lost();
    const answer = await fetch("/api/board?view=projector").catch(() => null);
    if (answer?.status === 401) window.location.reload(); // the view has ended: ask for the code
    else setTimeout(() => { if (!state.source) listen(); }, AGAIN);
  });
};

$("forget").addEventListener("click", () => $("sure").showModal());
$("keep").addEventListener("click", () => $("sure").close());
$("do-forget").addEventListener("click", async () => {
  const answer = await fetch("/api/forget", { method: "POST",
    headers: { "x-labkit-board": "forget" } }).catch(() => null);
  $("sure").close();
  if (answer?.ok) listen();
  else $("live").textContent = "It could not be forgotten: no connection.";
});
setInterval(() => {
  if (Date.now() - state.heard > SILENCE) {
    lost();
    listen();
    state.heard = Date.now();
  }
}, 5000);
setInterval(() => state.data && lists.stuck(state.data,
  new Map(state.data.notebooks.flatMap((b) => b.exercises).map((t) => [t.slug, t.title])), clock()), 20000);
legend();
listen();
