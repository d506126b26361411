"""IHE MHD 4.2.3 over the server: ITI-65, ITI-66, ITI-67, ITI-68 (Document Recipient, Responder).

What the profile asks of a server beyond R4's own transaction, search and Binary: one answer for
each entry, a DocumentReference that is superseded by a PATCH in the same transaction, and three
search parameters of IHE's.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from labkit.exchange.mhd import Code, Document, Submission, check_bundle, provide_bundle
from labkit.fhir import FhirClient
from tests.contract.fhir.cases import JSON, SYSTEM, Resource, marked, patient, refused, uid

LOINC, DCM = "http://loinc.org", "http://dicom.nema.org/resources/ontology/DCM"
SNOMED = "http://snomed.info/sct"
PDF = b"%PDF-1.4 contract \x00\xff"


def document(mark: str, **more: Any) -> Document:
    """A report with everything that Comprehensive wants."""
    return Document(
        PDF, "application/pdf", uid(mark, 1), title="Chest CT", creation="2026-01-13T10:00:00Z",
        language="en", type=Code(LOINC, "18748-4"), category=Code(LOINC, "18726-0"),
        format=Code("http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode",
                    "urn:ihe:iti:xds-sd:pdf:2008"),
        facility=Code(SNOMED, "22232009"), setting=Code(SNOMED, "394914008"),
        security=(Code("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "N"),),
        events=(Code(DCM, "CT"),), period=("2026-01-13T09:30:00Z", "2026-01-13T09:45:00Z"), **more,
    )  # fmt: skip


@dataclass(frozen=True)
class Shared:
    """A patient, and what was submitted for her."""

    mark: str
    subject: str
    sent: Resource
    answer: Resource

    @property
    def made(self) -> list[str]:
        """References of what was stored, in the order of the entries."""
        return [row["response"]["location"].split("/_history")[0] for row in self.answer["entry"]]


def submission(mark: str) -> Submission:
    return Submission(
        uid(mark, 3), uid(mark, 2), "2026-01-15T08:00:00Z", designation=Code(LOINC, "18748-4")
    )


def share(http: httpx.Client, mark: str, level: str = "comprehensive", **more: Any) -> Shared:
    """Submit the report for a new patient."""
    made = http.post("/Patient", json=patient(mark), headers=JSON)
    assert made.status_code == 201, made.text
    subject = f"Patient/{made.json()['id']}"
    sent = provide_bundle(
        [document(mark, **more)],
        submission(mark),
        subject=subject,
        level=level,
        source_patient=made.json(),
    )
    assert check_bundle(sent, level) == []
    answer = http.post("", json=sent, headers=JSON)
    assert answer.status_code == 200, answer.text
    return Shared(mark, subject, sent, answer.json())


@pytest.fixture(scope="session")
def shared(http: httpx.Client) -> Shared:
    return share(http, f"contract-{uuid.uuid4()}")


@pytest.mark.parametrize("level", ["minimal", "comprehensive", "uncontained"])
def test_each_entry_is_answered_in_order(http: httpx.Client, mark: str, level: str) -> None:
    """2:3.65.4.2.2, and the profile ProvideDocumentBundleResponse."""
    shared = share(http, mark, level)
    assert shared.answer["type"] == "transaction-response"
    rows = [row["response"] for row in shared.answer["entry"]]
    assert [row["status"][:3] for row in rows] == ["201"] * 3
    kinds = [reference.split("/")[-2] for reference in shared.made]
    assert kinds == ["List", "DocumentReference", "Binary"]


def test_the_links_are_to_what_was_stored(fhir: FhirClient, shared: Shared) -> None:
    submitted, reference, binary = (fhir.read(made) for made in shared.made)
    item = submitted["entry"][0]["item"]["reference"]
    assert item.endswith(f"DocumentReference/{reference['id']}")
    assert reference["content"][0]["attachment"]["url"].endswith(f"Binary/{binary['id']}")
    assert base64.b64decode(binary["data"]) == PDF
    assert {r["resourceType"] for r in reference["contained"]} == {"Patient"}


@pytest.mark.parametrize("accept", ["application/pdf", "*/*"])
def test_the_document_is_given_as_itself(
    http: httpx.Client, fhir: FhirClient, shared: Shared, accept: str
) -> None:
    """ITI-68: the bytes, as the media type that the reference says; hash and size are of them."""
    attachment = fhir.read(shared.made[1])["content"][0]["attachment"]
    url = httpx.URL(fhir.base_url + "/").join(attachment["url"])
    answer = http.get(url, headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"].split(";")[0] == attachment["contentType"]
    assert answer.content == PDF
    assert attachment["size"] == len(PDF)
    assert base64.b64decode(attachment["hash"]) == hashlib.sha1(answer.content).digest()


def test_a_document_that_is_not_there_is_404(http: httpx.Client) -> None:
    refused(http.get("/Binary/does-not-exist", headers={"Accept": "*/*"}), 404)


# name of the case: parameters beside patient and status that find the document
DOCUMENTS = {
    "patient": "",
    "category": "category=18726-0",
    "creation": "creation=2026-01-13",
    "date": "date=2026-01-15",
    "event": f"event={DCM}|CT",
    "facility": "facility=22232009",
    "format": "format=urn:ihe:iti:xds-sd:pdf:2008",
    "identifier": "identifier=urn:ietf:rfc:3986|urn:oid:{uid}",
    "period": "period=ge2026-01-13&period=lt2026-01-14",
    "security-label": "security-label=N",
    "setting": f"setting={SNOMED}|394914008",
    "type": f"type={LOINC}|18748-4",
}
LISTS = {
    "patient": "",
    "date": "date=ge2026-01-15&date=lt2026-01-16",
    "designationType": f"designationType={LOINC}|18748-4",
    "identifier": "identifier=urn:ietf:rfc:3986|urn:oid:{set}",
    "sourceId": "sourceId=urn:ietf:rfc:3986|urn:oid:{source}",
}


def query(shared: Shared, more: str, **always: str) -> list[tuple[str, str]]:
    more = more.format(uid=uid(shared.mark, 1), set=uid(shared.mark, 2), source=uid(shared.mark, 3))
    pairs = [pair.split("=", 1) for pair in more.split("&") if pair]
    return [*always.items(), *((name, value) for name, value in pairs)]


def found(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    assert answer.json()["type"] == "searchset"
    assert "total" in answer.json()  # of the profiles on the answers
    rows = answer.json().get("entry", [])
    assert all(row["fullUrl"] for row in rows)
    return [row["resource"]["id"] for row in rows]


@pytest.mark.parametrize("case", DOCUMENTS)
def test_documents(http: httpx.Client, shared: Shared, case: str) -> None:
    """ITI-67, by GET and by POST (2:3.67.4.1.2)."""
    asked = query(shared, DOCUMENTS[case], patient=shared.subject, status="current")
    wanted = [shared.made[1].rsplit("/", 1)[1]]
    assert found(http.get("/DocumentReference", params=asked)) == wanted
    form = httpx.QueryParams(asked)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = http.post("/DocumentReference/_search", content=str(form), headers=kind)
    assert found(answer) == wanted


@pytest.mark.parametrize("case", LISTS)
def test_lists(http: httpx.Client, shared: Shared, case: str) -> None:
    """ITI-66."""
    code = "https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes|submissionset"
    asked = query(shared, LISTS[case], patient=shared.subject, code=code, status="current")
    assert found(http.get("/List", params=asked)) == [shared.made[0].rsplit("/", 1)[1]]


def test_by_the_patients_identifier(http: httpx.Client, shared: Shared) -> None:
    who = {"patient.identifier": marked(shared.mark), "status": "current"}
    assert len(found(http.get("/DocumentReference", params=who))) == 1
    assert len(found(http.get("/List", params=who))) == 1
    nobody = {"patient.identifier": f"{SYSTEM}|{shared.mark}-nobody", "status": "current"}
    assert found(http.get("/DocumentReference", params=nobody)) == []


# --- replacing (2:3.65.4.1.2.3)


def replacement(shared: Shared, old: str) -> Resource:
    new = replace(
        document(shared.mark), content=b"better", unique_id=uid(shared.mark, 9),
        relates=(("replaces", old),),
    )  # fmt: skip
    again = replace(submission(shared.mark), unique_id=uid(shared.mark, 8))
    sent = provide_bundle([new], again, subject=shared.subject)
    assert check_bundle(sent) == []
    return sent


def test_what_is_replaced_is_superseded(http: httpx.Client, fhir: FhirClient, mark: str) -> None:
    shared = share(http, mark)
    old = "/".join(shared.made[1].split("/")[-2:])
    answer = http.post("", json=replacement(shared, old), headers=JSON)
    assert answer.status_code == 200, answer.text
    rows = [row["response"] for row in answer.json()["entry"]]
    assert [row["status"][:3] for row in rows] == ["201", "201", "201", "200"]
    assert f"{old}/_history/2" in rows[3]["location"]
    assert fhir.read(old)["status"] == "superseded"
    who = {"patient": shared.subject}
    current = found(http.get("/DocumentReference", params={**who, "status": "current"}))
    assert current == [rows[1]["location"].split("/_history")[0].rsplit("/", 1)[1]]
    superseded = found(http.get("/DocumentReference", params={**who, "status": "superseded"}))
    assert superseded == [old.rsplit("/", 1)[1]]


def test_a_replacement_of_nothing_stores_nothing(http: httpx.Client, mark: str) -> None:
    """2:3.65.4.1.3: atomically."""
    shared = share(http, mark)
    sent = replacement(shared, f"DocumentReference/none-{mark[-12:]}")
    refused(http.post("", json=sent, headers=JSON), 400, 404, 412, 422)
    who = {"patient": shared.subject, "status": "current"}
    assert len(found(http.get("/DocumentReference", params=who))) == 1
    assert len(found(http.get("/List", params=who))) == 1


def test_a_patch_by_itself(http: httpx.Client, fhir: FhirClient, mark: str) -> None:
    """R4 http.html#patch, fhirpatch.html."""
    shared = share(http, mark)
    old = "/".join(shared.made[1].split("/")[-2:])
    patch = replacement(shared, old)["entry"][3]["resource"]
    assert http.patch(f"/{old}", json=patch, headers=JSON).status_code == 200
    assert fhir.read(old)["status"] == "superseded"


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [(1, "valueString", "DocumentReference.no-such-element"), (2, "valueCode", "no-such-status")],
    ids=["no-such-element", "no-such-code"],
)
def test_a_patch_that_cannot_be_done_is_refused(
    http: httpx.Client, fhir: FhirClient, mark: str, part: int, key: str, value: str
) -> None:
    shared = share(http, mark)
    old = "/".join(shared.made[1].split("/")[-2:])
    patch = replacement(shared, old)["entry"][3]["resource"]
    patch["parameter"][0]["part"][part][key] = value
    answer = http.patch(f"/{old}", json=patch, headers=JSON)
    assert fhir.read(old)["status"] == "current"
    refused(answer, 400, 422)
