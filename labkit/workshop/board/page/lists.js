// Everything but the grid. What came from a laptop is only ever put in as text.

export const el = (tag, about = {}, ...inside) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(about)) {
    if (value !== undefined && value !== null && value !== false) made.setAttribute(name, value);
  }
  made.append(...inside.filter((each) => each !== null && each !== undefined && each !== ""));
  return made;
};

export const put = (id, ...inside) => document.getElementById(id).replaceChildren(...inside);

export const label = (one) => one.name || one.shown;

const aside = (one) => (one.name ? ` (${one.shown})` : "");

export const minutes = (since, now) => {
  const gone = Math.max(0, Math.floor((now - Date.parse(since)) / 60000));
  if (gone < 1) return "less than a minute";
  if (gone < 120) return `${gone} minute${gone === 1 ? "" : "s"}`;
  return `${Math.floor(gone / 60)} hours`;
};

const COUNTS = [
  ["learners", "learners"], ["working", "working"], ["stuck", "stuck"], ["quiet", "quiet"],
  ["silent", "silent"], ["new", "not begun"], ["finished", "finished"], ["left", "left"],
];

export const counts = (data) => put("counts", ...COUNTS
  .filter(([key]) => data.counts[key] || ["learners", "working", "stuck"].includes(key))
  .map(([key, word]) => el("li", { class: data.counts[key] ? key : "" },
    el("b", {}, String(data.counts[key])), word)));

export const room = (data, titles) => {
  const { at, here, solved, stuck } = data.room;
  if (!at) {
    put("room", "Nobody is at work now.");
    return;
  }
  const some = (n, word) => `${n} ${word}`;
  put("room", el("b", {}, titles.get(at) ?? at), " ", el("code", {}, at),
    `: ${some(here, "here now")}, ${some(solved, "solved")}, ${some(stuck, "stuck")}`);
};

export const stuck = (data, titles, now) => {
  if (!data.stuck.length) {
    put("stuck", el("p", {}, "Nobody."));
    return;
  }
  const task = (slug) => [`${titles.get(slug) ?? slug} `, el("code", {}, slug)];
  const rows = data.view === "instructor"
    ? data.stuck.map((one) => el("li", { class: "stuck" },
      el("b", {}, label(one)), aside(one), ": ", ...task(one.slug), el("br"),
      el("small", {}, `${one.failed} failed, the first ${minutes(one.since, now)} ago`),
      one.says ? el("p", { class: "says" }, one.says) : ""))
    : [...new Set(data.stuck.map((one) => one.slug))].map((slug) => { // for a room: by exercise
      const here = data.stuck.filter((one) => one.slug === slug);
      return el("li", { class: "stuck" }, el("b", {}, String(here.length)), ": ", ...task(slug),
        el("br"), el("small", {}, here.map(label).join(", ")));
    });
  put("stuck", el("ul", { class: "list" }, ...rows));
};

const TOP = 5;

export const mistakes = (data, titles) => {
  const named = data.mistakes.filter((one) => one.mistake)
    .sort((one, two) => two.open - one.open); // what can still be talked about comes first
  const other = data.mistakes.filter((one) => !one.mistake);
  if (!named.length && !other.length) {
    put("mistakes", el("p", {}, "None yet."));
    return;
  }
  const people = (n) => (n === 1 ? "1 learner" : `${n} learners`);
  const times = (n) => (n === 1 ? "once" : `${n} times`);
  const row = (one) => el("li", {},
    el("b", {}, `${people(one.learners)}, ${times(one.times)}`),
    `: ${titles.get(one.slug) ?? one.slug} `, el("code", {}, one.mistake),
    el("p", { class: "says" }, one.says),
    el("small", {}, one.open ? `${one.open} not solved yet` : "all have solved it since"));
  const plain = (one) => el("li", {}, `${titles.get(one.slug) ?? one.slug}: ${people(one.learners)}`);
  const open = document.querySelector("#mistakes details")?.open;
  const [top, rest] = [named.slice(0, TOP), named.slice(TOP)];
  const more = rest.length + other.length;
  put("mistakes", el("ul", { class: "list" }, ...top.map(row)), more
    ? el("details", { open: open ? "" : false }, el("summary", {}, `${more} more`),
      el("ul", { class: "list" }, ...rest.map(row)),
      other.length ? el("p", {}, "Wrong in a way that has no name:") : "",
      el("ul", {}, ...other.map(plain))) : "");
};

const LABS = { ill: "not well", down: "does not run", unknown: "not known" };

export const labs = (data) => {
  const poor = data.learners.filter((one) => one.state !== "left" && one.lab.state !== "well");
  const silent = data.learners.filter((one) => one.state === "silent");
  put("labs", el("p", {}, `${data.labs.well} well, ${data.labs.ill} not well, `
    + `${data.labs.down} not running, ${data.labs.unknown} not known.`),
  el("ul", { class: "list" }, ...poor.map((one) => el("li", {}, el("b", {}, label(one)), aside(one),
    `: ${LABS[one.lab.state] ?? ""}`, one.lab.ill.length ? `: ${one.lab.ill.join(", ")}` : ""))),
  silent.length ? el("p", {}, el("b", {}, "Silent: "), silent.map(label).join(", ")) : "");
};

export const rules = (data) => put("rules",
  el("ul", {}, ...Object.values(data.rules.text).map((text) => el("li", {}, text))),
  el("p", {}, "A laptop that joined sends, and nothing else:"),
  el("ul", {}, ...data.sent.sent.map((text) => el("li", {}, text))),
  el("p", {}, data.sent.not_sent));
