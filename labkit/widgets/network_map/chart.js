import { onKeys } from "../base/dom.js";
import { linkSpoken, siteSpoken, sizeText } from "./words.js";

// The map itself: lines, sites, and dots that run along the lines.

const SPACE = "http://www.w3.org/2000/svg";
const MOVES_MS = 900;
const LETTERS = { hospital: "H", centre: "C", router: "R", cloud: "☁" };

function s(tag, attributes = {}, ...children) {
  const el = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) el.setAttribute(name, value);
  el.append(...children);
  return el;
}

const still = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

export class Chart {
  /** @param {{select: (id) => void, act: (id) => void}} on */
  constructor(on) {
    this.on = on;
    this.ids = [];
    this.chosen = "";
    this.seen = -1;
    this.lines = s("g");
    this.dots = s("g", { "aria-hidden": "true" });
    this.sites = s("g");
    this.el = s("svg", { class: "nm-chart", role: "listbox", "aria-label": "Sites and lines", tabindex: "0",
      "data-lm-suppress-shortcuts": "true" }, this.lines, this.dots, this.sites);
    this.el.addEventListener("click", (event) => {
      const id = event.target.closest("[data-id]")?.dataset.id;
      if (id) this.on.select(id);
    });
    this.el.addEventListener("focus", () => !this.chosen && this.ids.length && this.on.select(this.ids[0]));
    const step = (by) => () => {
      const at = this.ids.indexOf(this.chosen);
      if (this.ids.length) this.on.select(this.ids[(at + by + this.ids.length) % this.ids.length]);
    };
    onKeys(this.el, { ArrowRight: step(1), ArrowDown: step(1), ArrowLeft: step(-1), ArrowUp: step(-1),
      Home: () => this.on.select(this.ids[0]), End: () => this.on.select(this.ids.at(-1)),
      Enter: () => this.chosen && this.on.act(this.chosen), " ": () => this.chosen && this.on.act(this.chosen),
      Escape: () => this.on.select("") });
  }

  show(map) {
    this.map = map;
    this.ids = [...map.sites.map((site) => `site:${site.name}`), ...map.links.map((link) => `link:${link.name}`)];
    this.at = Object.fromEntries(map.sites.map((site) => [site.name, site]));
    this.el.classList.toggle("nm-many", map.links.length > 60);
    this.el.setAttribute("viewBox", `0 0 ${map.width} ${map.height}`);
    const most = Math.max(1, ...map.links.map((link) => link.bytes));
    this.lines.replaceChildren(...map.links.map((link) => this.#line(link, most)));
    this.sites.replaceChildren(...map.sites.map((site) => this.#site(site)));
    this.choose(this.chosen);
    this.#flow(map.flows);
  }

  choose(id) {
    this.chosen = id;
    for (const el of this.el.querySelectorAll("[data-id]")) {
      el.setAttribute("aria-selected", String(el.dataset.id === id));
      if (el.dataset.id === id) this.el.setAttribute("aria-activedescendant", el.id);
    }
    if (!id) this.el.removeAttribute("aria-activedescendant");
  }

  #named(id) {
    this.prefix ??= `nm${Math.random().toString(36).slice(2)}`;
    return `${this.prefix}-${this.ids.indexOf(id)}`;
  }

  #line(link, most) {
    const [a, b] = [this.at[link.from], this.at[link.to]];
    const ends = { x1: a.x, y1: a.y, x2: b.x, y2: b.y };
    const id = `link:${link.name}`;
    const [x, y] = [(a.x + b.x) / 2, (a.y + b.y) / 2];
    const few = this.map.links.length <= 15;
    const said = !link.up ? "✕ cut" : `${few && link.bytes ? sizeText(link.bytes) : ""}${link.tls ? "" : " no TLS"}`.trim();
    const label = said ? s("text", { x, y: y - 7, class: "nm-amount", "text-anchor": "middle" }, said) : "";
    return s("g", { class: `nm-link${link.up ? "" : " nm-down"}${link.tls ? "" : " nm-open"}`, role: "option",
      "data-id": id, id: this.#named(id), "aria-label": linkSpoken(link) },
    s("line", { ...ends, class: "nm-reach" }),
    s("line", { ...ends, class: "nm-wire", "stroke-width": (1.5 + 4.5 * Math.sqrt(link.bytes / most)).toFixed(2) }), label);
  }

  #site(site) {
    const id = `site:${site.name}`;
    const small = this.map.sites.length > 16;
    const r = small ? 10 : site.role === "centre" ? 25 : 21;
    const below = site.up ? (site.waiting ? `${site.waiting} waiting` : "") : "✕ down";
    return s("g", { class: `nm-site nm-${site.role}${site.up ? "" : " nm-down"}`, role: "option", "data-id": id,
      id: this.#named(id), "aria-label": siteSpoken(site, this.map.links), transform: `translate(${site.x} ${site.y})` },
    s("circle", { r: r + 5, class: "nm-halo" }),
    site.role === "hospital" ? s("circle", { r, class: "nm-body" })
      : s("rect", { x: -r, y: -r, width: 2 * r, height: 2 * r, rx: 5, class: "nm-body" }),
    s("text", { class: "nm-letter", "text-anchor": "middle", y: small ? 4 : 6 }, site.up ? LETTERS[site.role] : "✕"),
    s("text", { class: "nm-name", "text-anchor": "middle", y: r + 21 }, site.name),
    below ? s("text", { class: "nm-state", "text-anchor": "middle", y: r + 36 }, below) : "");
  }

  /** Let a dot run for each message that is new. */
  #flow(flows) {
    const fresh = flows.filter((flow) => flow.n > this.seen);
    const first = this.seen < 0;
    if (flows.length) this.seen = Math.max(this.seen, flows.at(-1).n);
    if (first || still()) return;
    fresh.slice(-24).forEach((flow, n) => setTimeout(() => this.#run(flow), n * 60));
  }

  #run(flow) {
    const points = this.#way(flow);
    if (points.length < 2) return;
    const dot = s("circle", { r: Math.min(9, 3 + Math.log10(1 + flow.bytes)).toFixed(1), class: `nm-dot nm-dot-${kindOf(flow.kind)}` });
    this.dots.append(dot);
    const begun = performance.now();
    const move = (now) => {
      const share = Math.min(1, (now - begun) / MOVES_MS) * (points.length - 1);
      const leg = Math.min(points.length - 2, Math.floor(share));
      const [a, b, t] = [points[leg], points[leg + 1], share - leg];
      dot.setAttribute("cx", a.x + (b.x - a.x) * t);
      dot.setAttribute("cy", a.y + (b.y - a.y) * t);
      if (share < points.length - 1 && dot.isConnected) requestAnimationFrame(move);
      else dot.remove();
    };
    requestAnimationFrame(move);
  }

  #way(flow) {
    const named = Object.fromEntries(this.map.links.map((link) => [link.name, link]));
    const points = [this.at[flow.from]];
    let here = flow.from;
    for (const name of flow.links) {
      const link = named[name];
      if (!link) return [];
      here = link.from === here ? link.to : link.from;
      points.push(this.at[here]);
    }
    return points.filter(Boolean);
  }
}

/** The kinds that have a colour. */
export function kindOf(kind) {
  if (kind === "C-STORE") return "store";
  return ["GET", "C-GET", "C-MOVE"].includes(kind) ? "get" : kind === "SOAP" ? "soap" : "other";
}
