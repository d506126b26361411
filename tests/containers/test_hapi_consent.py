"""HAPI FHIR shows only what labkit decides, by no way of reading.

Nothing here uses a policy of the lab's: one that can be switched between two requests stands in its
place. See ``hapi_process`` for what runs, ``hapi_world`` for what is in it.
"""

from __future__ import annotations

import json

import httpx
import pytest

from tests.containers.hapi_process import AT_HAND
from tests.containers.hapi_world import OPEN, SHUT, Guarded, found, study, told, uid_of

pytestmark = [
    pytest.mark.skipif(not AT_HAND, reason="LABKIT_HAPI_JAR names no jar; lab.py test containers"),
    pytest.mark.timeout(400),
]


def test_what_is_allowed_is_shown(guarded: Guarded) -> None:
    assert guarded.get("ImagingStudy/open-0").json()["subject"]["reference"] == OPEN
    expected = {*(f"ImagingStudy/open-{n}" for n in range(4)), "ImagingStudy/with-contained"}
    assert found(guarded.get(f"ImagingStudy?patient={OPEN}")) == expected


def test_what_is_contained_in_it_is_shown_with_it(guarded: Guarded) -> None:
    one = guarded.get("ImagingStudy/with-contained").json()
    (again,) = guarded.get("ImagingStudy?_id=with-contained").json()["entry"]
    for resource in (one, again["resource"]):
        assert [c["resourceType"] for c in resource["contained"]] == ["Practitioner"]


@pytest.mark.parametrize("path", ["{}", "{}/_history/1", "{}/_history", "{}?_elements=id"])
def test_hidden_and_never_there_are_told_in_the_same_words(guarded: Guarded, path: str) -> None:
    shut = guarded.get("ImagingStudy/" + path.format("shut-0"))
    never = guarded.get("ImagingStudy/" + path.format("none-0"))
    assert shut.status_code == never.status_code == 404
    assert shut.text.replace("shut-0", "none-0") == never.text
    assert set(shut.headers) == set(never.headers)


def test_deleted_and_hidden_are_told_in_the_same_words(guarded: Guarded) -> None:
    guarded.put(study("shut-gone", SHUT))
    guarded.lab.delete(f"{guarded.url}/ImagingStudy/shut-gone").raise_for_status()
    gone, never = (guarded.get(f"ImagingStudy/{id_}") for id_ in ("shut-gone", "none-gone"))
    assert gone.status_code == never.status_code == 404
    assert gone.text.replace("shut-gone", "none-gone") == never.text
    assert guarded.get("ImagingStudy/shut-gone/_history").status_code == 404


@pytest.mark.parametrize(
    "search",
    [
        "Patient",
        "Patient?_id=shut",
        "Patient?family=Shut",
        "ImagingStudy",
        f"ImagingStudy?patient={SHUT}",
        "ImagingStudy?_id=shut-0,shut-1",
        f"ImagingStudy?identifier=urn:dicom:uid|urn:oid:{uid_of('shut-0')}",
        "ImagingStudy?_include=ImagingStudy:patient",
        "ImagingStudy?_include=*",
        "Patient?_revinclude=ImagingStudy:patient&_revinclude=DiagnosticReport:patient",
        "Endpoint?_revinclude=ImagingStudy:endpoint",
        "Endpoint?_revinclude=ImagingStudy:endpoint&_include:iterate=ImagingStudy:patient",
        "ImagingStudy?_elements=status",
        "ImagingStudy?_summary=true",
        "ImagingStudy?_summary=data",
        "ImagingStudy?_sort=-_lastUpdated",
        "ImagingStudy?_total=none",
        "ImagingStudy?subject:missing=false",
        "DiagnosticReport",
        "DiagnosticReport?_include=DiagnosticReport:patient",
        "Patient/_history",
        "ImagingStudy/_history",
        "_history",
    ],
)
def test_no_search_and_no_history_shows_it(guarded: Guarded, search: str) -> None:
    answer = guarded.get(search)
    references = found(answer)
    assert not {r for r in references if "shut" in r}
    links = [link for link in answer.json()["link"] if link["relation"] != "self"]
    assert "shut" not in json.dumps([answer.json().get("entry", []), links]).lower()


@pytest.mark.parametrize("asked", ["_summary=count", "_total=accurate"])
def test_nothing_is_counted(guarded: Guarded, asked: str) -> None:
    answer = guarded.get(f"ImagingStudy?patient={SHUT}&{asked}")
    assert answer.status_code == 400 and "total" not in answer.json()


@pytest.mark.parametrize(
    "search",
    [
        "ImagingStudy?patient.family=Shut",
        "ImagingStudy?subject:Patient.name=Shut",
        "Endpoint?_has:ImagingStudy:endpoint:patient=Patient/shut",
        "Patient?_has:ImagingStudy:patient:_id=shut-0",
        "ImagingStudy?_filter=patient eq Patient/shut",
        "Patient?_text=Shut",
        "Patient?_content=Shut",
        "ImagingStudy?_list=1",
        "ImagingStudy?_contained=both",
    ],
)
def test_no_search_looks_into_other_resources(guarded: Guarded, search: str) -> None:
    answer = guarded.get(search)
    assert answer.status_code == 403, answer.text
    assert "looks into other resources" in told(answer)
    form = dict([search.partition("?")[2].split("=", 1)])
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    where = f"{guarded.url}/{search.partition('?')[0]}/_search"
    assert guarded.http.post(where, data=form, headers=kind).status_code == 403


def test_pages_have_what_is_allowed_and_nothing_else(guarded: Guarded) -> None:
    seen: list[str] = []
    answer = guarded.get("ImagingStudy?_count=2&_sort=_id")
    while True:
        page = found(answer)
        assert len(page) <= 2
        seen += page
        following = [k["url"] for k in answer.json()["link"] if k["relation"] == "next"]
        if not following:
            break
        answer = guarded.http.get(following[0])
    assert len(seen) == len(set(seen)) == 5
    assert all("shut" not in reference for reference in seen)


def test_a_consent_withdrawn_between_two_pages_holds_for_the_second(
    guarded: Guarded,
) -> None:
    first = guarded.get("ImagingStudy?_count=2&_sort=_id")
    (following,) = (k["url"] for k in first.json()["link"] if k["relation"] == "next")
    assert len(found(first)) == 2
    guarded.switch.denied = {SHUT, OPEN}
    assert found(guarded.http.get(following)) == set()
    assert guarded.get("ImagingStudy/open-0").status_code == 404
    guarded.switch.denied = {SHUT}
    assert found(guarded.http.get(following)), "given again, it is seen again"


def test_nobody_pages_on_with_another_ones_token(guarded: Guarded) -> None:
    first = guarded.get("ImagingStudy?_count=2")
    (following,) = (k["url"] for k in first.json()["link"] if k["relation"] == "next")
    answer = httpx.get(following, timeout=60, trust_env=False)
    assert answer.status_code == 200 and found(answer) == set()
