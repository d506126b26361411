"""Notebook 02: right answers other than the reference, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest

from labkit.exercises.find import find
from labkit.lab import Lab
from tests.exercises.beginner.learner import attempt

RIGHT = [
    ("sort-the-pile", """
        from collections import Counter, defaultdict
        def sort_pile(datasets):
            result = defaultdict(Counter)
            for ds in datasets:
                result[ds.StudyInstanceUID][ds["SeriesInstanceUID"].value] += 1
            return result
    """),
    ("sort-the-pile", """
        def sort_pile(datasets):
            result = {}
            for ds in datasets:
                study = result.setdefault(str(ds[0x0020, 0x000D].value), {})
                study.setdefault(str(ds[0x0020, 0x000E].value), []).append(ds)
            return result
    """),
    ("sort-the-pile", """
        from itertools import groupby
        def sort_pile(datasets):
            key = lambda ds: (ds.StudyInstanceUID, ds.SeriesInstanceUID)
            result = {}
            for (study, series), group in groupby(sorted(datasets, key=key), key):
                result.setdefault(study, {})[series] = len({ds.SOPInstanceUID for ds in group})
            return result
    """),
    ("how-many-people", """
        people = []
        for archive in lab.legacy, lab.archive:
            keys = identifier("PATIENT", PatientID="1001234", IssuerOfPatientID="")
            (match,) = find(archive, keys, model="patient")
            people.append([match.PatientID, match.IssuerOfPatientID])
    """),
    ("how-many-people", """
        keys = identifier("STUDY", PatientID="1001234", IssuerOfPatientID="")
        people = {
            (m.PatientID, m.IssuerOfPatientID)
            for a in (lab.archive, lab.legacy)
            for m in find(a, keys)
        }
    """),
    ("how-many-people", """
        keys = identifier("PATIENT", PatientID="", IssuerOfPatientID="")
        both = [
            m
            for a in (lab.archive, lab.legacy)
            for m in find(a, keys, model="patient", ae_title="PACS7")
        ]
        people = tuple(
            (m.PatientID, m.IssuerOfPatientID) for m in both if m.PatientID == "1001234"
        )
    """),
    ("one-order-two-studies", """
        found = find(
            lab.legacy, identifier("STUDY", PatientName="Larkwhistle*", StudyInstanceUID="")
        )
        halves = {match.StudyInstanceUID for match in found}
    """),
    ("one-order-two-studies", """
        found = find(lab.legacy, identifier("STUDY", AccessionNumber="", StudyInstanceUID=""))
        halves = tuple(str(m.StudyInstanceUID) for m in found if m.AccessionNumber == "LK2600031")
    """),
    ("one-order-two-studies", """
        found = find(
            lab.legacy, identifier("STUDY", AccessionNumber="LK26000*", StudyInstanceUID="")
        )
        halves = [m.StudyInstanceUID + " " for m in found if m.AccessionNumber.endswith("31")][
            ::-1
        ]
    """),
    ("what-was-segmented", """
        uid = seg.SourceImageSequence[0].ReferencedSOPInstanceUID
        cts = sample("ct-chest").datasets("CT")
        source = next(ds.SeriesInstanceUID for ds in cts if ds.SOPInstanceUID == uid)
    """),
    ("what-was-segmented", "source = str(seg[0x0008, 0x1115][0][0x0020, 0x000E].value)"),
    ("what-was-segmented", """
        source = sample("ct-chest").datasets("CT")[-1].SeriesInstanceUID
    """),
]  # fmt: skip

WRONG = [
    ("sort-the-pile", """
        def sort_pile(datasets):
            result = {}
            for ds in datasets:
                series = result.setdefault(ds.StudyInstanceUID, {})
                series[ds.SeriesInstanceUID] = series.get(ds.SeriesInstanceUID, 0) + 1
    """, ""),
    ("sort-the-pile", """
        def sort_pile(datasets):
            return {ds.StudyInstanceUID: {ds.SeriesInstanceUID: 1} for ds in datasets}
    """, ""),
    ("sort-the-pile", """
        def sort_pile(datasets):
            return [ds.StudyInstanceUID for ds in datasets]
    """, ""),
    ("sort-the-pile", "def sort_pile(datasets): return datasets.Study", ""),
    ("sort-the-pile", "sort_pile = {}", ""),
    ("how-many-people", "people = {('1001234', 'NORTHGEN'), ('1001234', 'LAKESIDE')}", ""),
    ("how-many-people", "people = 2", ""),
    ("how-many-people", "people = ['1001234', '1001234']", ""),
    ("how-many-people", "people = [('NORTHGEN', '1001234'), ('LAKESIDE', '1001234')]", ""),
    ("one-order-two-studies", """
        halves = [
            ds.StudyInstanceUID
            for s in ("knee-ap", "knee-lateral")
            for ds in lab.sample(s).datasets()
        ]
    """, ""),
    ("one-order-two-studies", """
        halves = [
            ds.SOPInstanceUID
            for s in ("knee-ap", "knee-lateral")
            for ds in lab.sample(s).datasets()
        ]
    """, ""),
    ("one-order-two-studies", """
        halves = find(
            lab.legacy, identifier("STUDY", AccessionNumber="LK2600031", StudyInstanceUID="")
        )[-1].StudyInstanceUID
    """, "one-half"),
    ("one-order-two-studies", "halves = ['LK2600031']", ""),
    ("what-was-segmented", """
        source = (
            seg.ReferencedSeriesSequence[0].ReferencedInstanceSequence[0].ReferencedSOPInstanceUID
        )
    """, ""),
    ("what-was-segmented", "source = seg.SOPInstanceUID", ""),
    ("what-was-segmented", "source = sample('pt-chest').datasets()[0].SeriesInstanceUID", ""),
    ("what-was-segmented", "source = seg.ReferencedSeriesSequence", ""),
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


@pytest.fixture
def used_lab(lab: Lab) -> Lab:
    """The lab of somebody who has done the project: objects that lack numbers lie in ARCHIVE."""
    from labkit.dicom import sample
    from labkit.dimse import store

    ds = sample("dx-hand").datasets()[0]
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID = "2.25.1", "2.25.2", "2.25.3"
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.PatientID = ds.AccessionNumber = ds.IssuerOfPatientID = ""
    for node in (lab.archive, lab.legacy):
        assert not store(node, ds).failed
    return lab


@pytest.mark.parametrize("slug", ["how-many-people", "one-order-two-studies"])
def test_the_reference_passes_in_a_used_lab(used_lab: Lab, slug: str) -> None:
    verdict = attempt(used_lab, slug, find(slug).load().exercise.reference)
    assert verdict.outcome == "passed", repr(verdict)


def test_an_unknown_number_that_matched_is_named(used_lab: Lab) -> None:
    verdict = attempt(used_lab, "how-many-people", """
        keys = identifier("STUDY", PatientID="1001234", IssuerOfPatientID="")
        people = set()
        for archive in (lab.archive, lab.legacy):
            people |= {(m.PatientID, m.IssuerOfPatientID) for m in find(archive, keys)}
    """)  # fmt: skip
    assert verdict.outcome == "failed"
    assert "unknown matches all" in verdict.why
