"""Mend an ImagingStudy until the server takes it.

The answer to a refused resource is an OperationOutcome: read it, mend, send again.
"""

from copy import deepcopy
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.fhir import validate

GIVEN = """
    import copy
    import requests
    base = lab.fhir.url
    refused = {
        "resourceType": "ImagingStudy",
        "status": "completed",
        "patient": {"reference": "Patient/thistlewick"},
        "identifier": {"system": "urn:dicom:uid", "value": "urn:oid:1.2.40.0.13.1.99"},
        "series": [{
            "uid": "1.2.40.0.13.1.99.1",
            "modality": {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "CT"},
        }],
    }
"""

EXERCISE = Exercise(
    given=GIVEN,
    blank="""
        mended = copy.deepcopy(refused)
        ...  # change `mended` until the server takes it; lose nothing that it says
    """,
    answer="mended",
    expects=dict,
    reference="""
        mended = copy.deepcopy(refused)
        mended["status"] = "available"
        mended["subject"] = mended.pop("patient")
        mended["identifier"] = [mended["identifier"]]
    """,
    explanation="""
        Three things were wrong. completed is a status of other resources: an ImagingStudy is
        registered, available, cancelled, entered-in-error or unknown. The patient is in subject,
        since a phantom or a group can be imaged too. identifier may repeat, so in JSON it is
        always an array, even with one value. Such resources are really sent: older drafts had
        patient, and a program in a language without schemas easily writes an object where an array
        belongs.
    """,
    hints=(
        "requests.post(...).json() is an OperationOutcome. Each of its issues has an expression, "
        "which says where, and diagnostics, which say what.",
        "A status comes from a fixed list. An element that may repeat is a list in JSON, even with "
        "one value. An element that FHIR does not know has another name.",
        'The status is "available"; the patient belongs in "subject"; identifier is a list with '
        "one dict.",
    ),
    wrong=(
        Wrong(
            "dropped-the-identifier",
            """
            mended = copy.deepcopy(refused)
            mended["status"] = "available"
            mended["subject"] = mended.pop("patient")
            del mended["identifier"]
            """,
            """You deleted the identifier. The server takes the rest, but nothing ties the resource
            to the study in the archive any more. Mend it: it only has to be a list.""",
        ),
        Wrong(
            "status-unknown",
            """
            mended = copy.deepcopy(refused)
            mended["status"] = "unknown"
            mended["subject"] = mended.pop("patient")
            mended["identifier"] = [mended["identifier"]]
            """,
            """unknown is allowed, and says that nobody knows whether the images are there. They
            said completed: the images are there, so it is available.""",
        ),
        Wrong(
            "two-of-three",
            """
            mended = copy.deepcopy(refused)
            mended["status"] = "available"
            mended["identifier"] = [mended["identifier"]]
            """,
            """The element patient is still there, and subject is missing. In ImagingStudy R4 the
            one who was imaged is the subject.""",
        ),
    ),
)

RULE = cite("FHIR R4", "imagingstudy")
EXPECTED = "a valid ImagingStudy that says what the refused one meant"


def check(work: Work) -> Verdict:
    """Ask the validator that the server uses, then compare with what was meant."""
    mended: dict[str, Any] = deepcopy(work.answer)
    if mended == _refused():
        return blank()
    issues = validate(mended)
    if issues:
        got = "; ".join(str(issue) for issue in issues[:4])
        mistake = "two-of-three" if "patient" in mended else ""
        return failed(expected=EXPECTED, got=got, rule=RULE, mistake=mistake)
    if mended.get("resourceType") != "ImagingStudy":
        return failed(expected=EXPECTED, got=f"{mended.get('resourceType')}", rule=RULE)
    meant = _refused()["identifier"]
    kept = [{k: i.get(k) for k in meant} for i in mended.get("identifier", [])]
    if meant not in kept:
        return failed(expected="the identifier kept", got="it is gone or changed",
                      rule=RULE, mistake="dropped-the-identifier")  # fmt: skip
    if mended["subject"].get("reference") != "Patient/thistlewick":
        return failed(expected="subject Patient/thistlewick", got=mended["subject"], rule=RULE)
    if mended["status"] != "available":
        mistake = "status-unknown" if mended["status"] == "unknown" else ""
        return failed(expected="status available", got=f"status {mended['status']}",
                      rule=RULE, mistake=mistake)  # fmt: skip
    if mended.get("series") != _refused()["series"]:
        return failed(expected="the series kept", got=f"series {mended.get('series')}", rule=RULE)
    return passed("The server takes it, and nothing was lost.", rule=RULE)


def _refused() -> dict[str, Any]:
    """Return the resource as it was refused, whatever the notebook has made of it since."""
    return {
        "resourceType": "ImagingStudy",
        "status": "completed",
        "patient": {"reference": "Patient/thistlewick"},
        "identifier": {"system": "urn:dicom:uid", "value": "urn:oid:1.2.40.0.13.1.99"},
        "series": [
            {
                "uid": "1.2.40.0.13.1.99.1",
                "modality": {
                    "system": "http://dicom.nema.org/resources/ontology/DCM",
                    "code": "CT",
                },
            }
        ],
    }
