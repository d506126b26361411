"""What the answer to a search holds: includes, order, parts, totals, pages (R4 search.html)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from labkit.fhir import FhirClient
from tests.contract.fhir.cases import Resource, patient, study
from tests.contract.fhir.world import World


def search(http: httpx.Client, kind: str, **parameters: Any) -> Resource:
    answer = http.get(f"/{kind}", params=parameters)
    assert answer.status_code == 200, answer.text
    body: Resource = answer.json()
    assert (body["resourceType"], body["type"]) == ("Bundle", "searchset")
    return body


def parts(body: Resource, mode: str) -> list[str]:
    """``Patient/12`` and so on, sorted."""
    found = [e["resource"] for e in body.get("entry", []) if e["search"]["mode"] == mode]
    return sorted(f"{resource['resourceType']}/{resource['id']}" for resource in found)


def test_each_entry_says_what_it_is_and_where(http: httpx.Client, world: World) -> None:
    """R4 bundle.html#searchset: mode, fullUrl, and the self link."""
    body = search(http, "ImagingStudy", patient=world.ids["ann"])
    assert parts(body, "match") == sorted(f"ImagingStudy/{world.ids[n]}" for n in ("one", "two"))
    for row in body["entry"]:
        assert row["fullUrl"].endswith(f"/ImagingStudy/{row['resource']['id']}")
    (own,) = [link["url"] for link in body["link"] if link["relation"] == "self"]
    assert "patient=" in own


@pytest.mark.parametrize(
    ("include", "names"),
    [
        ("ImagingStudy:patient", ["Patient/{ann}"]),
        ("ImagingStudy:basedon:ServiceRequest", ["ServiceRequest/{order}"]),
        ("ImagingStudy:endpoint", ["Endpoint/{endpoint}"]),
    ],
    ids=["patient", "target-type", "endpoint"],
)
def test_include(http: httpx.Client, world: World, include: str, names: list[str]) -> None:
    """R4 search.html#include: each once, however many matches refer to it."""
    body = search(http, "ImagingStudy", patient=world.ids["ann"], _include=include)
    assert len(parts(body, "match")) == 2
    assert parts(body, "include") == [world.fill(name) for name in names]


def test_include_of_several(http: httpx.Client, world: World) -> None:
    wanted = ["ImagingStudy:basedon", "ImagingStudy:encounter"]
    body = search(http, "ImagingStudy", _id=world.ids["one"], _include=wanted)
    made = ["Encounter/{visit}", "ServiceRequest/{order}"]
    assert parts(body, "include") == [world.fill(name) for name in made]


def test_include_everything(http: httpx.Client, world: World) -> None:
    """R4 search.html#include: ``*`` is every reference that can be searched."""
    body = search(http, "ImagingStudy", _id=world.ids["two"], _include="ImagingStudy:*")
    assert parts(body, "include") == [world.fill("Patient/{ann}")]


def test_include_iterates(http: httpx.Client, world: World) -> None:
    """R4 search.html#include: from the document to the study, from the study to its order."""
    body = search(
        http,
        "DocumentReference",
        _id=world.ids["document"],
        _include=["DocumentReference:related"],
        **{"_include:iterate": "ImagingStudy:basedon"},
    )
    made = ["ImagingStudy/{one}", "ServiceRequest/{order}"]
    assert parts(body, "include") == [world.fill(name) for name in made]


def test_revinclude(http: httpx.Client, world: World) -> None:
    """R4 search.html#revinclude: what refers to the matches."""
    body = search(http, "Patient", _id=world.ids["ann"], _revinclude="ImagingStudy:patient")
    assert parts(body, "match") == [world.fill("Patient/{ann}")]
    made = ["ImagingStudy/{one}", "ImagingStudy/{two}"]
    assert parts(body, "include") == sorted(world.fill(name) for name in made)


@pytest.mark.parametrize(("by", "names"), [("started", "one two"), ("-started", "two one")])
def test_sort(http: httpx.Client, world: World, by: str, names: str) -> None:
    """R4 search.html#sort."""
    body = search(http, "ImagingStudy", patient=world.ids["ann"], _sort=by)
    order = [row["resource"]["id"] for row in body["entry"]]
    assert order == [world.ids[name] for name in names.split()]


