"""Notebook 06: what a debrief that falls short is told."""

from __future__ import annotations

from labkit.lab import Lab
from tests.exercises.beginner.learner import attempt

MEND = """
    lab.configure("ARCHIVE", permissions={})
    result = lab.faults.debrief()
"""


def test_what_was_done_and_what_was_not_is_said_of_each_fault(lab: Lab) -> None:
    verdict = attempt(lab, "call-of-level-1", MEND)
    assert verdict.mistake == "not-named"
    assert "store-not-permitted: not named, not shown, repaired" in verdict.got


def test_many_wrong_names_cost_points_and_that_is_said(lab: Lab) -> None:
    named = "\n".join(
        f'    lab.faults.diagnose("{name}", [])'
        for name in ("service-down", "wrong-port", "service-hangs", "clock-ahead", "storage-full")
    )
    right = """
    done = lab.examine("MR1")
    lab.faults.diagnose("store-not-permitted", [done])
"""
    verdict = attempt(lab, "call-of-level-1", f"{named}\n{right}{MEND}")
    assert verdict.outcome == "failed" and not verdict.mistake, verdict
    assert "wrong diagnoses -" in verdict.why


def test_a_report_is_a_function(lab: Lab) -> None:
    verdict = attempt(lab, "the-incident-report", "incident_report = 'all is well'")
    assert verdict.outcome == "failed" and "Callable" in verdict.expected
