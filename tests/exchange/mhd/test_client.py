"""Documents shared over a FHIR server: submitted, found, fetched, replaced, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timezone
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from labkit.common import ALLOW_ALL
from labkit.common.errors import DataError, HttpError, NetworkError, UsageError
from labkit.common.serving import HttpService
from labkit.exchange.mhd import Code, MhdClient, NotMhd, digest, document_reference
from labkit.exchange.parties import LAKESIDE, NORTH
from labkit.fhir import FhirError, FhirStore, fhir_app
from tests.exchange.mhd.cases import FULL, PATIENT, REPORT, SUBJECT, SUBMISSION, bundle


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FhirStore]:
    store = FhirStore(tmp_path / "fhir.sqlite")
    store.put(PATIENT)
    yield store
    store.close()


@pytest.fixture
def mhd(store: FhirStore) -> Iterator[MhdClient]:
    """Over a real socket."""
    service = HttpService("fhir")
    url = f"http://127.0.0.1:{service.bind()}"
    service.start(fhir_app(store, ALLOW_ALL, base_url=url))
    numbers = count(1)
    try:
        with MhdClient(
            url,
            source_id=NORTH.source,
            clock=lambda: datetime(2026, 1, 15, 8, tzinfo=timezone.utc),
            new_uid=lambda: f"2.25.{next(numbers)}",
        ) as client:
            yield client
    finally:
        service.stop()


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


# --- finding


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


# --- fetching


def answering(
    handler: Callable[[httpx.Request], httpx.Response], **more: Any
) -> tuple[MhdClient, list[httpx.Request]]:
    heard: list[httpx.Request] = []

    def hear(request: httpx.Request) -> httpx.Response:
        heard.append(request)
        return handler(request)

    transport = httpx.MockTransport(hear)
    headers = {"Authorization": "Bearer secret"}
    return MhdClient("http://fhir.example/r4", transport=transport, headers=headers, **more), heard


def reference(url: str = "Binary/7", **attachment: Any) -> dict[str, Any]:
    made = document_reference(REPORT, SUBJECT, "2026-01-15", url)
    made["content"][0]["attachment"] |= attachment
    return made


@pytest.mark.parametrize(
    "said",
    [{"hash": digest(b"other")}, {"size": 3}, {"hash": digest(b"other"), "size": 3}],
)
def test_other_bytes_are_refused(said: dict[str, Any]) -> None:
    mhd, _ = answering(lambda _: httpx.Response(200, content=REPORT.content))
    with pytest.raises(DataError, match="not the bytes that were submitted") as caught:
        mhd.retrieve(reference(**said))
    assert next(iter(said)) in caught.value.message or "size" in caught.value.message


def test_what_nobody_said_is_not_verified() -> None:
    mhd, _ = answering(lambda _: httpx.Response(200, content=b"x"))
    made = reference()
    for name in ("hash", "size"):
        del made["content"][0]["attachment"][name]
    assert not mhd.retrieve(made).verified


def test_it_is_asked_for_as_what_it_is() -> None:
    mhd, heard = answering(lambda _: httpx.Response(200, content=REPORT.content))
    mhd.retrieve(reference())
    assert heard[0].headers["accept"] == "application/pdf"
    assert "if-unmodified-since" not in heard[0].headers  # 2:3.68.4.1.2


def test_a_fhir_document_in_a_binary(mhd: MhdClient) -> None:
    """Asked for as FHIR, a server would give the Binary itself (R4 http.html#binary)."""
    fhir = b'{"resourceType": "Bundle", "type": "document"}'
    document = replace(REPORT, content=fhir, content_type="application/fhir+json")
    made = mhd.provide([document], subject=SUBJECT)
    assert mhd.retrieve(made.documents[0]).content == fhir


def test_a_binary_resource_is_unwrapped() -> None:
    import base64

    data = base64.b64encode(REPORT.content).decode()
    binary = {"resourceType": "Binary", "contentType": "application/pdf", "data": data}
    kind = {"content-type": "application/fhir+json; charset=utf-8"}
    mhd, _ = answering(lambda _: httpx.Response(200, json=binary, headers=kind))
    got = mhd.retrieve(reference())
    assert (got.content, got.content_type) == (REPORT.content, "application/pdf")


@pytest.mark.parametrize("status", [404, 406, 410])
def test_a_refusal_is_told(status: int) -> None:
    mhd, _ = answering(lambda _: httpx.Response(status))
    with pytest.raises(HttpError) as caught:
        mhd.retrieve(reference())
    assert caught.value.status == status


def test_nobody_answers() -> None:
    def refused(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(NetworkError):
        answering(refused)[0].retrieve(reference())


@pytest.mark.parametrize("url", ["", "urn:uuid:1"])
def test_no_address_is_no_document(url: str) -> None:
    with pytest.raises(DataError, match="does not say where"):
        answering(lambda _: httpx.Response(200))[0].retrieve(reference(url))


def test_another_server_is_not_asked_unless_it_may_be() -> None:
    there = "https://repository.example/doc/1"
    mhd, heard = answering(lambda _: httpx.Response(200, content=REPORT.content))
    with pytest.raises(DataError, match=r"another server, repository\.example"):
        mhd.retrieve(reference(there))
    assert heard == []


def test_another_server_gets_no_token() -> None:
    there = "https://repository.example/doc/1"
    mhd, heard = answering(
        lambda _: httpx.Response(200, content=REPORT.content), elsewhere=lambda url: url == there
    )
    assert mhd.retrieve(reference(there)).verified
    assert "authorization" not in heard[0].headers


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
