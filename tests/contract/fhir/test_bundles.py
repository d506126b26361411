"""Batch and transaction (R4 http.html#transaction)."""

from __future__ import annotations

import uuid

import httpx
import pytest

from labkit.fhir import FhirClient
from tests.contract.fhir.cases import (
    JSON,
    Resource,
    bundle,
    entry,
    ids,
    marked,
    outcome,
    patient,
    refused,
    study,
    total,
)


def send(http: httpx.Client, *entries: Resource, kind: str = "transaction") -> Resource:
    answer = http.post("", json=bundle(kind, *entries), headers=JSON)
    assert answer.status_code == 200, answer.text
    reply: Resource = answer.json()
    assert reply["type"] == f"{kind}-response"
    assert len(reply["entry"]) == len(entries)
    return reply


def statuses(reply: Resource) -> list[str]:
    return [row["response"]["status"][:3] for row in reply["entry"]]


def test_a_batch_does_each_entry_by_itself(http: httpx.Client, mark: str) -> None:
    """R4 http.html#batch: the failure of one is its own."""
    reply = send(
        http,
        entry("POST", "Patient", patient(mark)),
        entry("GET", "Patient/does-not-exist"),
        entry("GET", f"Patient?identifier={marked(mark)}-other"),
        kind="batch",
    )
    assert statuses(reply) == ["201", "404", "200"]
    assert reply["entry"][0]["response"]["location"]
    assert reply["entry"][1]["response"]["outcome"]["resourceType"] == "OperationOutcome"
    assert reply["entry"][2]["resource"]["type"] == "searchset"
    assert total(http, "Patient", mark) == 1


def test_a_transaction_links_what_it_creates(http: httpx.Client, mark: str) -> None:
    """R4 http.html#trules: urn:uuid is replaced by the new id, in whatever order they stand."""
    ann = f"urn:uuid:{uuid.uuid4()}"
    reply = send(
        http,
        entry("POST", "ImagingStudy", study(ann, mark)),
        entry("POST", "Patient", patient(mark), fullUrl=ann),
    )
    assert statuses(reply) == ["201", "201"]
    made = http.get("/ImagingStudy", params={"identifier": marked(mark)}).json()
    reference = made["entry"][0]["resource"]["subject"]["reference"]
    assert reply["entry"][1]["response"]["location"].split("/_history")[0].endswith(reference)


def test_the_order_of_the_acts_is_the_standards(
    http: httpx.Client, fhir: FhirClient, mark: str
) -> None:
    """R4 http.html#trules: DELETE, POST, PUT, GET, whatever the order of the entries."""
    old = fhir.create(patient(mark))
    kept = fhir.create(patient(f"{mark}-kept"))
    reply = send(
        http,
        entry("GET", f"Patient?identifier={marked(mark)}"),
        entry("PUT", f"Patient/{kept['id']}", {**kept, "gender": "male"}),
        entry("POST", "Patient", patient(mark)),
        entry("DELETE", f"Patient/{old['id']}"),
    )
    found = [row["resource"]["id"] for row in reply["entry"][0]["resource"]["entry"]]
    assert len(found) == 1
    assert found != [old["id"]]
    assert fhir.read(f"Patient/{kept['id']}")["gender"] == "male"


@pytest.mark.parametrize(
    "bad",
    [
        entry("POST", "Patient", {"resourceType": "Patient", "gender": "F"}),
        entry("GET", "Patient/does-not-exist"),
        entry("POST", "NoSuchType", {"resourceType": "NoSuchType"}),
    ],
    ids=["invalid", "not-there", "no-type"],
)
def test_a_transaction_that_fails_does_nothing(
    http: httpx.Client, mark: str, bad: Resource
) -> None:
    """R4 http.html#transaction: all or nothing, and one OperationOutcome."""
    sent = bundle("transaction", entry("POST", "Patient", patient(mark)), bad)
    refused(http.post("", json=sent, headers=JSON), 400, 404, 410, 412, 422)
    assert total(http, "Patient", mark) == 0