def test_elements(http: httpx.Client, world: World) -> None:
    """R4 search.html#elements: what was asked for, what is mandatory, and a mark of it."""
    body = search(http, "ImagingStudy", _id=world.ids["one"], _elements="started")
    resource = body["entry"][0]["resource"]
    assert {"started", "status", "subject"} <= set(resource)
    assert not {"series", "endpoint"} & set(resource)
    assert [tag["code"] for tag in resource["meta"]["tag"]] == ["SUBSETTED"]


def test_summary_count(http: httpx.Client, world: World) -> None:
    """R4 search.html#summary: the total, and no entries."""
    body = search(http, "ImagingStudy", patient=world.ids["ann"], _summary="count")
    assert (body["total"], body.get("entry", [])) == (2, [])


@pytest.mark.parametrize("summary", ["text", "data"])
def test_summary_marks_a_part(http: httpx.Client, world: World, summary: str) -> None:
    """R4 search.html#summary."""
    body = search(http, "ImagingStudy", _id=world.ids["one"], _summary=summary)
    resource = body["entry"][0]["resource"]
    assert ("series" in resource) == (summary == "data")
    assert [tag["code"] for tag in resource["meta"]["tag"]] == ["SUBSETTED"]


def test_total_counts_all_pages(http: httpx.Client, world: World) -> None:
    """R4 search.html#total."""
    body = search(http, "ImagingStudy", patient=world.ids["ann"], _count=1, _total="accurate")
    assert (body["total"], len(body["entry"])) == (2, 1)


def test_count_0_is_the_total_alone(http: httpx.Client, world: World) -> None:
    """R4 search.html#count."""
    body = search(http, "ImagingStudy", patient=world.ids["ann"], _count=0)
    assert (body["total"], body.get("entry", [])) == (2, [])


def test_nothing_found_is_an_empty_bundle(http: httpx.Client, mark: str) -> None:
    body = search(http, "ImagingStudy", identifier=mark)
    assert (body["total"], "entry" in body) == (0, False)


def test_pages(fhir: FhirClient, mark: str) -> None:
    """R4 http.html#paging: each match once, in pages of the size asked for."""
    ann = fhir.create(patient(mark))
    made = sorted(fhir.create(study(f"Patient/{ann['id']}", mark))["id"] for _ in range(7))
    pages = list(fhir.pages("ImagingStudy", patient=ann["id"], _count=3))
    assert [len(page.get("entry", [])) for page in pages] == [3, 3, 1]
    assert all([row for row in page["link"] if row["relation"] == "self"] for page in pages)
    found = [row["resource"]["id"] for page in pages for row in page["entry"]]
    assert sorted(found) == made


def test_pages_while_others_write(fhir: FhirClient, mark: str) -> None:
    """R4 http.html#paging: what was there all the time is found, and found once."""
    ann = fhir.create(patient(mark))
    made = [fhir.create(study(f"Patient/{ann['id']}", mark))["id"] for _ in range(6)]
    kept, found = set(made[1:]), []
    for number, page in enumerate(fhir.pages("ImagingStudy", patient=ann["id"], _count=2)):
        found += [row["resource"]["id"] for row in page.get("entry", [])]
        if number == 0:
            fhir.delete(f"ImagingStudy/{made[0]}")
            fhir.create(study(f"Patient/{ann['id']}", mark))
            fhir.update({**fhir.read(f"ImagingStudy/{made[5]}"), "description": "changed"})
    assert kept <= set(found)
    assert len(found) == len(set(found))


def test_pages_keep_their_includes(fhir: FhirClient, world: World) -> None:
    """Each page has what its own matches refer to."""
    asked = {"patient": world.ids["ann"], "_count": 1, "_include": "ImagingStudy:patient"}
    for page in fhir.pages("ImagingStudy", **asked):
        assert parts(page, "include") == [world.fill("Patient/{ann}")]
