"""Pixels that identify: burned-in text blanked, faces removed, and a person who looks.

::

    cleaner = Cleaner(rules=SiteRules.read(path), review=Review(folder)).survey(paths)
    Deidentifier(Profile.of("clean-pixel-data", "clean-visual-features"), key, pixels=cleaner)

What needs scipy is loaded when it is first used (PEP 562): a run without a pixel option does not.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from labkit.deid.pixels.blank import blank
from labkit.deid.pixels.regions import Plan, Region, SiteRule, SiteRules, plan, ultrasound_regions
from labkit.deid.pixels.review import Decision, Question, Review
from labkit.deid.pixels.strip import strip

if TYPE_CHECKING:
    from labkit.deid.pixels.cleaner import Cleaner
    from labkit.deid.pixels.defacing import deface
    from labkit.deid.pixels.detect import Suspicion, suspicion
    from labkit.deid.pixels.head import Cut, find_cut

__all__ = [
    "Cleaner", "Cut", "Decision", "Plan", "Question", "Region", "Review", "SiteRule", "SiteRules",
    "Suspicion", "blank", "deface", "find_cut", "plan", "strip", "suspicion", "ultrasound_regions",
]  # fmt: skip

_LATER = {
    "Cleaner": "cleaner", "Cut": "head", "Suspicion": "detect", "deface": "defacing",
    "find_cut": "head", "suspicion": "detect",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load what needs scipy on first use."""
    if name in _LATER:
        return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
