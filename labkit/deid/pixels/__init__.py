"""Pixels that identify: burned-in text blanked, faces removed, and a person who looks.

::

    cleaner = Cleaner(rules=SiteRules.read(path), review=Review(folder)).survey(paths)
    Deidentifier(Profile.of("clean-pixel-data", "clean-visual-features"), key, pixels=cleaner)
"""

from labkit.deid.pixels.blank import blank
from labkit.deid.pixels.cleaner import Cleaner
from labkit.deid.pixels.deface import deface
from labkit.deid.pixels.detect import Suspicion, suspicion
from labkit.deid.pixels.head import Cut, find_cut
from labkit.deid.pixels.regions import Plan, Region, SiteRule, SiteRules, plan, ultrasound_regions
from labkit.deid.pixels.review import Decision, Question, Review
from labkit.deid.pixels.strip import strip

__all__ = [
    "Cleaner", "Cut", "Decision", "Plan", "Question", "Region", "Review", "SiteRule", "SiteRules",
    "Suspicion", "blank", "deface", "find_cut", "plan", "strip", "suspicion", "ultrasound_regions",
]  # fmt: skip
