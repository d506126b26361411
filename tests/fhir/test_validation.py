"""The validator: what it refuses and where, and that it is never laxer than fhir.resources."""

import copy
import random
from decimal import Decimal
from typing import Any

import pytest

from labkit.fhir import validate
from labkit.fhir.validation import MAX_ISSUES

STUDY: dict[str, Any] = {
    "resourceType": "ImagingStudy",
    "id": "s1",
    "text": {
        "status": "generated",
        "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p>CT <b>head</b></p></div>',
    },
    "contained": [
        {"resourceType": "Practitioner", "id": "ref", "name": [{"family": "Osei"}]},
        {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/1"}},
    ],
    "extension": [{"url": "http://example.org/x", "valueDecimal": Decimal("1.50")}],
    "identifier": [{"use": "official", "system": "urn:dicom:uid", "value": "urn:oid:2.25.1"}],
    "status": "available",
    "modality": [{"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "CT"}],
    "subject": {"reference": "Patient/1", "display": "Rossi"},
    "started": "2026-01-15T08:30:00+01:00",
    "_description": {"extension": [{"url": "http://example.org/why", "valueCode": "absent"}]},
    "referrer": {"reference": "#ref"},
    "endpoint": [{"reference": "Endpoint/1"}],
    "numberOfSeries": 1,
    "series": [
        {
            "uid": "2.25.11",
            "number": 1,
            "modality": {"code": "CT"},
            "performer": [{"actor": {"reference": "Practitioner/9"}}],
            "instance": [
                {"uid": "2.25.111", "sopClass": {"code": "urn:oid:1.2.840.10008.5.1.4.1.1.2"}}
            ],
        }
    ],
}
REPORT: dict[str, Any] = {
    "resourceType": "DiagnosticReport",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "24725-4"}], "text": "CT head"},
    "effectivePeriod": {"start": "2026-01-15", "end": "2026-01-16"},
    "issued": "2026-01-15T09:00:00.000Z",
    "imagingStudy": [{"reference": "ImagingStudy/s1"}],
    "presentedForm": [{"contentType": "application/pdf", "data": "JVBERi0=", "size": 5}],
}
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "active": True,
    "name": [
        {
            "family": "Rossi",
            "given": ["Ada", None],
            "_given": [None, {"extension": [{"url": "http://example.org/x", "valueCode": "unk"}]}],
        }
    ],
    "gender": "female",
    "birthDate": "1970-05",
    "deceasedBoolean": False,
    "photo": [{"contentType": "image/png", "url": "http://example.org/p.png"}],
    "multipleBirthInteger": 2,
}
VALID = [STUDY, REPORT, PATIENT]


@pytest.mark.parametrize("resource", VALID, ids=lambda r: str(r["resourceType"]))
def test_accepts(resource: dict[str, Any]) -> None:
    assert validate(resource) == []


def changed(resource: dict[str, Any], **values: Any) -> dict[str, Any]:
    out = {**copy.deepcopy(resource), **values}
    return {name: value for name, value in out.items() if value is not ...}


