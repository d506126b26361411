"""Say that nobody has looked at it.

The result goes into the patient's record. Who reads it there has to see what it is.
"""

from collections.abc import Callable
from typing import Any

from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.fhir.mapping.check import check_resource

_RIGHT = """
    def as_report(sr):
        signed = sr.VerificationFlag == "VERIFIED"
        maker = f"{sr.ManufacturerModelName} {sr.SoftwareVersions}"
        return {
            "resourceType": "DiagnosticReport",
            "status": "final" if signed else "preliminary",
            "code": {"text": "Imaging Measurement Report"},
            "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{sr.SOPInstanceUID}"}],
            "conclusion": f"Possible haemorrhage. Result of software: {maker}.",
        }
"""

EXERCISE = Exercise(
    blank="""
    def as_report(sr):
        ...  # a DiagnosticReport (a dict) of a report that software or a person has made

    # it needs resourceType, identifier, status, code, and a conclusion that names the maker
    """,
    answer="as_report",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        The Verification Flag says whether a person who answers for it has attested to the report
        (PS3.3 C.17.2), and final in FHIR means just that. So an unverified result is preliminary,
        however sure the software is. R4 has no Device among the performers of a DiagnosticReport:
        name and version of the algorithm go into the Observations' device, a Provenance, and the
        words.
    """,
    hints=(
        "Which flag of the SR says that a person has attested to it?",
        "VERIFIED is final, UNVERIFIED is preliminary. Completion Flag is about the document.",
        "ManufacturerModelName and SoftwareVersions name the maker: put both into the conclusion.",
    ),
    wrong=(
        Wrong(
            "final-because-complete",
            _RIGHT.replace('sr.VerificationFlag == "VERIFIED"', 'sr.CompletionFlag == "COMPLETE"'),
            """You took complete for final. The software has said all that it has to say; nobody
            has said that it is true. A ward that sees final acts on it.""",
        ),
        Wrong(
            "no-version",
            _RIGHT.replace(' {sr.SoftwareVersions}"', '"'),
            """You named the algorithm without its version. When a version is withdrawn,
            somebody has to find every report that it made.""",
        ),
        Wrong(
            "device-performs",
            _RIGHT.replace(
                '"conclusion":',
                '"performer": [{"reference": "Device/ai"}],\n            "conclusion":',
            ),
            """You made a Device the performer. R4 takes Practitioner, PractitionerRole,
            Organization and CareTeam there; a server that checks refuses the whole transaction.""",
        ),
    ),
)

RULE = (cite("PS3.3", "C.17.2"), cite("FHIR R4", "diagnosticreport"))
_MAKER, _VERSION = "bleed-o-matic", "4.2.1"


def sr(flag: str) -> Dataset:
    """Return what the header of a report says of itself."""
    ds = Dataset()
    ds.SOPInstanceUID = "2.25.4711"
    ds.CompletionFlag, ds.VerificationFlag, ds.PreliminaryFlag = "COMPLETE", flag, "PRELIMINARY"
    ds.Manufacturer, ds.ManufacturerModelName, ds.SoftwareVersions = "Acme", _MAKER, _VERSION
    if flag == "VERIFIED":
        ds.PreliminaryFlag = "FINAL"
    return ds


def check(work: Work) -> Verdict:
    """Have one made of an unverified report and of a signed one."""
    got: Any = work.call(sr("UNVERIFIED"))
    if got is None or got is ...:
        return blank("It returns nothing yet.")
    if not isinstance(got, dict) or got.get("resourceType") != "DiagnosticReport":
        return failed(expected="a DiagnosticReport as a dict", got=got, rule=RULE)
    performers = str(got.get("performer") or "")
    if "Device" in performers:
        return failed(expected="a performer that R4 allows, or none", got=performers, rule=RULE,
                      mistake="device-performs")  # fmt: skip
    issues = check_resource(got)
    if issues:
        return failed(expected="a valid R4 resource", got=str(issues[0]), rule=RULE)
    if got["status"] != "preliminary":
        return failed(expected="preliminary: nobody has verified it", got=got["status"], rule=RULE,
                      mistake="final-because-complete")  # fmt: skip
    signed = work.call(sr("VERIFIED"))
    if not isinstance(signed, dict) or signed.get("status") != "final":
        return failed(expected="final once a person has verified it",
                      got=signed.get("status") if isinstance(signed, dict) else signed,
                      rule=RULE)  # fmt: skip
    words = str(got.get("conclusion") or "")
    if _MAKER not in words or _VERSION not in words:
        mistake = "no-version" if _MAKER in words else ""
        return failed(expected=f"a conclusion that names {_MAKER} {_VERSION}", got=words, rule=RULE,
                      mistake=mistake)  # fmt: skip
    return passed("Preliminary, until a person signs; with the maker and its version.", rule=RULE)
