"""Which studies are wanted, and how an archive is asked for them."""

from __future__ import annotations

from datetime import date

import pytest
from pydicom.dataset import Dataset

from labkit.common.errors import UsageError
from labkit.fhir.mapping.sources import Selection
from labkit.fhir.mapping.sources.selection import halves
from labkit.pacs.matching.range import Range

TODAY = date(2026, 3, 1)


def instance(**values: str) -> Dataset:
    ds = Dataset()
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def test_what_an_instance_meets() -> None:
    wanted = Selection(
        study=("1.2",), accession=("A1",), date="2026-01-01/2026-01-31", modality=("CT", "MR")
    )
    assert wanted.criteria == {"study", "accession", "date", "modality"}
    ds = instance(
        StudyInstanceUID="1.2", AccessionNumber="A1 ", StudyDate="20260131", Modality="SR"
    )
    assert wanted.met(ds) == {"study", "accession", "date"}
    assert wanted.rules_out(instance(StudyInstanceUID="1.3", Modality="CT"))
    assert not Selection(modality=("CT",)).rules_out(instance(Modality="SR"))
    assert Selection().met(ds) == set()


@pytest.mark.parametrize("text", ["soon", "20261301", "2026", "20260201-20260101"])
def test_dates_that_are_none(text: str) -> None:
    with pytest.raises(UsageError):
        Selection(date=text)


def test_queries_hold_one_value_a_key() -> None:
    wanted = Selection(study=("1.2", "1.3"), accession=("A", "B"), modality=("CT",))
    assert list(wanted.queries()) == [
        {"StudyInstanceUID": "1.2\\1.3", "AccessionNumber": a, "ModalitiesInStudy": "CT"}
        for a in "AB"
    ]
    assert list(Selection(date="20260115").queries()) == [{"StudyDate": "20260115"}]
    assert list(Selection(date="-20260115").queries()) == [{"StudyDate": "-20260115"}]


def test_slices_cover_every_day_once() -> None:
    found = Selection(date="20260115-20260301").slices(31, TODAY)
    assert found == [Range("20260115", "20260214"), Range("20260215", "20260301")]
    assert Selection(date="20260227-").slices(2, TODAY) == [
        Range("20260227", "20260228"), Range("20260301", "20260301"),
    ]  # fmt: skip
    assert Selection(date="-20260101").slices(31, TODAY) == [Range("", "20260101")]
    assert Selection().slices(31, TODAY) == [Range("", "")]
    assert Selection(date="20270101-").slices(31, TODAY) == [Range("20270101", "")]


def test_halves() -> None:
    assert halves(Range("20260101", "20260104")) == [
        Range("20260101", "20260102"), Range("20260103", "20260104"),
    ]  # fmt: skip
    assert halves(Range("20260101", "20260101")) == [Range("20260101", "20260101")]
    assert halves(Range("", "20260101")) == [Range("", "20260101")]
