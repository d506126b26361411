"""Who issued that number: a site file for two hospitals.

1001234 is Posy at North General and somebody else at Lakeside. The header says whose number it is.
"""

from typing import Any

from labkit.common import cite
from labkit.common.errors import LabkitError
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.intermediate.nb08_from_tags_to_imagingstudy._headers import (
    LAKE,
    NORTH,
    header,
)
from labkit.fhir.mapping import MappedStudy, Site, StudyBuilder

_SITE = f"""
    site = Site.parse('''
    [issuer]
    NORTHGEN = "{NORTH}"
    LAKESIDE = "{LAKE}"

    [policy]
    Patient = "conditional"
    ''')
"""

EXERCISE = Exercise(
    given="""
        from labkit.fhir.mapping import Site
    """,
    blank="""
        site = ...  # Site.parse("…"): both issuers, and Patients that are found, never created
    """,
    answer="site",
    expects=Site,
    reference=_SITE,
    explanation="""
        Issuer of Patient ID (0010,0021) is a local name, and FHIR's identifier.system is a URI. No
        standard leads from one to the other: the site does. With the policy conditional the
        reference is a search, Patient?identifier=system|value, which the server resolves in the
        transaction and refuses if it finds none or two. No default is set: where a header names no
        issuer, the number could be anyone's, and a default would make it Posy's.
    """,
    hints=(
        "The parts of a site file are shown above. Which one turns a name into a system, and which "
        "one says what becomes of references?",
        "[issuer] has a line for each name in (0010,0021): NORTHGEN and LAKESIDE. The systems are "
        "those of the Patients on the lab's server, printed above.",
        '[policy] has Patient = "conditional". Leave default out of [issuer]: a header that names '
        "nobody is not North General's.",
    ),
    wrong=(
        Wrong(
            "default-issuer",
            _SITE.replace("LAKESIDE =", f'default = "{NORTH}"\n    LAKESIDE ='),
            """With a default, every header that names no issuer becomes North General's. The
            first disc that a patient brings along from elsewhere then lands in Posy's record.""",
        ),
        Wrong(
            "creates-patients",
            _SITE.replace('"conditional"', '"create"'),
            """The policy makes a Patient of its own beside the one that the record already has.
            An EHR seldom allows that, and where it does it has two Posys.""",
        ),
        Wrong(
            "one-hospital",
            _SITE.replace(f'LAKESIDE = "{LAKE}"', ""),
            """LAKESIDE has no system, so the reference to its patients cannot be searched by: a
            bare number would find both.""",
        ),
    ),
)

RULE = (cite("PS3.3", "C.7.1.1"), cite("FHIR R4", "http"))


def check(work: Work) -> Verdict:
    """Map headers of both hospitals, and of nobody, with the learner's site."""
    for issuer, system, mistake in (
        ("NORTHGEN", NORTH, ""), ("LAKESIDE", LAKE, "one-hospital"), (None, "", "default-issuer"),
    ):  # fmt: skip
        study = _mapped(work.answer, issuer)
        if isinstance(study, Verdict):
            return study
        sent = study.bundle("transaction")["entry"][0]["resource"]["subject"]
        if issuer and (sent.get("reference") or "").startswith(("urn:uuid:", "Patient/")):
            return failed(expected="a conditional reference, no Patient in the Bundle",
                          got="the mapping creates a Patient", rule=RULE,
                          mistake="creates-patients")  # fmt: skip
        expected = f"Patient?identifier={system}|1001234" if system else ""
        got = sent.get("reference", "")
        if got != expected:
            return failed(
                expected=f"{expected or 'no conditional reference'}, where the issuer is {issuer}",
                got=got or "no conditional reference", rule=RULE, mistake=mistake,
            )  # fmt: skip
    return passed("Two numbers 1001234, two systems, two people; and nobody's stays nobody's.",
                  rule=RULE)  # fmt: skip


def _mapped(site: Any, issuer: str | None) -> MappedStudy | Verdict:
    try:
        builder = StudyBuilder(site=site)
        builder.add(header(IssuerOfPatientID=issuer))
        return builder.studies()[0]
    except LabkitError as error:
        return failed(expected="a site file that the mapping can use", got=error.message, rule=RULE)
