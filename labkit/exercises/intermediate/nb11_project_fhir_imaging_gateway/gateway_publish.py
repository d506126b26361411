"""Gateway 3: publish, and publish again.

A message that is sent twice must leave one study; one that is refused must be heard.
"""

from collections.abc import Callable

import requests

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.intermediate.nb11_project_fhir_imaging_gateway._ehr import (
    IMPORTS,
    MAP,
    READ,
    by_uid,
    faults_of,
    slugs,
    uid_of,
)

_TWICE = """
    for attempt in (1, 2):
        for uid in studies_of(ask, "20260112"):
            publish(to_bundle(read_study(ask, uid)))
"""
_RIGHT = """
    def publish(bundle):
        answer = requests.post(base, json=bundle, timeout=30)
        answer.raise_for_status()
"""
_LIST = """
    def studies_of(ask, dates):
        found = ask(identifier("STUDY", StudyDate=dates, StudyInstanceUID=""))
        return [match.StudyInstanceUID for match in found]
"""

EXERCISE = Exercise(
    given=IMPORTS + READ + MAP + _LIST,
    blank="""
    def publish(bundle):
        ...  # send it to the FHIR server at base; raise if the server refuses
    """
    + _TWICE,
    answer="publish",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT + _TWICE,
    explanation="""
        A transaction goes to the base of the server and is taken whole or not at all, so no EHR
        sees a study whose patient is still missing (FHIR R4 http, transaction). requests does not
        raise for 412 or 422: raise_for_status() does. A gateway that does not look counts a refused
        study as done. And a timeout, since without one requests waits for ever.
    """,
    hints=(
        "One request for the whole Bundle. To which URL does a transaction go?",
        "To base, by POST. Afterwards look at the status: requests leaves that to you.",
        "answer = requests.post(base, json=bundle, timeout=30); answer.raise_for_status()",
    ),
    wrong=(
        Wrong(
            "post-each",
            """
    def publish(bundle):
        for entry in bundle["entry"]:
            resource = entry["resource"]
            url = f"{base}/{resource['resourceType']}"
            requests.post(url, json=resource, timeout=30)
    """
            + _TWICE,
            """You took the Bundle apart and POSTed each resource to its type. POST without a
            condition creates, each time anew, and nobody resolves the references. What is there
            twice stays: lab.reset() takes it away before the next try.""",
        ),
        Wrong(
            "silent",
            _RIGHT.replace("answer.raise_for_status()", "return answer") + _TWICE,
            """You did not look at the status. The server refused a study whose patient it does
            not know, and your gateway went on as if it had it.""",
        ),
        Wrong(
            "to-a-type",
            _RIGHT.replace("post(base,", "post(base + '/Bundle',")
            .replace("answer.raise_for_status()", "return answer") + _TWICE,
            """You sent the Bundle to /Bundle, where a Bundle is filed as a document. A
            transaction goes to the base itself.""",
        ),
    ),
)  # fmt: skip

RULE = cite("FHIR R4", "http")


def check(work: Work) -> Verdict:
    """Look at the studies of one day as an EHR does; then have a study of nobody refused."""
    there = [len(by_uid(work, uid_of(slug))) for slug in slugs("20260112")]
    filed = requests.get(f"{work.lab.fhir.url}/Bundle", timeout=10)
    if not any(there):
        if filed.ok and filed.json().get("total"):
            return failed(expected="the studies of 12 January", got="Bundles, unopened",
                          rule=RULE, mistake="to-a-type")  # fmt: skip
        if work.call({"resourceType": "Bundle", "type": "transaction"}) is None:
            return blank("The server has none of the studies of 12 January.")
        return failed(expected="the studies of 12 January", got="none of them", rule=RULE,
                      mistake="to-a-type")  # fmt: skip
    for slug in slugs("20260112"):
        words, kind = faults_of(work, slug)
        if words:
            return failed(expected="each study once, whole, under its patient", got=words,
                          rule=RULE, mistake="post-each" if kind == "double" else "")  # fmt: skip
    study = {"resourceType": "ImagingStudy", "id": "of-nobody", "status": "available",
             "subject": {"reference": "Patient?identifier=https://nowhere.example|0"}}  # fmt: skip
    request = {"method": "PUT", "url": "ImagingStudy/of-nobody"}
    try:
        work.answer({"resourceType": "Bundle", "type": "transaction",
                     "entry": [{"resource": study, "request": request}]})  # fmt: skip
    except Exception:  # whatever the learner raises is heard
        return passed("Three studies, sent twice, there once; and a refusal is heard.", rule=RULE)
    return failed(expected="an exception for a study whose patient the server does not have",
                  got="no exception", rule=RULE, mistake="silent")  # fmt: skip
