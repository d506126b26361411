"""Notebook 00: right answers other than the reference, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest

from labkit.lab import Lab
from tests.exercises.beginner.learner import attempt

RIGHT = [
    ("echo-archive", "result = echo(lab.nodes['ARCHIVE'])"),
    ("echo-archive", "result = echo(lab.archive, ae_title='ME')"),
    ("echo-archive", "echo(lab.legacy); result = echo(lab.archive)"),
    ("which-order", "accession = ds['AccessionNumber'].value"),
    ("which-order", "accession = str(ds[0x0008, 0x0050].value) + ' '"),
    ("which-order", "accession = sample('ct-head').accession"),
]  # fmt: skip

WRONG = [
    ("echo-archive", "result = echo(lab.workstn)", ""),
    ("echo-archive", "result = 'Success'", ""),
    ("echo-archive", "result = lab.archive", ""),
    ("echo-archive", "result = echo(lab.archive); lab.reset()", ""),
    ("which-order", "accession = ds['AccessionNumber']", ""),
    ("which-order", "accession = ds.AccessionNumber.lower()", ""),
    ("which-order", "accession = ds.SOPInstanceUID", ""),
    ("which-order", "accession = str(ds.PatientName)", ""),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "source"), RIGHT)
def test_another_right_answer_passes(lab: Lab, slug: str, source: str) -> None:
    verdict = attempt(lab, slug, source)
    assert verdict.outcome == "passed", repr(verdict)


@pytest.mark.parametrize(("slug", "source", "mistake"), WRONG)
def test_another_wrong_answer_does_not(lab: Lab, slug: str, source: str, mistake: str) -> None:
    verdict = attempt(lab, slug, source)
    assert verdict.outcome == "failed", repr(verdict)
    assert verdict.mistake == mistake, repr(verdict)
