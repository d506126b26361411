"""The CapabilityStatement says just what works (R4 http.html#capabilities).

Each declared search parameter and interaction is tried, and what is not declared has to be refused.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import httpx
import pytest

from labkit.fhir import FhirClient
from labkit.fhir.definitions import definitions
from tests.contract.fhir.cases import JSON, Resource, bundle, entry, patient, refused
from tests.contract.fhir.minimal import MINIMAL, minimal
from tests.contract.fhir.servers import Target

VALUES = {
    "token": "x",
    "string": "x",
    "reference": "Patient/x",
    "date": "2026",
    "uri": "u:x",
    "number": "1",
    "quantity": "1",
}
#: interaction: method, path, status of success (R4 valueset-type-restful-interaction)
ACTS = {
    "read": ("GET", "/{kind}/{id}", (200,)),
    "vread": ("GET", "/{kind}/{id}/_history/1", (200,)),
    "update": ("PUT", "/{kind}/{id}", (200, 201)),
    "patch": ("PATCH", "/{kind}/{id}", (200,)),
    "history-instance": ("GET", "/{kind}/{id}/_history", (200,)),
    "history-type": ("GET", "/{kind}/_history?_count=1", (200,)),
    "search-type": ("GET", "/{kind}?_count=1", (200,)),
    "delete": ("DELETE", "/{kind}/{id}", (200, 202, 204)),
}


def in_english(kind: str) -> Resource:
    """A FHIRPath Patch that any resource takes (R4 fhirpatch.html)."""
    parts = [
        {"name": "type", "valueCode": "add"},
        {"name": "path", "valueString": kind},
        {"name": "name", "valueString": "language"},
        {"name": "value", "valueCode": "en"},
    ]
    return {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}


@lru_cache
def statement(url: str) -> Resource:
    """The server's CapabilityStatement, by type."""
    with FhirClient(url, timeout=60) as fhir:
        return fhir.capabilities()


def of_type(target: Target, kind: str) -> Resource:
    rows = statement(target.url)["rest"][0]["resource"]
    return next((row for row in rows if row["type"] == kind), {})


def test_it_is_r4_and_has_the_types_of_the_workbook(target: Target) -> None:
    declared = statement(target.url)
    assert declared["resourceType"] == "CapabilityStatement"
    assert declared["fhirVersion"].startswith("4.0")
    assert declared["kind"] == "instance"
    assert {row["type"] for row in declared["rest"][0]["resource"]} >= set(MINIMAL)


@pytest.mark.parametrize("kind", MINIMAL)
def test_each_interaction_works_or_is_not_declared(
    http: httpx.Client, target: Target, mark: str, kind: str
) -> None:
    declared = {row["code"] for row in of_type(target, kind)["interaction"]}
    assert declared >= {"create", "read", "update", "delete", "search-type"}
    made = http.post(f"/{kind}", json=minimal(kind, mark), headers=JSON)
    assert made.status_code == 201, made.text
    id_ = made.headers["Location"].split("/_history")[0].rsplit("/", 1)[1]
    for code, (method, path, statuses) in ACTS.items():
        body: dict[str, Any] = {}
        if code == "update":
            body = {"json": {**minimal(kind, mark), "id": id_}, "headers": JSON}
        elif code == "patch":
            body = {"json": in_english(kind), "headers": JSON}
        answer = http.request(method, path.format(kind=kind, id=id_), **body)
        if code in declared:
            assert answer.status_code in statuses, (code, answer.status_code, answer.text)
        else:
            refused(answer, 400, 404, 405, 501)


@pytest.mark.parametrize("kind", MINIMAL)
def test_each_search_parameter_works(http: httpx.Client, target: Target, kind: str) -> None:
    """All in one batch, each by itself."""
    declared = of_type(target, kind).get("searchParam", [])
    wanted = [row for row in declared if row["type"] in VALUES and row["name"][0] != "_"]
    searches = [f"{kind}?{row['name']}={VALUES[row['type']]}&_count=1" for row in wanted]
    if not searches:
        assert kind == "Binary"
        return
    sent = bundle("batch", *(entry("GET", url) for url in searches))
    answer = http.post("", json=sent, headers=JSON)
    assert answer.status_code == 200, answer.text
    failed = {
        url: row["response"].get("outcome")
        for url, row in zip(searches, answer.json()["entry"], strict=True)
        if row["response"]["status"][:3] != "200"
    }
    assert failed == {}


