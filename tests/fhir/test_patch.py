"""FHIRPath Patch (R4 fhirpatch.html): what each operation does, and what is refused."""

from __future__ import annotations

import copy
from typing import Any

import httpx
import pytest

from labkit.fhir import FhirError, FhirStore
from labkit.fhir.patch import patched

ANN: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "ann",
    "gender": "female",
    "name": [{"family": "Hare", "given": ["Ann", "Mary"]}, {"family": "Fox"}],
    "maritalStatus": {"text": "married"},
}


def operation(kind: str, path: str, **more: Any) -> dict[str, Any]:
    names = {"value": "valueString", "index": "valueInteger", "source": "valueInteger",
             "destination": "valueInteger", "name": "valueString"}  # fmt: skip
    parts: list[dict[str, Any]] = [
        {"name": "type", "valueCode": kind},
        {"name": "path", "valueString": path},
    ]
    for name, value in more.items():
        key = "valueHumanName" if isinstance(value, dict) else names[name]
        parts.append({"name": name, key: value})
    return {"name": "operation", "part": parts}


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Parameters", "parameter": list(operations)}


def done(*operations: dict[str, Any]) -> dict[str, Any]:
    before = copy.deepcopy(ANN)
    result = patched(ANN, patch(*operations))
    assert before == ANN, "what is given stays as it was"
    return result


def test_replace() -> None:
    assert done(operation("replace", "Patient.gender", value="male"))["gender"] == "male"
    changed = done(operation("replace", "Patient.name[0].given[1]", value="Mo"))
    assert changed["name"][0]["given"] == ["Ann", "Mo"]


def test_add_to_a_list_and_to_an_element() -> None:
    assert len(done(operation("add", "Patient", name="name", value={"family": "Elk"}))["name"]) == 3
    assert done(operation("add", "Patient", name="birthDate", value="1970-01-02"))["birthDate"]
    assert done(operation("add", "Patient.name[1]", name="given", value="Li"))["name"][1] == {
        "family": "Fox", "given": ["Li"],
    }  # fmt: skip


def test_insert_and_move() -> None:
    changed = done(operation("insert", "Patient.name[0].given", index=0, value="Eve"))
    assert changed["name"][0]["given"] == ["Eve", "Ann", "Mary"]
    moved = done(operation("move", "Patient.name", source=0, destination=1))
    assert [name["family"] for name in moved["name"]] == ["Fox", "Hare"]


def test_delete() -> None:
    assert "gender" not in done(operation("delete", "Patient.gender"))
    assert "maritalStatus" not in done(operation("delete", "Patient.maritalStatus.text"))
    assert done(operation("delete", "Patient.birthDate")) == ANN, "of what is not there: nothing"


def test_operations_are_done_in_order() -> None:
    changed = done(
        operation("delete", "Patient.name[0]"),
        operation("replace", "Patient.name[0].family", value="Wolf"),
    )
    assert changed["name"] == [{"family": "Wolf"}]


@pytest.mark.parametrize(
    ("said", "status", "says"),
    [
        (operation("replace", "Patient.birthDate", value="1970"), 422, "no elements"),
        (operation("replace", "Patient.name.family", value="x"), 422, "2 elements"),
        (operation("replace", "Patient.name[7].family", value="x"), 422, "no elements"),
        (operation("replace", "Device.status", value="x"), 422, "begins with Patient"),
        (operation("replace", "Patient.name.where(use='usual')", value="x"), 422, "plain paths"),
        (operation("replace", "Patient.gender"), 422, "needs value"),
        (operation("delete", "Patient.name"), 422, "2 elements"),
        (operation("add", "Patient", name="gender", value="x"), 422, "replace it"),
        (operation("add", "Patient", name="color", value="x"), 422, "no element 'color'"),
        (operation("add", "Patient", value="x"), 422, "needs name"),
        (operation("insert", "Patient.name", index=9, value={"text": "x"}), 422, "no place 9"),
        (operation("insert", "Patient.gender", index=0, value="x"), 422, "no list"),
        (operation("upsert", "Patient.gender", value="x"), 422, "type is one of"),
        ({"name": "operation", "part": [{"name": "type", "part": [{"name": "x"}]}]}, 422, "parts"),
        ({"name": "other", "valueCode": "x"}, 422, "named operation"),
        ({"name": 3}, 400, "string"),
    ],
)
def test_what_cannot_be_done_is_refused(said: dict[str, Any], status: int, says: str) -> None:
    with pytest.raises(FhirError) as caught:
        patched(ANN, patch(said))
    assert caught.value.status == status
    assert says in caught.value.message


# --- the interaction


def test_a_patch_makes_a_version(http: httpx.Client, store: FhirStore) -> None:
    store.put(ANN)
    sent = patch(operation("replace", "Patient.gender", value="male"))
    headers = {"Content-Type": "application/fhir+json"}
    answer = http.patch("/Patient/ann", json=sent, headers=headers)
    assert (answer.status_code, answer.json()["gender"]) == (200, "male")
    assert answer.headers["ETag"] == 'W/"2"'
    entry = http.get("/Patient/ann/_history").json()["entry"][0]
    assert entry["request"] == {"method": "PATCH", "url": "Patient/ann"}


@pytest.mark.parametrize(
    ("said", "where", "match", "status"),
    [
        (operation("replace", "Patient.gender", value="F"), "ann", "", 422),
        (operation("replace", "Patient.id", value="eve"), "ann", "", 422),
        (operation("replace", "Patient.gender", value="male"), "ann", 'W/"9"', 412),
        (operation("replace", "Patient.gender", value="male"), "eve", "", 404),
        (operation("replace", "Patient.gender", value="male"), "gone", "", 410),
    ],
)
def test_a_patch_that_is_refused_changes_nothing(
    http: httpx.Client, store: FhirStore, said: dict[str, Any], where: str, match: str, status: int
) -> None:
    store.put(ANN)
    store.put({"resourceType": "Patient", "id": "gone", "gender": "male"})
    store.delete("Patient", "gone")
    headers = {"Content-Type": "application/fhir+json", **({"If-Match": match} if match else {})}
    answer = http.patch(f"/Patient/{where}", json=patch(said), headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.json()["resourceType"] == "OperationOutcome"
    stored = store.read("Patient", "ann")
    assert stored is not None
    assert stored.version == 1