SERIES = STUDY["series"][0]
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'
REFUSES: list[tuple[Any, str, str]] = [
    (None, "structure", ""),
    ([], "structure", ""),
    ({}, "structure", ""),
    ({"resourceType": "Study"}, "structure", "resourceType"),
    ({"resourceType": "Identifier"}, "structure", "resourceType"),
    (changed(STUDY, status="foo"), "code-invalid", "ImagingStudy.status"),
    (changed(STUDY, status=...), "required", "ImagingStudy.status"),
    (changed(STUDY, status="Available"), "code-invalid", "ImagingStudy.status"),
    (changed(STUDY, numberOfSeries="1"), "value", "ImagingStudy.numberOfSeries"),
    (changed(STUDY, numberOfSeries=-1), "value", "ImagingStudy.numberOfSeries"),
    (changed(STUDY, numberOfSeries=True), "value", "ImagingStudy.numberOfSeries"),
    (changed(STUDY, numberOfSeries=2**31), "value", "ImagingStudy.numberOfSeries"),
    (changed(STUDY, started="2026-01-15T08:30"), "value", "ImagingStudy.started"),
    (changed(STUDY, started="2026-01-15T08:30:00"), "value", "ImagingStudy.started"),
    (changed(STUDY, started="20260115"), "value", "ImagingStudy.started"),
    (changed(STUDY, started="2026-02-30"), "value", "ImagingStudy.started"),
    (changed(STUDY, started=""), "value", "ImagingStudy.started"),
    (changed(STUDY, started=None), "value", "ImagingStudy.started"),
    (changed(STUDY, patient={"reference": "Patient/1"}), "structure", "ImagingStudy.patient"),
    (changed(STUDY, subject={"reference": "Endpoint/1"}), "value", "ImagingStudy.subject"),
    (
        changed(STUDY, subject={"reference": "https://a.test/fhir/Endpoint/1"}),
        "value",
        "ImagingStudy.subject",
    ),
    (changed(STUDY, subject={"type": "Endpoint"}), "value", "ImagingStudy.subject"),
    (changed(STUDY, referrer={"reference": "#nobody"}), "invariant", "ImagingStudy.referrer"),
    (changed(STUDY, identifier={"value": "x"}), "structure", "ImagingStudy.identifier"),
    (changed(STUDY, identifier=[]), "structure", "ImagingStudy.identifier"),
    (changed(STUDY, identifier=[None]), "structure", "ImagingStudy.identifier[0]"),
    (
        changed(STUDY, identifier=[{"use": "mine"}]),
        "code-invalid",
        "ImagingStudy.identifier[0].use",
    ),
    (changed(STUDY, subject=[{"reference": "Patient/1"}]), "structure", "ImagingStudy.subject"),
    (changed(STUDY, subject="Patient/1"), "structure", "ImagingStudy.subject"),
    (changed(STUDY, subject={}), "structure", "ImagingStudy.subject"),
    (changed(STUDY, series=[{"uid": "2.25.1"}]), "required", "ImagingStudy.series[0].modality"),
    (
        changed(STUDY, series=[{**SERIES, "uid": "urn:oid:2.25.1"}]),
        "value",
        "ImagingStudy.series[0].uid",
    ),
    (changed(STUDY, contained=[{"id": "ref"}]), "structure", "ImagingStudy.contained[0]"),
    (
        changed(STUDY, contained=[{"resourceType": "Nope", "id": "ref"}]),
        "structure",
        "ImagingStudy.contained[0]",
    ),
    (
        changed(STUDY, contained=[{"resourceType": "Practitioner", "id": "ref", "gender": "M"}]),
        "code-invalid",
        "ImagingStudy.contained[0].gender",
    ),
    (changed(STUDY, extension=[{"valueCode": "x"}]), "required", "ImagingStudy.extension[0].url"),
    (
        changed(STUDY, extension=[{"url": "u", "valueCode": "x", "valueString": "y"}]),
        "structure",
        "ImagingStudy.extension[0]",
    ),
    (changed(STUDY, _started="x"), "structure", "ImagingStudy.started"),
    (changed(STUDY, _subject={"id": "x"}), "structure", "ImagingStudy._subject"),
    (changed(REPORT, effectiveDateTime="2026"), "structure", "DiagnosticReport"),
    (changed(REPORT, issued="2026-01-15"), "value", "DiagnosticReport.issued"),
    (
        changed(REPORT, presentedForm=[{"data": "JVBERi0"}]),
        "value",
        "DiagnosticReport.presentedForm[0].data",
    ),
    (changed(PATIENT, gender="F"), "code-invalid", "Patient.gender"),
    (changed(PATIENT, gender=" female"), "value", "Patient.gender"),
    (changed(PATIENT, active="true"), "value", "Patient.active"),
    (changed(PATIENT, id="a" * 65), "value", "Patient.id"),
    (changed(PATIENT, language="x" * 30_000 + " "), "value", "Patient.language"),
    (changed(STUDY, description="x" * (2**20 + 1)), "value", "ImagingStudy.description"),
    (changed(PATIENT, birthDate="05/1970"), "value", "Patient.birthDate"),
    *[
        (changed(PATIENT, text={"status": "generated", "div": div}), "value", "Patient.text.div")
        for div in (
            "CT head",
            "<p>CT head</p>",
            DIV.format("<br>"),
            DIV.format("<script>alert(1)</script>"),
            DIV.format('<p onclick="alert(1)">x</p>'),
            DIV.format('<a href=" JavaScript:alert(1)">x</a>'),
            '<!DOCTYPE x [<!ENTITY a "b">]>' + DIV.format("&a;"),
        )
    ],
]


@pytest.mark.parametrize(("resource", "code", "where"), REFUSES)
def test_refuses_and_says_where(resource: Any, code: str, where: str) -> None:
    issues = validate(resource)
    assert (code, where) in [(issue.code, issue.expression) for issue in issues], issues
    assert all(issue.diagnostics for issue in issues)


def test_stops_counting_at_a_limit() -> None:
    many = {"resourceType": "Patient", **{f"x{n}": n for n in range(MAX_ISSUES * 2)}}
    assert len(validate(many)) == MAX_ISSUES


JUNK = [
    None, True, 0, -1, 3.5, "", " ", "x", "2026-13-01", "2026-01-01T10:00", "a b", " a", [], {},
    ["x"], {"foo": 1}, "Patient/1", "#zz", "urn:oid:1.02", "<div>", "!!",
]  # fmt: skip


def spots(value: Any) -> list[tuple[Any, Any]]:
    out: list[tuple[Any, Any]] = []
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in pairs:
        if key != "resourceType":
            out.append((value, key))
        if isinstance(item, (dict, list)):
            out += spots(item)
    return out


def test_never_accepts_what_fhir_resources_refuses() -> None:
    """Break valid resources in 1500 ways: the pydantic models must not find more than we do."""
    from fhir.resources.R4B import get_fhir_model_class

    rng = random.Random(20260115)
    both, ours_only = 0, 0
    for _ in range(1500):
        resource = copy.deepcopy(rng.choice(VALID))
        container, key = rng.choice(spots(resource))
        act = rng.choice(["drop", "junk", "junk", "add"])
        if act == "drop":
            del container[key]
        elif act == "junk":
            container[key] = rng.choice(JUNK)
        elif isinstance(container, dict):
            container["bogus"] = 1
        refused = bool(validate(resource))
        try:
            get_fhir_model_class(resource["resourceType"]).model_validate(copy.deepcopy(resource))
        except (ValueError, TypeError, AttributeError):  # the last two: a number for a url
            assert refused, resource
            both += 1
        else:
            ours_only += refused
    assert both > 500
    assert ours_only > 100, "it is stricter: codes, numbers in quotes, dangling #references"


def test_what_an_entry_contains_is_its_own() -> None:
    """A #reference leads into the resource that has it, not into the Bundle or another entry."""
    order = {
        "resourceType": "ServiceRequest", "status": "active", "intent": "order",
        "contained": [{"resourceType": "Patient", "id": "ann", "active": True}],
        "subject": {"reference": "#ann"},
    }  # fmt: skip
    alone = {**order, "contained": [{"resourceType": "Patient", "id": "eve", "active": True}]}
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": order}]}
    assert validate(bundle) == []
    bundle["entry"] = [{"resource": order}, {"resource": alone}]
    assert [issue.expression for issue in validate(bundle)] == ["Bundle.entry[1].resource.subject"]