@pytest.mark.parametrize("parameter", [p for p in definitions().search["Patient"] if p[0] == "_"])
def test_a_search_parameter_of_every_type_works_or_is_not_declared(
    http: httpx.Client, target: Target, parameter: str
) -> None:
    declared = {row["name"]: row["type"] for row in of_type(target, "Patient")["searchParam"]}
    type_ = declared.get(parameter, "token")
    answer = http.get("/Patient", params={parameter: VALUES[type_], "_count": 1})
    if parameter in declared:
        assert answer.status_code == 200, answer.text
    else:
        refused(answer, 400)


@pytest.mark.parametrize("kind", ["Patient", "ImagingStudy"])
def test_what_is_declared_is_what_r4_defines(target: Target, kind: str) -> None:
    """R4: a parameter that the standard names is of the standard's type."""
    standard = {code: p.type for code, p in definitions().search[kind].items() if code[0] != "_"}
    declared = {row["name"]: row["type"] for row in of_type(target, kind)["searchParam"]}
    assert {code: declared.get(code) for code in standard} == standard


@pytest.mark.parametrize("kind", ["Patient", "ImagingStudy"])
def test_each_include_works(http: httpx.Client, target: Target, kind: str) -> None:
    row = of_type(target, kind)
    asked = [("_include", value) for value in row.get("searchInclude", [])]
    asked += [("_revinclude", value) for value in row.get("searchRevInclude", [])]
    # a type that refers to Patient has dozens of parameters: those of the workbook's types
    asked = [pair for pair in asked if pair[1].partition(":")[0] in {*MINIMAL, "*"}]
    assert asked
    for name, value in asked:
        answer = http.get(f"/{kind}", params={name: value, "_id": "x"})
        assert answer.status_code == 200, (name, value, answer.text)


@pytest.mark.parametrize("parameter", ["no-such-parameter", "modality", "_no-such-control"])
def test_a_search_parameter_that_is_not_declared_is_refused(
    http: httpx.Client, parameter: str
) -> None:
    """A misspelt filter that is ignored would find everybody (R4 search.html#errors)."""
    headers = {"Prefer": "handling=strict"}
    refused(http.get("/Patient", params={parameter: "x"}, headers=headers), 400)


def test_a_type_that_is_not_declared_is_refused(http: httpx.Client, target: Target) -> None:
    assert of_type(target, "NoSuchType") == {}
    refused(http.post("/NoSuchType", json={"resourceType": "NoSuchType"}, headers=JSON), 400, 404)


@pytest.mark.parametrize("code", ["batch", "transaction", "history-system", "search-system"])
def test_each_interaction_of_the_system_works_or_is_not_declared(
    http: httpx.Client, target: Target, code: str
) -> None:
    declared = {row["code"] for row in statement(target.url)["rest"][0].get("interaction", [])}
    if code == "history-system":
        answer = http.get("/_history", params={"_count": 1})
    elif code == "search-system":
        answer = http.get("/", params={"_id": "x"})
    else:
        answer = http.post("", json=bundle(code, entry("GET", "Patient?_id=x")), headers=JSON)
    if code in declared:
        assert answer.status_code == 200, answer.text
    else:
        refused(answer, 400, 404, 405, 501)


def test_conditional_support_is_as_declared(http: httpx.Client, target: Target, mark: str) -> None:
    """R4 capabilitystatement.html: conditionalDelete single refuses several; multiple deletes."""
    row = of_type(target, "Patient")
    assert (row["conditionalCreate"], row["conditionalUpdate"]) == (True, True)
    for _ in range(2):
        assert http.post("/Patient", json=patient(mark), headers=JSON).status_code == 201
    answer = http.delete("/Patient", params={"identifier": mark})
    expected = {"single": (412,), "multiple": (200, 204), "not-supported": (400, 404, 405)}
    assert answer.status_code in expected[row["conditionalDelete"]]
