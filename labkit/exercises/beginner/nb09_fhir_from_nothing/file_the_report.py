"""Put the radiologist's report beside the images.

The structured report of the CT of the head, as a DiagnosticReport that points to its ImagingStudy.
"""

import requests

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.beginner.nb09_fhir_from_nothing._server import (
    as_dicts,
    reference_of,
    sent,
    stored,
)

_REFERENCE = """
    report = {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "18748-4"}]},
        "subject": {"reference": "Patient/quillfeather"},
        "imagingStudy": [{"reference": "ImagingStudy/ct-head"}],
        "conclusion": conclusion,
    }
    response = requests.post(f"{base}/DiagnosticReport", json=report)
"""

EXERCISE = Exercise(
    given="""
        import requests
        from labkit.dicom import sample
        base = lab.fhir.url
        requests.put(f"{base}/ImagingStudy/ct-head", json={
            "resourceType": "ImagingStudy", "id": "ct-head", "status": "available",
            "subject": {"reference": "Patient/quillfeather"},
        })
        sr = sample("ct-head").datasets("SR")[0]
        conclusion = sr.ContentSequence[-1].ContentSequence[0].TextValue
    """,
    blank="""
        report = ...  # a DiagnosticReport with the conclusion, for the right patient and study
        response = ...
        if report is not ...:
            response = requests.post(f"{base}/DiagnosticReport", json=report)
    """,
    answer="response",
    expects=requests.Response,
    reference=_REFERENCE,
    explanation="""
        The SR says COMPLETE and VERIFIED, so the status is final. The code says what kind of
        report it is; 18748-4 is LOINC's code for a diagnostic imaging report, and the SR's own
        title has the same one. imagingStudy is a list of references, and each points to a resource
        on the server by type and id. The text of the findings stays in the SR: FHIR carries what
        others must find and read, the archive keeps the original.
    """,
    hints=(
        "DiagnosticReport needs a status and a code. It has places for the patient, the images "
        "and the conclusion too.",
        "The SR is complete and verified. A reference is a dict with one key: "
        '{"reference": "Type/id"}.',
        'status "final", code.coding[0] with system http://loinc.org and code 18748-4, subject '
        "Patient/quillfeather, imagingStudy a list with ImagingStudy/ct-head, conclusion the text.",
    ),
    wrong=(
        Wrong(
            "no-link-to-the-images",
            _REFERENCE.replace('"imagingStudy": [{"reference": "ImagingStudy/ct-head"}],', ""),
            """The report does not say which images it is about. In a viewer nobody can go from
            the one to the other: put a reference to the study into imagingStudy.""",
        ),
        Wrong(
            "preliminary",
            _REFERENCE.replace('"final"', '"preliminary"'),
            """You filed it as preliminary. The SR has Completion Flag COMPLETE and Verification
            Flag VERIFIED: it is signed, and whoever waits for a final report would wait for
            ever.""",
        ),
        Wrong(
            "points-to-the-patient",
            _REFERENCE.replace("ImagingStudy/ct-head", "Patient/quillfeather", 1),
            """imagingStudy points to the patient. Each reference says in its definition what it may
            point to; here that is an ImagingStudy.""",
        ),
    ),
)  # fmt: skip

RULE = cite("FHIR R4", "diagnosticreport")
EXPECTED = "a final DiagnosticReport that points to the patient and the study"


def check(work: Work) -> Verdict:
    """Read the report back from the server."""
    targets = [reference_of(item) for item in as_dicts(sent(work.answer).get("imagingStudy"))]
    if work.answer.status_code == 422 and any(t.startswith("Patient/") for t in targets):
        return failed(expected="imagingStudy with a reference to an ImagingStudy",
                      got="a reference to something else", rule=RULE,
                      mistake="points-to-the-patient")  # fmt: skip
    report = stored(work, "DiagnosticReport")
    if isinstance(report, Verdict):
        return report
    status = report["status"]
    if status != "final":
        mistake = "preliminary" if status == "preliminary" else ""
        return failed(expected="status final", got=f"status {status}", rule=RULE, mistake=mistake)
    subject = reference_of(report.get("subject"))
    if subject != "Patient/quillfeather":
        return failed(expected="subject Patient/quillfeather", got=subject or "none", rule=RULE)
    studies = [reference_of(item) for item in report.get("imagingStudy", [])]
    if "ImagingStudy/ct-head" not in studies:
        return failed(expected="imagingStudy with ImagingStudy/ct-head",
                      got=", ".join(studies) or "no imagingStudy", rule=RULE,
                      mistake="" if studies else "no-link-to-the-images")  # fmt: skip
    codes = [c.get("code") for c in report["code"].get("coding", [])]
    if "18748-4" not in codes:
        return failed(expected="code 18748-4 of LOINC", got=f"{codes or report['code']}", rule=RULE)
    if "Acute haemorrhage" not in report.get("conclusion", ""):
        return failed(expected="the conclusion of the SR", got=report.get("conclusion", "none"),
                      rule=RULE)  # fmt: skip
    return passed(EXPECTED[0].upper() + EXPECTED[1:] + ".", rule=RULE)
