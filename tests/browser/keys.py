"""Walk a page with the Tab key, and see where the focus stands."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Locator, Page

#: More stops than any of our pages has between two things that one wants.
PATIENCE = 80

_WHERE = """() => {
  const el = document.activeElement;
  const own = getComputedStyle(el), ring = getComputedStyle(el, "::after");
  const drawn = (s, kind) => s[`${kind}Style`] !== "none" && parseFloat(s[`${kind}Width`]) >= 1;
  const before = window.stoodAt;
  const forward = !before?.isConnected
    || Boolean(before.compareDocumentPosition(el) & Node.DOCUMENT_POSITION_FOLLOWING);
  window.stoodAt = el;
  return {
    widget: el.closest(".lw")?.classList[1] ?? "",
    name: el.getAttribute("aria-label") || el.labels?.[0]?.textContent || el.textContent.trim(),
    seen: drawn(own, "outline") || drawn(ring, "borderTop"),
    forward,
  };
}"""


@dataclass(frozen=True)
class Stop:
    """Where the focus stands.

    Attributes
    ----------
    widget
        The class of the widget's frame; ``""`` outside of all.
    name
        What it is called.
    seen
        Whether the focus is drawn.
    forward
        Whether it comes after the stop before in the document.
    """

    widget: str
    name: str
    seen: bool
    forward: bool


class Walk:
    """A walk over a page by keys alone; remembers each stop inside a widget."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.stops: list[Stop] = []

    def press(self, *keys: str) -> None:
        """Press keys, one after another."""
        for key in keys:
            self.page.keyboard.press(key)

    def here(self) -> Stop:
        """Say where the focus stands."""
        return Stop(**self.page.evaluate(_WHERE))

    def tab(self) -> Stop:
        """Go on by one stop."""
        self.press("Tab")
        stop = self.here()
        if stop.widget:
            self.stops.append(stop)
        return stop

    def reach(self, target: Locator) -> None:
        """Press Tab until the target has the focus.

        Raises
        ------
        AssertionError
            It cannot be reached, or only past more stops than anyone has patience for.
        """
        passed = []
        for _ in range(PATIENCE):
            passed.append(self.tab())
            if target.evaluate("(el) => el === document.activeElement"):
                return
        raise AssertionError(f"not reached: {target}; passed {passed[-12:]}")

    def leave(self) -> None:
        """Press Tab until the focus is outside of every widget.

        Raises
        ------
        AssertionError
            There is no way out.
        """
        for _ in range(PATIENCE):
            if not self.tab().widget:
                return
        raise AssertionError(f"no way out: {self.stops[-6:]}")
