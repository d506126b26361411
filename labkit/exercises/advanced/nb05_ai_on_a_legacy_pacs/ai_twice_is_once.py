"""Twice is once.

The platform lost the answer and sends its report again. The record is to have it once.
"""

from collections.abc import Callable

import requests

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_UID = "urn:oid:2.25.314159265358979"
_SYSTEM = "urn:dicom:uid"
_RIGHT = """
    def publish(report):
        name = report["identifier"][0]
        headers = {"If-None-Exist": f"identifier={name['system']}|{name['value']}"}
        requests.post(f"{base}/DiagnosticReport", json=report, headers=headers, timeout=30)
"""
_TWICE = """
    publish(report)
    publish(report)
"""

EXERCISE = Exercise(
    given=f"""
    import requests
    base = lab.fhir.url
    number = {{"system": "https://lakeside-clinic.example/accession", "value": "LK2600041"}}
    report = {{
        "resourceType": "DiagnosticReport", "status": "preliminary",
        "identifier": [{{"system": "{_SYSTEM}", "value": "{_UID}"}}, number],
        "code": {{"text": "Imaging Measurement Report"}},
        "conclusion": "Possible haemorrhage. Result of software.",
    }}
    radiologist = {{
        **report, "status": "final", "conclusion": "Haemorrhage in the left basal ganglia.",
        "identifier": [{{"system": "{_SYSTEM}", "value": "urn:oid:2.25.271828"}}, number],
    }}
    requests.put(f"{{base}}/DiagnosticReport/by-radiologist", timeout=30,
                 json={{**radiologist, "id": "by-radiologist"}})
    """,
    blank="""
    def publish(report):
        ...  # send it to the FHIR server at base, so that twice is once

    # the radiologist's own report of the same order is there already
"""
    + _TWICE,
    answer="publish",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT + _TWICE,
    explanation="""
        If-None-Exist makes a create conditional (FHIR R4 http, conditional create): the server
        looks first, by a search that you give, and two requests at the same moment cannot both
        create. The search has to name this report and no other: its own UID does, the accession
        number is on every report of the order. In a transaction the same is ifNoneExist.
    """,
    hints=(
        "Who can know for certain whether the report is there: you before you send, or the server?",
        "POST with the header If-None-Exist, whose value is a search without the question mark.",
        "identifier=system|value of identifier[0], which is the UID of the SR.",
    ),
    wrong=(
        Wrong(
            "plain-post",
            _RIGHT.replace(", headers=headers", "") + _TWICE,
            """You posted it twice, and it is there twice. The ward reads of two bleeds.""",
        ),
        Wrong(
            "by-accession",
            _RIGHT.replace('["identifier"][0]', '["identifier"][1]') + _TWICE,
            """You asked whether any report of this order is there. The radiologist's is, so yours
            was not stored at all, and the answer was 200.""",
        ),
        Wrong(
            "over-the-radiologist",
            """
    def publish(report):
        url = f"{base}/DiagnosticReport"
        name = report["identifier"][1]
        found = requests.get(url, timeout=30,
                             params={"identifier": f"{name['system']}|{name['value']}"}).json()
        id = found["entry"][0]["resource"]["id"]
        requests.put(f"{url}/{id}", json={**report, "id": id}, timeout=30)
"""
            + _TWICE,
            """You updated the report that you found, and it was the radiologist's: a final report
            is now a preliminary one by software. History has it still.""",
        ),
    ),
)

RULE = (cite("FHIR R4", "http"), cite("FHIR R4", "diagnosticreport"))


def check(work: Work) -> Verdict:
    """Count the reports of the server, and look whether the radiologist's is as it was."""
    base = work.lab.fhir.url

    def found(value: str) -> list[dict[str, object]]:
        answer = requests.get(f"{base}/DiagnosticReport", timeout=10,
                              params={"identifier": f"{_SYSTEM}|{value}"})  # fmt: skip
        return [entry["resource"] for entry in answer.json().get("entry", [])]

    mine = found(_UID)
    if not found("urn:oid:2.25.271828"):
        got = f"{len(mine)} reports by software, none by the radiologist"
        return failed(expected="the radiologist's report as it was", got=got, rule=RULE,
                      mistake="over-the-radiologist")  # fmt: skip
    if len(mine) == 1:
        return passed("Sent twice, there once, beside the radiologist's own.", rule=RULE)
    if not mine:
        code = getattr(work.answer, "__code__", None)
        if code is not None and not code.co_names:  # a body of three dots names nothing
            return blank("The server has no report by software.")
        return failed(expected="your report, once", got="it is not there", rule=RULE,
                      mistake="by-accession")  # fmt: skip
    return failed(expected="your report, once", got=f"{len(mine)} times", rule=RULE,
                  mistake="plain-post")  # fmt: skip
