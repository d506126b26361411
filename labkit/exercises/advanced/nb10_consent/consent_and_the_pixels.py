"""The resource is shut, the pixels are not

A consent that keeps a study from Eve: FHIR refuses, and the images come all the same. Mend it.
"""

from __future__ import annotations

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb10_consent._consents import (
    IMPORTS,
    nested,
    other,
    report,
    ruled,
    who,
)

_GIVEN = """
    half = consent("quillfeather", "OPTIN", provision("permit",
        provision("deny", actor=["Practitioner/eve"], kind=["ImagingStudy"],
                  data=[("instance", "ImagingStudy/ct-head")])))
"""
_RIGHT = """
    whole = copy.deepcopy(half)
    rule = whole["provision"]["provision"][0]
    rule["data"] = provision("deny", data=[("related", "ImagingStudy/ct-head"),
                                           ("dependents", "ImagingStudy/ct-head")])["data"]
    rule["class"] = provision("deny", kind=["ImagingStudy", "DiagnosticReport"])["class"]
"""

EXERCISE = Exercise(
    given=IMPORTS + _GIVEN,
    blank="""
    # `half` denies Eve the ImagingStudy ct-head. Make `whole` of it, that denies her the images
    # and the report too (which refers to the study), and nothing else of this patient.
    whole = copy.deepcopy(half)
    """,
    answer="whole",
    expects=dict,
    reference=_RIGHT,
    explanation="""
        R4 has four meanings of data: `instance` is the resource by itself, `related` adds what it
        refers to, `dependents` what refers to it, `authoredby` what somebody has written. Pixels
        are what an ImagingStudy refers to; a report refers to the study. R4 says nothing of pixels:
        this engine shuts them for every meaning but `instance`, another may need `related`, so
        write both. The class has to name both types: all parts of a provision have to match.
    """,
    hints=(
        "Two things keep the report open: it is of another class, and it is no part of `instance`.",
        "The report refers to the study: that is `dependents`. The study refers to its images: "
        "that is `related`. data is a list.",
        "kind=['ImagingStudy', 'DiagnosticReport'] makes the class of both.",
    ),
    wrong=(
        Wrong(
            "pixels-alone",
            """
    whole = copy.deepcopy(half)
    whole["provision"]["provision"][0]["data"][0]["meaning"] = "related"
""",
            """The images are shut, and the report that describes them is open: it refers to the
            study, the study does not refer to it.""",
        ),
        Wrong(
            "class-forgotten",
            """
    whole = copy.deepcopy(half)
    rule = whole["provision"]["provision"][0]
    rule["data"] = provision("deny", data=[("related", "ImagingStudy/ct-head"),
                                           ("dependents", "ImagingStudy/ct-head")])["data"]
""",
            """The data are right, and the class still says ImagingStudy alone. All parts of a
            provision have to match, so the report is not meant.""",
        ),
        Wrong(
            "no-class-at-all",
            """
    whole = copy.deepcopy(half)
    rule = whole["provision"]["provision"][0]
    rule["data"] = provision("deny", data=[("related", "ImagingStudy/ct-head"),
                                           ("dependents", "ImagingStudy/ct-head")])["data"]
    del rule["class"]
""",
            """Without a class `related` reaches everything that the study refers to: the Patient
            too. Eve cannot see who the patient of the other study is.""",
        ),
        Wrong(
            "no-data-at-all",
            """
    whole = copy.deepcopy(half)
    rule = whole["provision"]["provision"][0]
    rule["class"] = provision("deny", kind=["ImagingStudy", "DiagnosticReport"])["class"]
    del rule["data"]
""",
            """Without data the deny is about every study of this patient, the MR too. She denied
            one.""",
        ),
    ),
)

RULE = cite("FHIR R4 Consent", "data.meaning: consent-data-meaning")
EVE = "Practitioner/eve"


def check(work: Work) -> Verdict:
    """Ask for the resource, its pixels, the report, the patient, the other study."""
    said = work.answer
    pixels, told = (bool(ruled(said, q)) for q in (who(EVE, is_resource=False), report(EVE)))
    if pixels and told:
        return blank()
    patient = who(
        EVE, kind="Patient", reference="Patient/quillfeather", study="",
        refers_to=frozenset(), referred_by=frozenset({"ImagingStudy/ct-head"}),
    )  # fmt: skip
    rule = (nested(said) or [{}])[0]
    dependents = "'dependents'" in repr(rule.get("data"))
    one_class = "DiagnosticReport" not in repr(rule.get("class", "DiagnosticReport"))
    cases = (
        (who(EVE, is_resource=False), False, "no images of ct-head", ""),
        (report(EVE), False, "no report of ct-head",
         "class-forgotten" if dependents and one_class else "pixels-alone"),
        (who(EVE), False, "no ImagingStudy", ""),
        (other(EVE), True, "the other study", "" if "data" in rule else "no-data-at-all"),
        (patient, True, "the Patient", "no-class-at-all"),
        (who("Practitioner/chen"), True, "everything for others", ""),
    )  # fmt: skip
    for question, wanted, text, mistake in cases:
        ruling = ruled(said, question)
        if ruling.allowed is not wanted:
            return failed(expected=text, got=ruling.reason, rule=RULE, mistake=mistake)
    return passed("Resource, pixels and report are shut; the rest is as it was.", rule=RULE)
