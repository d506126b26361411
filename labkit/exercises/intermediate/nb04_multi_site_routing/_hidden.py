"""Objects that the learner has not seen, and what a rule file does with them."""

from __future__ import annotations

from pydicom.dataset import Dataset

from labkit.common import Citation
from labkit.common.errors import UsageError
from labkit.exercises import Verdict, failed
from labkit.lab.routing import explained
from labkit.pacs.rules import Decision


def where(decision: Decision) -> str:
    """Say where an object goes: ``"ARCHIVE and WORKSTN"``, ``"dropped"``, ``"nowhere"``."""
    if decision.dropped:
        return "dropped"
    return " and ".join(sorted(decision.routes)) or "nowhere"


def unusable(rules: str, rule: Citation, mistake: str = "") -> Verdict | None:
    """Tell the learner what ROUTER would say of rules that it cannot use."""
    try:
        explained(rules, Dataset())
    except UsageError as error:
        return failed(
            expected="a rule file that ROUTER can use",
            got=error.message,
            rule=rule,
            mistake=mistake,
            why="ROUTER refuses such a file as a whole; the rules that were in force stay so.",
        )
    return None
