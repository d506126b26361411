// Amounts and states in words.

export function sizeText(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  for (const [unit, size] of [["kB", 1e3], ["MB", 1e6]]) {
    if (bytes < size * 1000) return `${(bytes / size).toFixed(bytes < size * 10 ? 1 : 0)} ${unit}`;
  }
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

export const many = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

export function messagesText(messages) {
  const kinds = Object.entries(messages).map(([kind, count]) => `${count} ${kind}`);
  return kinds.length ? kinds.join(", ") : "no message";
}

export const lineText = (link) => [link.mbit ? `${link.mbit} Mbit/s` : "as fast as can be",
  `${link.ms} ms`, link.tls ? "TLS" : "no TLS"].join(", ");

export function siteSpoken(site, links) {
  const own = links.filter((link) => link.from === site.name || link.to === site.name).length;
  const waits = site.waiting ? `, ${many(site.waiting, "object")} waiting` : "";
  return `${site.name}, ${site.role} of ${site.community}, ${site.up ? "up" : "down"}, ${many(own, "line")}${waits}`;
}

export const linkSpoken = (link) => `Line from ${link.from} to ${link.to}, ${link.up ? "up" : "cut"}, ${
  lineText(link)}, ${sizeText(link.bytes)}, ${messagesText(link.messages)}`;
