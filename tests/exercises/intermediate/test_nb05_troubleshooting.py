"""Notebook 05: other repairs that are right, changes that mend nothing, and repairs that cost."""

from __future__ import annotations

import pytest

from labkit.lab import Lab
from tests.exercises.beginner.learner import attempt, passes

RIGHT = [
    ("the-silent-scanner", 'lab.configure("MR1", port=lab.archive.port)'),
    ("the-refused-scanner", """
        known = lab.settings("ARCHIVE")["accept_calling"]
        lab.configure("ARCHIVE", accept_calling=[*known, "MR01"])
    """),
    ("the-loop-that-fails", """
        taken = lab.settings("ARCHIVE")["transfer_syntaxes"]
        lab.configure("ARCHIVE", transfer_syntaxes=[*taken, "JPEGBaseline8Bit"])
    """),
    ("the-loop-that-fails", 'lab.configure("US2", transfer_syntax="ExplicitVRLittleEndian")'),
    ("the-disk-that-is-not-full", """
        lab.configure("ARCHIVE", required=[])
        lab.configure("MR1", copies=[*lab.settings("MR1")["copies"], "AccessionNumber"])
    """),
]  # fmt: skip
ELSEWHERE = [
    ("the-silent-scanner", 'lab.configure("MR1", called="PACS")', "MR1: called"),
    ("the-refused-scanner", 'lab.configure("MR1", ae_title="MRI1")', "MR1: ae_title"),
    ("the-refused-scanner", """
        lab.stop_node("ARCHIVE")
        lab.start_node("ARCHIVE")
    """, "ARCHIVE: stopped"),
    ("the-disk-that-is-not-full", 'lab.configure("MR1", copies=["StudyID"])', "MR1: copies"),
    ("the-study-that-will-not-open", 'lab.configure("WORKSTN", accept_calling=None)',
     "WORKSTN: accept_calling"),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "source"), RIGHT)
def test_another_repair_passes(lab: Lab, slug: str, source: str) -> None:
    passes(lab, slug, source)
    lab.faults.clear()


@pytest.mark.parametrize(("slug", "source", "said"), ELSEWHERE)
def test_a_change_that_mends_nothing_is_named_and_not_called_untried(
    lab: Lab, slug: str, source: str, said: str
) -> None:
    verdict = attempt(lab, slug, source)
    assert verdict.outcome == "failed" and verdict.rules, verdict
    assert said in verdict.why
    lab.faults.clear()
    assert lab.faults.steps() == ()
