// Numbers and signs in few words.

/** Seconds: 0.8 ms, 41 ms, 410 ms, 2.41 s, 95 s. */
export function timeText(seconds) {
  const ms = Math.abs(seconds) * 1000;
  const sign = seconds < 0 ? "−" : "";
  if (ms < 10) return `${sign}${Number(ms.toFixed(1))} ms`;
  if (ms < 1000) return `${sign}${Math.round(ms)} ms`;
  return `${sign}${Number((ms / 1000).toFixed(ms < 10000 ? 2 : 1))} s`;
}

/** Bytes: 412 B, 131 kB (1000 bytes), 2.1 MB. */
export function bytesText(count) {
  if (count < 1000) return `${count} B`;
  const [size, unit] = count < 1e6 ? [count / 1e3, "kB"] : count < 1e9 ? [count / 1e6, "MB"] : [count / 1e9, "GB"];
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${unit}`;
}

/** A target in two parts, of which the first gives way where the room is short. */
export function targetParts(text) {
  const cut = text.includes("?") ? text.length - 18 : text.indexOf("/", text.length - 24);
  return cut > 30 && cut > text.length / 2 ? [text.slice(0, cut), text.slice(cut)] : [text, ""];
}

export const plural = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;

/** Each value of the cache: a sign that needs no colour, and what it means. */
export const CACHE_WORDS = {
  hit: ["●", "hit", "the cache had all of it"],
  shared: ["◐", "shared", "another request was fetching it already"],
  partly: ["◑", "partly", "the cache had a part of it"],
  miss: ["○", "miss", "the cache had nothing of it"],
  none: ["", "–", "no objects were needed"],
};

export const TONE_SIGNS = { success: "✓", pending: "…", warning: "!", failure: "✗" };

export const KINDS = { find: "C-FIND", get: "C-GET", move: "C-MOVE", store: "C-STORE", other: "other" };

/** The kind that has a colour, of a service. */
export const kindOfService = (service) =>
  Object.keys(KINDS).find((kind) => KINDS[kind] === service) ?? "other";

/** About five round places on an axis: [0, 0.1, 0.2 …], in seconds. */
export function ticks(from, to) {
  const span = Math.max(to - from, 1e-9);
  const rough = span / 5;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * [1, 2, 5, 10].find((n) => n * unit >= rough);
  const found = [];
  for (let n = Math.ceil(from / step); n * step <= to; n += 1) found.push(n * step);
  return found;
}
