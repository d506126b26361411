"""Style sheets of widgets that stand on one page: none reaches into another's, nothing moves."""

from __future__ import annotations

import re
from pathlib import Path

import labkit.widgets

HOME = Path(labkit.widgets.__file__).parent
SHEETS = {path.parent.name: path.read_text("utf-8") for path in HOME.glob("*/view.css")}


def prefixes(sheet: str) -> set[str]:
    """Return the first parts of the names of classes: ``{"hb"}`` of ``.hb-row``."""
    rules = re.sub(r"/\*.*?\*/|\{[^}]*\}", " ", sheet, flags=re.DOTALL)
    return {name.split("-")[0] for name in re.findall(r"\.([a-zA-Z][\w-]*)", rules)} - {
        "lw",
        "vscode",
    }


def test_no_two_widgets_style_classes_of_one_name() -> None:
    """A page with both had AssociationTimeline's words in scrolling boxes that kept the focus."""
    owners: dict[str, str] = {}
    for widget, sheet in SHEETS.items():
        assert prefixes(sheet)
        for prefix in prefixes(sheet):
            assert owners.setdefault(prefix, widget) == widget, f".{prefix}-"


def test_style_sheets_move_nothing() -> None:
    """What moves is in scripts, which ask for prefers-reduced-motion."""
    for sheet in [*SHEETS.values(), (HOME / "base" / "theme.css").read_text("utf-8")]:
        assert not re.search(r"\b(animation|transition|scroll-behavior)\b|@keyframes", sheet)
