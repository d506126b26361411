"""$validate, Binary and Subscription (R4 operations)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

import httpx
import pytest

from labkit.fhir import FhirClient
from tests.contract.fhir.cases import DCM, JSON, Resource, outcome, patient, study, total
from tests.contract.fhir.listener import Listener
from tests.contract.fhir.servers import Target

PDF = b"%PDF-1.4\n" + bytes(range(256)) * 40
RAW = {"Accept": "application/pdf"}


def errors(answer: httpx.Response) -> list[Resource]:
    return [issue for issue in outcome(answer)["issue"] if issue["severity"] in ("error", "fatal")]


def test_validate_of_what_is_valid(http: httpx.Client, mark: str) -> None:
    """R4 resource-operation-validate.html: 200, no error, and nothing is stored."""
    answer = http.post("/Patient/$validate", json=patient(mark), headers=JSON)
    assert (answer.status_code, errors(answer)) == (200, [])
    assert total(http, "Patient", mark) == 0


@pytest.mark.parametrize(
    ("kind", "broken"),
    [("Patient", {"gender": "F"}), ("Patient", {"nonsense": 1}), ("ImagingStudy", {"status": ""})],
    ids=["code", "element", "empty"],
)
def test_validate_of_what_is_invalid(
    http: httpx.Client, mark: str, kind: str, broken: Resource
) -> None:
    """R4 resource-operation-validate.html: the errors are the answer, so its status is 200."""
    resource = patient(mark) if kind == "Patient" else study("Patient/x", mark)
    answer = http.post(f"/{kind}/$validate", json={**resource, **broken}, headers=JSON)
    assert answer.status_code == 200, answer.text
    assert errors(answer)


def test_validate_takes_parameters(http: httpx.Client, mark: str) -> None:
    """R4 resource-operation-validate.html: resource and mode in a Parameters."""
    rows = [
        {"name": "resource", "resource": patient(mark)},
        {"name": "mode", "valueCode": "create"},
    ]
    sent = {"resourceType": "Parameters", "parameter": rows}
    answer = http.post("/Patient/$validate", json=sent, headers=JSON)
    assert (answer.status_code, errors(answer)) == (200, [])


def test_an_unknown_modality_is_at_most_a_warning_or_an_error_that_names_it(
    http: httpx.Client, mark: str
) -> None:
    """ImagingStudy.modality is bound extensibly: another code is allowed where none fits."""
    odd = study("Patient/x", mark, modality=[{"system": DCM, "code": "NOSUCH"}])
    answer = http.post("/ImagingStudy/$validate", json=odd, headers=JSON)
    assert all("NOSUCH" in str(issue) for issue in errors(answer))


def stored_raw(http: httpx.Client) -> str:
    made = http.post("/Binary", content=PDF, headers={"Content-Type": "application/pdf"})
    assert made.status_code == 201, made.text
    return made.headers["Location"].split("/_history")[0]


def test_a_binary_goes_in_and_out_as_its_bytes(http: httpx.Client) -> None:
    """R4 binary.html#rest."""
    got = http.get(stored_raw(http), headers=RAW)
    assert got.headers["Content-Type"].startswith("application/pdf")
    assert hashlib.sha256(got.content).digest() == hashlib.sha256(PDF).digest()


def test_a_binary_is_a_resource_where_fhir_is_asked_for(http: httpx.Client) -> None:
    """R4 binary.html#rest."""
    got = http.get(stored_raw(http), headers={"Accept": "application/fhir+json"}).json()
    assert (got["resourceType"], got["contentType"]) == ("Binary", "application/pdf")
    assert hashlib.sha256(base64.b64decode(got["data"])).digest() == hashlib.sha256(PDF).digest()


def test_a_binary_sent_as_a_resource_is_read_as_its_bytes(http: httpx.Client) -> None:
    """R4 binary.html#rest."""
    data = base64.b64encode(PDF).decode()
    sent = {"resourceType": "Binary", "contentType": "application/pdf", "data": data}
    made = http.post("/Binary", json=sent, headers=JSON)
    got = http.get(made.headers["Location"].split("/_history")[0], headers=RAW)
    assert hashlib.sha256(got.content).digest() == hashlib.sha256(PDF).digest()


@pytest.fixture
def listener(target: Target) -> Iterator[Listener]:
    """Where the server under test sends its notices."""
    listener = Listener(target.callback)
    yield listener
    listener.close()


def subscription(listener: Listener, mark: str, **channel: str) -> Resource:
    return {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "contract suite",
        "criteria": f"Patient?identifier={mark}",
        "channel": {"type": "rest-hook", "endpoint": listener.url, **channel},
    }


def subscribe(fhir: FhirClient, resource: Resource) -> str:
    """Create, and wait until the server says that it is active."""
    made = fhir.create(resource)
    reference = f"Subscription/{made['id']}"
    Listener.until(lambda: fhir.read(reference)["status"] == "active")
    return reference


def test_a_subscription_rings_for_what_it_is_about(
    fhir: FhirClient, listener: Listener, mark: str
) -> None:
    """R4 subscription.html: a POST without a body, and none for another resource."""
    reference = subscribe(fhir, subscription(listener, mark))
    try:
        fhir.create(patient(f"{mark}-other"))
        made = fhir.create(patient(mark))
        listener.wait(1)
        fhir.update({**made, "gender": "male"})
        listener.wait(2)
        assert [(method, body) for method, _, body in listener.rung] == [("POST", b"")] * 2
    finally:
        fhir.delete(reference)


def test_a_subscription_sends_the_resource(fhir: FhirClient, listener: Listener, mark: str) -> None:
    """R4 subscription.html: with a payload, PUT [endpoint]/[type]/[id]."""
    reference = subscribe(fhir, subscription(listener, mark, payload="application/fhir+json"))
    try:
        made = fhir.create(patient(mark))
        listener.wait(1)
        method, path, body = listener.rung[0]
        assert (method, path) == ("PUT", f"/hook/Patient/{made['id']}")
        assert mark.encode() in body
    finally:
        fhir.delete(reference)


def test_a_deleted_subscription_falls_silent(
    fhir: FhirClient, listener: Listener, mark: str
) -> None:
    """R4 subscription.html. Another one rings for the same: when it has, the first had its time."""
    gone = subscribe(fhir, subscription(listener, mark))
    other = subscription(listener, mark)
    other["channel"]["endpoint"] += "/other"
    reference = subscribe(fhir, other)
    fhir.delete(gone)

    def only_the_other_rings() -> bool:
        listener.rung.clear()
        fhir.create(patient(mark))
        listener.wait_for("/hook/other")
        return {path for _, path, _ in listener.rung} == {"/hook/other"}

    try:
        Listener.until(only_the_other_rings)
    finally:
        fhir.delete(reference)


def test_a_subscription_to_no_search_is_refused(http: httpx.Client, mark: str) -> None:
    """R4 subscription.html: the criteria are a search of the server."""
    sent = {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "contract suite",
        "criteria": "NoSuchType?identifier=x",
        "channel": {"type": "rest-hook", "endpoint": "http://127.0.0.1:9/hook"},
    }
    answer = http.post("/Subscription", json=sent, headers=JSON)
    assert answer.status_code in (400, 422)
    outcome(answer)
