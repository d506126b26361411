"""Notebook 09: right answers other than the reference, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest

from labkit.lab import Lab
from tests.exercises.beginner.learner import attempt

RIGHT = [
    ("find-posy", """
        bundle = requests.get(base + "/Patient?identifier=" + NORTH + "|1001234").json()
    """),
    ("find-posy", """
        bundle = requests.get(
            f"{base}/Patient", params={"identifier": f"{NORTH}|1001234", "family": "brackenfold"}
        ).json()
    """),
    ("find-posy", """
        bundle = requests.post(
            f"{base}/Patient/_search", data={"identifier": f"{NORTH}|1001234"}
        ).json()
    """),
    ("find-by-uid", """
        found = requests.get(
            base + "/ImagingStudy?identifier=urn:dicom:uid|urn:oid:" + ds.StudyInstanceUID
        ).json()
    """),
    ("find-by-uid", """
        found = requests.get(
            base + "/ImagingStudy", params={"identifier": "urn:oid:" + ds.StudyInstanceUID}
        ).json()
    """),
    ("find-by-uid", """
        found = requests.get(
            base + "/ImagingStudy",
            params={"identifier": f"urn:dicom:uid|urn:oid:{ds.StudyInstanceUID}", "_count": 5},
        ).json()
    """),
]  # fmt: skip

WRONG = [
    ("find-posy", """
        bundle = requests.get(f"{base}/Patient", params={"family": "Brackenfold"}).json()
    """, ""),
    ("find-posy", """
        bundle = requests.get(
            f"{base}/Patient", params={"birthdate": "lt1955", "gender": "female"}
        ).json()
    """, ""),
    ("find-posy", "bundle = requests.get(f'{base}/Patient/brackenfold').json()", ""),
    ("find-posy", """
        bundle = requests.get(f"{base}/Patient", params={"identifier": f"{NORTH}1001234"}).json()
    """, ""),
    ("find-by-uid", "found = requests.get(f'{base}/ImagingStudy/ct-head').json()", ""),
    ("find-by-uid", "found = requests.get(f'{base}/ImagingStudy').json()", ""),
    ("find-by-uid", """
        found = requests.get(
            f"{base}/ImagingStudy", params={"identifier": str(ds.AccessionNumber)}
        ).json()
    """, ""),
    ("find-by-uid", """
        found = requests.get(
            f"{base}/ImagingStudy",
            params={"identifier": f"urn:dicom:uid|urn:oid:{ds.SeriesInstanceUID}"},
        ).json()
    """, ""),
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
