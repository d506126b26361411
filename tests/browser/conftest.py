from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.bare import BareWidget
from tests.browser.chromium import chromium


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


_CONTRAST = """() => {
  const parse = (c) => { const n = c.match(/[\\d.]+/g).map(Number);
    return [n[0], n[1], n[2], n[3] ?? 1]; };
  const over = (top, under) => top.slice(0, 3).map((v, i) => v * top[3] + under[i] * (1 - top[3]));
  const backdrop = (el) => { const layers = [];
    for (let at = el; at; at = at.parentElement) {
      layers.push(parse(getComputedStyle(at).backgroundColor)); }
    let colour = [255, 255, 255];
    for (const layer of layers.reverse()) colour = over(layer, colour);
    return colour; };
  const light = (rgb) => { const [r, g, b] = rgb.map((v) => { v /= 255;
    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const poor = [];
  for (const el of document.querySelectorAll("#widget *")) {
    const texts = [...el.childNodes].filter((n) => n.nodeType === 3);
    const text = texts.map((n) => n.data.trim()).join("");
    if (!text || el.closest(":disabled") || !el.checkVisibility?.()) continue;
    const under = backdrop(el);
    const style = getComputedStyle(el);
    const ink = over(parse(style.color), under);
    const [hi, lo] = [light(ink), light(under)].sort((a, b) => b - a);
    const ratio = (hi + 0.05) / (lo + 0.05);
    if (ratio < 4.5) poor.push(`${text.slice(0, 30)} ${el.className} ${ratio.toFixed(2)}`);
  }
  return [...new Set(poor)]; }"""


@pytest.fixture
def contrast() -> Callable[[BareWidget], list[str]]:
    """List texts whose contrast is below 4.5:1 (WCAG 2.2, 1.4.3 AA)."""

    def check(shown: BareWidget) -> list[str]:
        found: list[str] = shown.page.evaluate(_CONTRAST)
        return found

    return check
