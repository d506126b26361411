"""ITI-66 and ITI-67: found by each parameter, and not asked without patient and status."""

from __future__ import annotations

import httpx
import pytest

from labkit.common.errors import UsageError
from labkit.exchange.mhd import MhdClient
from labkit.exchange.parties import LAKESIDE, NORTH
from tests.exchange.mhd.cases import FULL, SUBJECT, SUBMISSION


@pytest.fixture
def shared(mhd: MhdClient) -> MhdClient:
    mhd.provide([FULL], subject=SUBJECT, submission=SUBMISSION)
    return mhd


DOCUMENTS = [
    # every parameter of ITI-67, and one that does not fit
    ({"category": "18726-0"}, {"category": "11369-6"}),
    ({"creation": "2026-01-13"}, {"creation": "gt2026-01-13"}),
    ({"date": "2026-01-15"}, {"date": "2026-01-14"}),
    ({"event": "CT"}, {"event": "MR"}),
    ({"facility": "22232009"}, {"facility": "1"}),
    ({"format": "urn:ihe:iti:xds-sd:pdf:2008"}, {"format": "urn:ihe:iti:xds-sd:text:2008"}),
    ({"identifier": "urn:ietf:rfc:3986|urn:oid:2.25.71"}, {"identifier": "urn:oid:2.25.7"}),
    ({"period": "ge2026-01-13"}, {"period": "lt2026-01-13"}),
    ({"related:identifier": "urn:dicom:uid|urn:oid:2.25.9"}, {"related:identifier": "x|y"}),
    ({"security-label": "N"}, {"security-label": "R"}),
    ({"setting": "394914008"}, {"setting": "1"}),
    ({"type": "http://loinc.org|18748-4"}, {"type": "http://loinc.org|1-8"}),
]
LISTS = [
    ({"date": "2026-01-15"}, {"date": "lt2026-01-15"}),
    ({"designationType": "http://loinc.org|18748-4"}, {"designationType": "1-8"}),
    ({"identifier": "urn:oid:2.25.70"}, {"identifier": "urn:oid:2.25.71"}),
    ({"sourceId": f"urn:ietf:rfc:3986|urn:oid:{NORTH.source}"},
     {"sourceId": f"urn:oid:{LAKESIDE.source}"}),
]  # fmt: skip


@pytest.mark.parametrize(("fits", "other"), DOCUMENTS, ids=lambda p: "-".join(p))
def test_documents_are_found_by(
    shared: MhdClient, fits: dict[str, str], other: dict[str, str]
) -> None:
    assert len(shared.find_documents(SUBJECT, **fits)) == 1
    assert shared.find_documents(SUBJECT, **other) == []


@pytest.mark.parametrize(("fits", "other"), LISTS, ids=lambda p: "-".join(p))
def test_lists_are_found_by(shared: MhdClient, fits: dict[str, str], other: dict[str, str]) -> None:
    assert len(shared.find_lists(SUBJECT, **fits)) == 1
    assert shared.find_lists(SUBJECT, **other) == []


def test_by_the_patients_id(shared: MhdClient) -> None:
    assert len(shared.find_documents(NORTH.patient("NG-100457"))) == 1
    assert len(shared.find_documents(NORTH.patient("NG-100457").token)) == 1
    assert shared.find_documents(LAKESIDE.patient("NG-100457")) == []
    assert len(shared.find_lists(NORTH.patient("NG-100457"))) == 1


@pytest.mark.parametrize(
    ("find", "more"),
    [
        ("find_documents", {"patient": ""}),
        ("find_documents", {"patient": SUBJECT, "status": ""}),
        ("find_lists", {"patient": SUBJECT, "code": ""}),
        ("find_lists", {"patient": "", "status": ""}),
    ],
)
def test_without_patient_and_status_nothing_is_asked(find: str, more: dict[str, str]) -> None:
    def never(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request.url)

    mhd = MhdClient("http://fhir.example", transport=httpx.MockTransport(never))
    with pytest.raises(UsageError, match="no search of MHD") as caught:
        getattr(mhd, find)(**more)
    assert "everybody's" in caught.value.remedy
