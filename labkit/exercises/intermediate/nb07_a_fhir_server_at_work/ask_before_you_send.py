"""Have a resource checked before it is sent.

A vendor's gateway is to be connected. What is wrong with its studies, element by element?
"""

from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.intermediate.nb07_a_fhir_server_at_work._scratch import scratch

_REFERENCE = """
    def faults(resource):
        answer = requests.post(f"{base}/{resource['resourceType']}/$validate", json=resource)
        return [
            issue["expression"][0]
            for issue in answer.json()["issue"]
            if issue["severity"] in ("fatal", "error")
        ]
"""

EXERCISE = Exercise(
    given="""
        import requests
        base = lab.fhir.url
    """,
    blank="""
        def faults(resource):
            ...  # where it is wrong: the expression of each error that $validate finds
    """,
    answer="faults",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        $validate answers 200 if the check could be made, whatever it found; the verdict is in the
        issues (FHIR R4 resource-operation-validate). An OperationOutcome must have at least one
        issue, so a valid resource gets one too, of severity information. severity decides, code
        says what kind of problem it is for a program, expression says where, and diagnostics tells
        a person.
    """,
    hints=(
        "POST the resource to its type and /$validate, and print the whole answer, for a good one "
        "and a bad one.",
        "The status is 200 both times. Look at issue: each has a severity and, if it is an error, "
        "an expression.",
        "[issue['expression'][0] for issue in outcome['issue'] if issue['severity'] in ('fatal', "
        "'error')]",
    ),
    wrong=(
        Wrong(
            "by-the-status",
            """
            def faults(resource):
                url = f"{base}/{resource['resourceType']}/$validate"
                answer = requests.post(url, json=resource)
                return [] if answer.ok else [i["expression"][0] for i in answer.json()["issue"]]
            """,
            """You went by the HTTP status. 200 says that the resource was checked, not that it is
            valid.""",
        ),
        Wrong(
            "first-issue",
            _REFERENCE.replace('answer.json()["issue"]', 'answer.json()["issue"][:1]'),
            """You read the first issue alone. There are more, and the vendor will come back once
            for each.""",
        ),
        Wrong(
            "every-issue",
            """
            def faults(resource):
                url = f"{base}/{resource['resourceType']}/$validate"
                issues = requests.post(url, json=resource).json()["issue"]
                return [issue.get("expression", ["?"])[0] for issue in issues]
            """,
            """You took every issue for an error. A valid resource has one as well, of severity
            information; with you nothing is ever valid.""",
        ),
        Wrong(
            "sent-it",
            _REFERENCE.replace("/$validate", ""),
            """You sent it to be stored. What is valid is on the server now: a test made a study
            that clinicians can see.""",
        ),
    ),
)

RULE = (cite("FHIR R4", "resource-operation-validate"), cite("FHIR R4", "operationoutcome"))


def _study(system: str, name: str, **elements: Any) -> dict[str, Any]:
    return {
        "resourceType": "ImagingStudy",
        "status": "available",
        "subject": {"reference": "Patient/brackenfold"},
        "identifier": [{"system": system, "value": name}],
        **elements,
    }


def check(work: Work) -> Verdict:
    """Call the function with a bad study and a good one; neither may be stored."""
    system = "urn:example:validate"
    with scratch(work) as mine:
        bad = _study(system, mine.name, status="done", started="2026-01-12T07:52:18",
                     series=[{"modality": {"code": "CT"}}])  # fmt: skip
        expected = sorted(issue.expression for issue in mine.client.validate(bad)
                          if issue.severity in ("fatal", "error"))  # fmt: skip
        good = _study(system, mine.name)
        try:
            of_good = work.answer(good)
        except Exception as error:  # read below, once it is known whether it was stored
            of_good = f"{type(error).__name__}: {error}"
        stored = mine.found("ImagingStudy", identifier=f"{system}|{mine.name}")
        if stored:
            return failed(expected="a check that stores nothing", got="the study is stored",
                          rule=RULE, mistake="sent-it")  # fmt: skip
        of_bad = work.call(bad)
    if of_bad in (None, ...):
        return blank()
    got = sorted(map(str, of_bad)) if isinstance(of_bad, (list, tuple, set)) else [str(of_bad)]
    if got != expected:
        mistake = "by-the-status" if not got else ""
        if len(got) == 1 and got[0] in expected:
            mistake = "first-issue"
        return failed(expected=", ".join(expected), got=", ".join(got) or "nothing",
                      rule=RULE, mistake=mistake)  # fmt: skip
    if not isinstance(of_good, (list, tuple, set)) or of_good:
        listed = isinstance(of_good, (list, tuple, set))
        return failed(expected="nothing for a valid study", got=str(of_good), rule=RULE,
                      mistake="every-issue" if listed else "")  # fmt: skip
    return passed("Each error by its place, none for a valid study, and nothing stored.", rule=RULE)
