"""The report of the sandbox project tells what the nodes recorded, and nothing else."""

from datetime import date
from pathlib import Path

import pytest

from labkit.common.errors import LabError, UsageError
from labkit.dicom import real_file
from labkit.dimse import echo, find, identifier, move, store
from labkit.exercises.report import SandboxReport
from labkit.lab import Lab

WORDS = "An image goes from the modality to the archive and on to the workstation. " * 4


def test_nothing_done_is_nothing_marked(lab: Lab) -> None:
    report = SandboxReport(lab, lab.mark())
    assert not report.passed
    assert repr(report).startswith("PACS sandbox: 0 of 8 points")
    assert "Nothing yet." in report._repr_html_()


def test_the_whole_project(lab: Lab, tmp_path: Path) -> None:
    mark = lab.mark()
    for node in (lab.archive, lab.legacy, lab.router, lab.workstn):
        echo(node)
    files = [real_file(name) for name in ("CT_small", "MR_small", "examples_overlay")]
    store(lab.archive, files)
    keys = identifier("STUDY", PatientID="1CT1", StudyInstanceUID="")
    study = find(lab.archive, keys)[0].StudyInstanceUID
    find(lab.archive, identifier("SERIES", StudyInstanceUID=study, Modality=""))
    half = SandboxReport(lab, mark, notes=WORDS, picture=b"\x89PNG")
    assert [m.what for m in half.marks if not m.met] == [
        "a C-MOVE to the workstation that left nothing out",
        "a study that you sent, whole at the workstation",
    ]
    move(lab.archive, identifier("STUDY", StudyInstanceUID=study), "WORKSTN")
    report = SandboxReport(
        lab,
        mark,
        notes=WORDS,
        picture=b"\x89PNG",
        learner="<A & B>",
        today=lambda: date(2026, 1, 2),
    )
    assert report.passed, report
    page = report.save(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "02 January 2026" in page
    assert "&lt;A &amp; B&gt;" in page
    assert "CT Image Storage" in page
    assert "2026" not in report._repr_html_(), "what a notebook shows has no date"


def test_unusable_input_says_what_to_do(lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="notes are text"):
        SandboxReport(lab, lab.mark(), notes=7)  # type: ignore[arg-type]
    with pytest.raises(LabError, match="another file name"):
        SandboxReport(lab, lab.mark()).save(tmp_path / "no" / "such" / "page.html")
