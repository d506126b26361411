"""ITI-65: documents submitted over a FHIR server, replaced, and what is not sent."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from labkit.common.errors import DataError, UsageError
from labkit.exchange.mhd import Code, MhdClient, NotMhd
from labkit.fhir import FhirError
from tests.exchange.mhd.cases import FULL, REPORT, SUBJECT, answering, bundle


def test_a_document_in_four_acts(mhd: MhdClient) -> None:
    made = mhd.provide([REPORT], subject=SUBJECT)
    (found,) = mhd.find_documents(SUBJECT)
    assert made.documents == (f"DocumentReference/{found['id']}",)
    got = mhd.retrieve(found)
    assert (got.content, got.content_type, got.verified) == (
        REPORT.content,
        "application/pdf",
        True,
    )
    (submitted,) = mhd.find_lists(SUBJECT)
    assert submitted["entry"] == [{"item": {"reference": made.documents[0]}}]
    assert submitted["identifier"][0]["value"] == "urn:oid:2.25.1"
    assert submitted["date"] == "2026-01-15T08:00:00+00:00"
    assert [row["response"]["status"][:3] for row in made.answer["entry"]] == ["201"] * 3
    assert all(row["response"]["location"] for row in made.answer["entry"])


def test_beyond_minimal_the_patient_is_contained(mhd: MhdClient) -> None:
    made = mhd.provide([FULL], subject=SUBJECT, level="comprehensive")
    stored = mhd.fhir.read(made.documents[0])
    assert {r["resourceType"] for r in stored["contained"]} == {"Patient", "Practitioner"}
    assert stored["context"]["sourcePatientInfo"] == {"reference": "#patient"}


def test_what_is_not_mhd_is_not_sent(mhd: MhdClient) -> None:
    with pytest.raises(NotMhd) as caught:
        mhd.provide([REPORT], subject=SUBJECT, level="comprehensive")
    assert {p.element.rpartition(".")[2] for p in caught.value.problems} >= {"type", "format"}
    assert caught.value.remedy
    assert mhd.find_documents(SUBJECT) == []


def test_all_or_nothing(mhd: MhdClient) -> None:
    """2:3.65.4.1.3: the recipient processes the Bundle atomically."""
    absent = replace(REPORT, relates=(("replaces", "DocumentReference/none"),))
    with pytest.raises(FhirError) as caught:
        mhd.provide([FULL, replace(absent, unique_id="2.25.72")], subject=SUBJECT)
    assert caught.value.status == 404
    assert mhd.find_documents(SUBJECT) == mhd.find_lists(SUBJECT) == []


def test_a_replacement(mhd: MhdClient) -> None:
    first = mhd.provide([REPORT], subject=SUBJECT).documents[0]
    better = replace(REPORT, content=b"better", unique_id="2.25.72", relates=(("replaces", first),))
    made = mhd.provide([better], subject=SUBJECT)
    assert made.superseded == (first,)
    (current,) = mhd.find_documents(SUBJECT)
    assert current["relatesTo"] == [{"code": "replaces", "target": {"reference": first}}]
    (old,) = mhd.find_documents(SUBJECT, status="superseded")
    assert f"DocumentReference/{old['id']}" == first
    assert mhd.retrieve(old).content == REPORT.content
    assert mhd.fhir.read(first)["meta"]["versionId"] == "2"
    assert len(mhd.find_documents(SUBJECT, status="current,superseded")) == 2


# --- and what a caller may forget


def test_no_documents(mhd: MhdClient) -> None:
    with pytest.raises(UsageError, match="no document"):
        mhd.provide([], subject=SUBJECT)


def test_no_source() -> None:
    mhd = MhdClient("http://fhir.example")
    with pytest.raises(UsageError, match="which system"):
        mhd.provide([REPORT], subject=SUBJECT)


def test_a_short_answer_is_an_error() -> None:
    answer = {"resourceType": "Bundle", "type": "transaction-response"}
    mhd, _ = answering(lambda _: httpx.Response(200, json=answer))
    with pytest.raises(DataError, match="one entry for each"):
        mhd.send(bundle("minimal"))


def test_the_same_submission_is_the_same_bundle() -> None:
    assert bundle() == bundle()
    other = replace(REPORT, type=Code("http://loinc.org", "1-8"))
    assert bundle("minimal", other) != bundle("minimal", REPORT)
