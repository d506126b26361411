"""What of ITI-65 a Bundle does not keep: each rule of the profiles and of the text, broken."""

from __future__ import annotations

import base64
import copy
import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from labkit.common.errors import UsageError
from labkit.exchange.mhd import LEVELS, check_bundle, digest
from labkit.fhir import validate
from tests.exchange.mhd.cases import FULL, REPORT, bundle

Change = Callable[[dict[str, Any]], Any]
LIST, DOC, BINARY = 0, 1, 2
"""Which entry of the Bundle."""


def resource(b: dict[str, Any], number: int) -> dict[str, Any]:
    found: dict[str, Any] = b["entry"][number]["resource"]
    return found


def without(number: int, *path: str | int) -> Change:
    def change(b: dict[str, Any]) -> None:
        at: Any = resource(b, number)
        for step in path[:-1]:
            at = at[step]
        del at[path[-1]]

    return change


def put(number: int, *path: Any) -> Change:
    """The last of `path` is the value."""

    def change(b: dict[str, Any]) -> None:
        at: Any = resource(b, number)
        for step in path[:-2]:
            at = at[step]
        at[path[-2]] = path[-1]

    return change


ATTACHMENT = ("content", 0, "attachment")


@pytest.mark.parametrize("level", LEVELS)
def test_what_is_built_is_right(level: str) -> None:
    made = bundle(level)
    assert check_bundle(made, level) == []
    assert validate(made) == []


def test_a_minimal_one_has_little() -> None:
    made = bundle("minimal", REPORT)
    assert check_bundle(made, "minimal") == []
    lacks = {p.element.rpartition(".")[2] for p in check_bundle(made, "comprehensive")}
    assert lacks == {
        "profile", "type", "category", "securityLabel", "language", "creation", "format",
        "facilityType", "practiceSetting",
    }  # fmt: skip


def test_every_problem_says_profile_element_rule_and_got() -> None:
    made = bundle("comprehensive")
    without(DOC, "content", 0, "format")(made)
    (problem,) = check_bundle(made, "comprehensive")
    assert problem.profile == "IHE.MHD.UnContained.Comprehensive.DocumentReference"
    assert problem.element == "Bundle.entry[1].resource.content[0].format"
    assert (problem.rule, problem.got) == ("1..1", "none")
    assert all(part in str(problem) for part in (problem.profile, problem.element, "1..1"))


