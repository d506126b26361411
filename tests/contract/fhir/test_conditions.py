"""Conditional create, update and delete (R4 http.html#ccreate, #cond-update, #3.1.0.7.1)."""

from __future__ import annotations

import httpx

from labkit.fhir import FhirClient
from tests.contract.fhir.cases import JSON, Resource, marked, patient, refused, total


def create_if_none(http: httpx.Client, mark: str) -> httpx.Response:
    headers = {**JSON, "If-None-Exist": f"identifier={marked(mark)}"}
    return http.post("/Patient", json=patient(mark), headers=headers)


def update_by_mark(http: httpx.Client, mark: str, resource: Resource) -> httpx.Response:
    params = {"identifier": marked(mark)}
    return http.put("/Patient", json=resource, params=params, headers=JSON)


def test_conditional_create_of_none_is_201(http: httpx.Client, mark: str) -> None:
    assert create_if_none(http, mark).status_code == 201


def test_conditional_create_of_one_is_200(http: httpx.Client, mark: str) -> None:
    """The same request again stores nothing, and says which resource is meant."""
    first, second = create_if_none(http, mark), create_if_none(http, mark)
    assert second.status_code == 200
    assert total(http, "Patient", mark) == 1
    made = first.json()["id"]
    assert f"/Patient/{made}/" in second.headers.get("Location", "") + "/" + second.headers.get(
        "Content-Location", ""
    )


def test_conditional_create_of_several_is_412(
    http: httpx.Client, fhir: FhirClient, mark: str
) -> None:
    fhir.create(patient(mark))
    fhir.create(patient(mark))
    refused(create_if_none(http, mark), 412)
    assert total(http, "Patient", mark) == 2


def test_conditional_update_of_none_creates(http: httpx.Client, mark: str) -> None:
    assert update_by_mark(http, mark, patient(mark)).status_code == 201
    assert total(http, "Patient", mark) == 1


def test_conditional_update_of_one_updates_it(
    http: httpx.Client, fhir: FhirClient, mark: str
) -> None:
    made = fhir.create(patient(mark))
    answer = update_by_mark(http, mark, patient(mark, gender="male"))
    assert answer.status_code == 200
    assert answer.json()["id"] == made["id"]
    assert fhir.read(f"Patient/{made['id']}")["gender"] == "male"


def test_conditional_update_with_another_id_is_400(
    http: httpx.Client, fhir: FhirClient, mark: str
) -> None:
    """R4 http.html#cond-update: the id in the body is not that of the match."""
    fhir.create(patient(mark))
    refused(update_by_mark(http, mark, patient(mark, id=mark)), 400)


def test_conditional_update_of_several_is_412(
    http: httpx.Client, fhir: FhirClient, mark: str
) -> None:
    fhir.create(patient(mark))
    fhir.create(patient(mark))
    refused(update_by_mark(http, mark, patient(mark)), 412)


def test_conditional_delete_of_one(http: httpx.Client, fhir: FhirClient, mark: str) -> None:
    made = fhir.create(patient(mark))
    answer = http.delete("/Patient", params={"identifier": marked(mark)})
    assert answer.status_code in (200, 204)
    refused(http.get(f"/Patient/{made['id']}"), 410)


def test_conditional_delete_of_none_is_a_success(http: httpx.Client, mark: str) -> None:
    answer = http.delete("/Patient", params={"identifier": marked(mark)})
    assert answer.status_code in (200, 204)
