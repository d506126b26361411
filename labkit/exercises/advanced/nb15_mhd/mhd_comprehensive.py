"""What XDS wants to know.

A registry behind the FHIR server takes Comprehensive metadata and nothing less. Fill in what the
report lacks.
"""

from __future__ import annotations

from datetime import datetime, timezone

from labkit.common import cite
from labkit.exchange.mhd import Document, Submission, check_bundle, provide_bundle
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb15_mhd._documents import IMPORTS, SUBJECT

FACTS = """
    LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
    CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
    FORMATS = "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode"
    report = Document(PDF, "application/pdf", "2.25.2026150003", title="Chest CT: report")
"""
_RIGHT = """
    full = replace(
        report,
        creation="2026-01-13T10:00:00Z",
        language="en",
        type=Code(LOINC, "18748-4"),
        category=Code(LOINC, "18726-0"),
        format=Code(FORMATS, "urn:ihe:iti:xds-sd:pdf:2008"),
        facility=Code(SNOMED, "22232009"),
        setting=Code(SNOMED, "394914008"),
        security=(Code(CONFIDENTIALITY, "N"),),
    )
"""

EXERCISE = Exercise(
    given=IMPORTS + FACTS,
    blank="""
    # Written on 13 January 2026 at 10:00 UTC, in English, at a hospital (SNOMED CT 22232009) by its
    # radiology (394914008); submitted on the 15th. A diagnostic imaging study (LOINC 18748-4), of
    # the class radiology studies (18726-0). Its format is urn:ihe:iti:xds-sd:pdf:2008, its
    # confidentiality N.
    full = replace(report)
    """,
    answer="full",
    expects=Document,
    reference=_RIGHT,
    explanation="""
        Each of the eight is an attribute of the registry: creationTime, languageCode, typeCode,
        classCode, formatCode, healthcareFacilityTypeCode, practiceSettingCode and
        confidentialityCode. A community agrees on their value sets; a registry refuses others. The
        format says what a program has to understand, beyond the media type: a KOS and any other
        DICOM object are both application/dicom.
    """,
    hints=(
        "check_bundle(provide_bundle([full], …), 'comprehensive') names what is missing.",
        "Which of type and category is the exact one? typeCode is exact, classCode is coarse.",
        "facility is where (hospital), setting is the specialty (radiology). creation is when the "
        "content was made, not when it was submitted.",
    ),
    wrong=(
        Wrong(
            "created-when-submitted",
            _RIGHT.replace("2026-01-13T10:00:00Z", "2026-01-15T08:00:00Z"),
            """You gave the time of the submission. The SubmissionSet has that already; creation is
            when the report was written, and doctors sort by it.""",
        ),
        Wrong(
            "place-and-specialty",
            _RIGHT.replace("22232009", "X").replace("394914008", "22232009").replace(
                "X", "394914008"),
            """Facility type and practice setting are the wrong way round: the place is a hospital,
            the specialty radiology. Who filters by specialty does not find the report.""",
        ),
        Wrong(
            "type-and-class",
            _RIGHT.replace("18748-4", "X").replace("18726-0", "18748-4").replace("X", "18726-0"),
            """type and category are the wrong way round. classCode is the drawer, typeCode what
            lies in it.""",
        ),
        Wrong(
            "code-without-system",
            _RIGHT.replace("Code(SNOMED,", 'Code("",'),
            """A code without its system is no code: 22232009 is a hospital in SNOMED CT alone, and
            a search by system|code does not find it.""",
        ),
        Wrong(
            "still-missing",
            _RIGHT.replace('        language="en",\n', ""),
            """Something that Comprehensive wants once is not there.""",
        ),
    ),
)  # fmt: skip

RULE = (
    cite("IHE ITI MHD", "IHE.MHD.Comprehensive.DocumentReference"),
    cite("IHE ITI TF-3", "4.2.3.2"),
)
_WRITTEN = datetime(2026, 1, 13, 10, tzinfo=timezone.utc)
_PATIENT = {"resourceType": "Patient", "name": [{"family": "Thistlewick"}]}
_CODES = {"type": "18748-4", "category": "18726-0", "facility": "22232009", "setting": "394914008",
          "format": "urn:ihe:iti:xds-sd:pdf:2008"}  # fmt: skip
_SWAPPED = {"type": "type-and-class", "category": "type-and-class",
            "facility": "place-and-specialty", "setting": "place-and-specialty"}  # fmt: skip


def check(work: Work) -> Verdict:
    """Make the Bundle, hold it against Comprehensive, and look whether it says what is so."""
    full: Document = work.answer
    named = {name: getattr(full, name) for name in _CODES}
    if not any(named.values()) and not full.creation:
        return blank("The report says as little as before.")
    submission = Submission("2.25.1", "2.25.2", "2026-01-15T08:00:00Z", designation=full.type)
    for code in (*named.values(), *full.security):
        if code is not None and not code.system:
            return failed(expected="a code with its system", got=code.code, rule=RULE,
                          mistake="code-without-system")  # fmt: skip
    bundle = provide_bundle([full], submission, subject=SUBJECT, level="comprehensive",
                            source_patient=_PATIENT)  # fmt: skip
    if problems := check_bundle(bundle, "comprehensive"):
        return failed(expected="no problem", got=str(problems[0]), rule=RULE,
                      mistake="still-missing")  # fmt: skip
    for name, wanted in _CODES.items():
        if named[name].code != wanted:
            got = f"{name} {named[name].code}"
            return failed(expected=f"{name} {wanted}", got=got, rule=RULE,
                          mistake=_SWAPPED.get(name, ""))  # fmt: skip
    if _moment(full.creation) != _WRITTEN:
        mistake = "created-when-submitted" if full.creation.startswith("2026-01-15") else ""
        return failed(expected="2026-01-13T10:00:00Z", got=full.creation, rule=RULE,
                      mistake=mistake)  # fmt: skip
    if full.language != "en" or [code.code for code in full.security] != ["N"]:
        said = (full.language, [code.code for code in full.security])
        return failed(expected=("en", ["N"]), got=said, rule=RULE)
    return passed("Eight attributes, each with its system and in its place.", rule=RULE)


def _moment(said: str) -> datetime | None:
    """The same moment may be said in another zone; without a zone it is none."""
    try:
        at = datetime.fromisoformat(said.replace("Z", "+00:00"))
    except ValueError:
        return None
    return at if at.tzinfo else None