def test_a_transaction_undoes_a_delete(http: httpx.Client, fhir: FhirClient, mark: str) -> None:
    made = fhir.create(patient(mark))
    url = f"Patient/{made['id']}"
    sent = bundle(
        "transaction",
        entry("DELETE", url),
        entry("POST", "Patient", {"resourceType": "Patient", "gender": "F"}),
    )
    refused(http.post("", json=sent, headers=JSON), 400, 422)
    assert fhir.read(url)["meta"]["versionId"] == "1"


def test_conditional_create_in_a_transaction(http: httpx.Client, mark: str) -> None:
    """Sent twice: what it made the first time is found and linked the second."""
    ann = f"urn:uuid:{uuid.uuid4()}"
    once = {"ifNoneExist": f"identifier={marked(mark)}"}
    entries = (
        entry("POST", "Patient", patient(mark), fullUrl=ann, **once),
        entry("POST", "ImagingStudy", study(ann, mark), **once),
    )
    first, second = send(http, *entries), send(http, *entries)
    assert (statuses(first), statuses(second)) == (["201", "201"], ["200", "200"])
    assert (total(http, "Patient", mark), total(http, "ImagingStudy", mark)) == (1, 1)


def test_conditional_update_in_a_transaction(
    http: httpx.Client, fhir: FhirClient, mark: str
) -> None:
    made = fhir.create(patient(mark))
    by = f"Patient?identifier={marked(mark)}"
    assert statuses(send(http, entry("PUT", by, patient(mark, gender="male")))) == ["200"]
    assert fhir.read(f"Patient/{made['id']}")["gender"] == "male"


def test_a_conditional_reference_is_resolved(
    http: httpx.Client, fhir: FhirClient, mark: str
) -> None:
    """R4 http.html#trules: a reference that is a search."""
    ann = fhir.create(patient(mark))
    send(http, entry("POST", "ImagingStudy", study(f"Patient?identifier={marked(mark)}", mark)))
    (found,) = fhir.search("ImagingStudy", identifier=marked(mark))
    assert found["subject"]["reference"] == f"Patient/{ann['id']}"


def test_a_conditional_reference_to_nothing_fails(http: httpx.Client, mark: str) -> None:
    """R4 http.html#trules: none or several matches fail the whole."""
    sent = study(f"Patient?identifier={marked(mark)}-nobody", mark)
    answer = http.post(
        "", json=bundle("transaction", entry("POST", "ImagingStudy", sent)), headers=JSON
    )
    refused(answer, 400, 404, 412, 422)
    assert total(http, "ImagingStudy", mark) == 0


def test_a_stale_if_match_fails_a_transaction(
    http: httpx.Client, fhir: FhirClient, mark: str
) -> None:
    made = fhir.create(patient(mark))
    fhir.update({**made, "gender": "male"})
    put = entry("PUT", f"Patient/{made['id']}", {**made, "gender": "other"}, ifMatch='W/"1"')
    sent = bundle("transaction", put, entry("POST", "Patient", patient(f"{mark}-2")))
    refused(http.post("", json=sent, headers=JSON), 409, 412)
    assert ids(fhir, "Patient", identifier=f"{marked(mark)}-2") == []


def test_two_acts_on_one_resource_fail(http: httpx.Client, fhir: FhirClient, mark: str) -> None:
    """R4 http.html#trules: the identities of the entries must not overlap."""
    made = fhir.create(patient(mark))
    url = f"Patient/{made['id']}"
    sent = bundle(
        "transaction", entry("PUT", url, {**made, "gender": "male"}), entry("DELETE", url)
    )
    refused(http.post("", json=sent, headers=JSON), 400, 409, 412, 422)
    assert fhir.read(url)["gender"] == "female"


def test_a_bundle_of_another_type_is_refused(http: httpx.Client) -> None:
    answer = http.post("", json={"resourceType": "Bundle", "type": "history"}, headers=JSON)
    assert answer.status_code in (400, 422)
    outcome(answer)