BROKEN: dict[str, tuple[Change, str, str]] = {
    # name: change, element it is told of, part of what is told
    "no List": (lambda b: b["entry"].pop(LIST), "Bundle.entry", "1..1 (SubmissionSet)"),
    "two Lists": (lambda b: b["entry"].append({**b["entry"][LIST], "fullUrl": "urn:uuid:x"}),
                  "Bundle.entry", "1..1 (SubmissionSet)"),
    "batch": (lambda b: b.update(type="batch"), "Bundle.type", "transaction"),
    "no profile": (lambda b: b.pop("meta"), "Bundle.meta.profile", "ProvideBundle"),
    "a stranger": (lambda b: b["entry"].append({"resource": {"resourceType": "Device",
                   "status": "active"}, "request": {"method": "POST", "url": "Device"}}),
                   "Bundle.entry[3]", "one of SubmissionSet"),
    "PUT of the List": (lambda b: b["entry"][LIST]["request"].update(method="PUT"),
                        "Bundle.entry[0].request.method", "POST"),
    "retired": (put(LIST, "status", "retired"), "Bundle.entry[0].resource.status", "current"),
    "snapshot": (put(LIST, "mode", "snapshot"), "Bundle.entry[0].resource.mode", "working"),
    "code of the list": (put(LIST, "code", {"coding": [{"system": "http://loinc.org",
                         "code": "submissionset"}]}), "Bundle.entry[0].resource.code",
                         "MHDlistTypes|submissionset"),
    "no date": (without(LIST, "date"), "Bundle.entry[0].resource.date", "1..1"),
    "no sourceId": (without(LIST, "extension", 0), "Bundle.entry[0].resource.extension",
                    "1..1 (sourceId)"),
    "no designationType": (without(LIST, "extension", 1), "Bundle.entry[0].resource.extension",
                           "1..1 (designationType)"),
    "sourceId a string": (put(LIST, "extension", 0, {"url": "https://profiles.ihe.net/ITI/MHD/"
                          "StructureDefinition/ihe-sourceId", "valueString": "x"}),
                          "Bundle.entry[0].resource.extension[0]", "valueIdentifier"),
    "uniqueId no OID": (put(LIST, "identifier", 0, "value", "urn:uuid:1"),
                        "Bundle.entry[0].resource.identifier[0].value", "begins with urn:oid:"),
    "an encounter": (put(LIST, "encounter", {"reference": "Encounter/1"}),
                     "Bundle.entry[0].resource.encounter", "0..0"),
    "a flag": (put(LIST, "entry", 0, "flag", {"text": "x"}),
               "Bundle.entry[0].resource.entry[0].flag", "0..0"),
    "no masterIdentifier": (without(DOC, "masterIdentifier"),
                            "Bundle.entry[1].resource.masterIdentifier", "1..1"),
    "masterIdentifier official": (put(DOC, "masterIdentifier", "use", "official"),
                                  "Bundle.entry[1].resource.masterIdentifier.use", "is usual"),
    "entered in error": (put(DOC, "status", "entered-in-error"),
                         "Bundle.entry[1].resource.status", "current, superseded"),
    "docStatus": (put(DOC, "docStatus", "final"), "Bundle.entry[1].resource.docStatus", "0..0"),
    "two contents": (lambda b: resource(b, DOC)["content"].append(resource(b, DOC)["content"][0]),
                     "Bundle.entry[1].resource.content", "1..1"),
    "data inside": (put(DOC, *ATTACHMENT, "data", "QQ=="),
                    "Bundle.entry[1].resource.content[0].attachment.data", "0..0"),
    "no url": (without(DOC, *ATTACHMENT, "url"),
               "Bundle.entry[1].resource.content[0].attachment.url", "1..1"),
    "no contentType": (without(DOC, *ATTACHMENT, "contentType"),
                       "Bundle.entry[1].resource.content[0].attachment.contentType", "1..1"),
    "two categories": (lambda b: resource(b, DOC)["category"].append({"text": "x"}),
                       "Bundle.entry[1].resource.category", "1..1"),
    "no context": (without(DOC, "context"), "Bundle.entry[1].resource.context", "1..1"),
    "no facility": (without(DOC, "context", "facilityType"),
                    "Bundle.entry[1].resource.context.facilityType", "1..1"),
    "a group": (put(DOC, "subject", {"reference": "Group/1"}),
                "Bundle.entry[1].resource.subject", "refers to Patient"),
    "author elsewhere": (put(DOC, "author", 0, {"reference": "Practitioner/chen"}),
                         "Bundle.entry[1].resource.author[0]", "contained"),
    "author of nobody": (put(DOC, "author", 0, {"reference": "#none"}),
                         "Bundle.entry[1].resource.author[0]", "contained"),
    "patient elsewhere": (put(DOC, "context", "sourcePatientInfo", {"reference": "Patient/1"}),
                          "Bundle.entry[1].resource.context.sourcePatientInfo", "contained"),
    # what only the text says
    "no subject": (without(DOC, "subject"), "Bundle.entry[1].resource.subject", "populated"),
    "two patients": (put(DOC, "subject", {"reference": "Patient/2"}), "Bundle.entry",
                     "about one patient"),
    "not in the set": (put(LIST, "entry", [{"item": {"reference": "DocumentReference/1"}}]),
                       "Bundle.entry[1]", "entry.item"),
    "no Binary": (lambda b: b["entry"].pop(BINARY),
                  "Bundle.entry[1].resource.content[0].attachment.url", "Binary in the Bundle"),
    "a Binary of the server": (put(DOC, *ATTACHMENT, "url", "Binary/7"),
                               "Bundle.entry[1].resource.content[0].attachment.url",
                               "Binary in the Bundle"),
    "no hash": (without(DOC, *ATTACHMENT, "hash"),
                "Bundle.entry[1].resource.content[0].attachment.hash", "none"),
    "other bytes": (put(BINARY, "data", "b3RoZXI="),
                    "Bundle.entry[1].resource.content[0].attachment.hash", "SHA-1 of the bytes"),
    "other size": (put(DOC, *ATTACHMENT, "size", 24),
                   "Bundle.entry[1].resource.content[0].attachment.size", "number of bytes"),
    "other type": (put(BINARY, "contentType", "text/plain"),
                   "Bundle.entry[1].resource.content[0].attachment.contentType", "text/plain"),
    "not FHIR": (put(DOC, "author", {"reference": "#author"}), "Bundle.entry[1].resource.author",
                 "valid FHIR R4"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_rule_that_is_broken_is_told(name: str) -> None:
    change, element, says = BROKEN[name]
    made = copy.deepcopy(bundle("comprehensive"))
    change(made)
    problems = check_bundle(made, "comprehensive")
    assert [p for p in problems if p.element == element and says in str(p)], problems


def test_uncontained_may_point_elsewhere() -> None:
    made = bundle("uncontained")
    put(DOC, "author", 0, {"reference": "Practitioner/chen"})(made)
    assert check_bundle(made, "uncontained") == []
    assert "contained" in str(check_bundle(made, "comprehensive"))


CONTENT = FULL.content


@pytest.mark.parametrize(
    ("said", "named"),
    [
        (base64.b64encode(hashlib.sha1(CONTENT).hexdigest().encode()).decode(), "hexadecimal"),
        (digest(base64.b64encode(CONTENT)), "SHA-1 of the base64"),
    ],
)
def test_the_usual_wrong_hashes_are_named(said: str, named: str) -> None:
    """IHE's own examples of 4.2.3 have the first; it is not what R4's Attachment.hash is."""
    made = bundle()
    put(DOC, *ATTACHMENT, "hash", said)(made)
    (problem,) = check_bundle(made, "comprehensive")
    assert named in problem.got


def test_a_document_elsewhere_needs_no_binary() -> None:
    made = bundle("minimal")
    put(DOC, *ATTACHMENT, "url", "https://repository.example/doc/1")(made)
    made["entry"].pop(BINARY)
    assert check_bundle(made, "minimal") == []


def test_a_fhir_document_has_neither_hash_nor_size() -> None:
    made = bundle("minimal")
    made["entry"][BINARY]["resource"] = {"resourceType": "Bundle", "type": "document"}
    made["entry"][BINARY]["request"]["url"] = "Bundle"
    found = {p.element.rpartition(".")[2] for p in check_bundle(made)}
    assert found == {"hash", "size"}


# --- replacing


def replacing() -> dict[str, Any]:
    return bundle("minimal", replace(REPORT, relates=(("replaces", "DocumentReference/7"),)))


def test_a_replacement_brings_its_patch() -> None:
    made = replacing()
    assert [e["request"]["method"] for e in made["entry"]] == ["POST", "POST", "POST", "PATCH"]
    assert check_bundle(made) == []


def test_an_addendum_brings_none() -> None:
    made = bundle("minimal", replace(REPORT, relates=(("appends", "DocumentReference/7"),)))
    assert [e["request"]["method"] for e in made["entry"]] == ["POST"] * 3
    assert check_bundle(made) == []


def test_no_patch_is_told() -> None:
    made = replacing()
    made["entry"].pop()
    (problem,) = check_bundle(made)
    assert problem.element == "Bundle.entry[1].resource.relatesTo[0]"
    assert "no PATCH of DocumentReference/7" in problem.got
    assert problem.profile == "ITI-65 2:3.65.4.1.2.3"


def test_a_patch_without_replacement_is_told() -> None:
    made = replacing()
    del resource(made, DOC)["relatesTo"]
    (problem,) = check_bundle(made)
    assert "nothing replaces DocumentReference/7" in problem.got


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [(0, "valueCode", "add"), (1, "valueString", "DocumentReference.docStatus"),
     (2, "valueCode", "entered-in-error")],
)  # fmt: skip
def test_another_patch_is_told(part: int, key: str, value: str) -> None:
    made = replacing()
    resource(made, 3)["parameter"][0]["part"][part][key] = value
    (problem,) = check_bundle(made)
    assert problem.profile == "IHE.MHD.Patch.Parameters"
    assert problem.got == value


def test_a_put_in_the_place_of_the_patch_is_told() -> None:
    made = replacing()
    made["entry"][3]["request"]["method"] = "PUT"
    assert [p.element for p in check_bundle(made)] == ["Bundle.entry[3].request.method"]


# --- and what is no Bundle


def test_there_are_three_levels() -> None:
    with pytest.raises(UsageError, match="no level") as caught:
        check_bundle(bundle(), "full")
    assert "comprehensive" in caught.value.remedy


@pytest.mark.parametrize("what", [{}, {"resourceType": "List"}])
def test_another_resource_is_refused(what: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="no Bundle"):
        check_bundle(what)


@pytest.mark.parametrize(
    "what",
    [
        {"resourceType": "Bundle"},
        {"resourceType": "Bundle", "type": "transaction", "entry": [{}]},
        {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "List"}}]},
        {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "DocumentReference",
         "content": [{}], "masterIdentifier": "x", "identifier": ["x"], "extension": [3]}}]},
        {"resourceType": "Bundle", "entry": "x", "meta": {"profile": "x"}},
    ],
)  # fmt: skip
def test_anything_else_is_told_and_nothing_fails(what: dict[str, Any]) -> None:
    assert check_bundle(what)
