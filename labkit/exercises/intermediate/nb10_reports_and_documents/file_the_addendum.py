"""File the addendum.

The radiologist adds a sentence to a report that the ward has already read.
"""

import requests

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.intermediate.nb10_reports_and_documents._record import (
    FILED,
    REPORT_UID,
    search,
)

ADDENDUM = "Addendum: telephoned to the ward by the reporting radiologist."

_REFERENCE = """
    changed = dict(report)
    changed["status"] = "appended"
    changed["conclusion"] = report["conclusion"] + "\\n" + addendum
    response = requests.put(
        f"{base}/DiagnosticReport/{report['id']}", json=changed,
        headers={"If-Match": f'W/"{report["meta"]["versionId"]}"'},
    )
"""

EXERCISE = Exercise(
    given=FILED
    + f"""
        addendum = "{ADDENDUM}"
    """,
    blank="""
        changed = dict(report)
        response = ...  # change it, and send it so that nobody else's change is overwritten
    """,
    answer="response",
    expects=requests.Response,
    reference=_REFERENCE,
    explanation="""
        The report stays one resource with one id, and the server keeps the version that the ward
        has read, at _history/1 and so on (FHIR R4 http, vread). Its status says what happened:
        appended, for new content with the old unchanged; corrected would say that an error was
        mended, and amended covers both. If-Match makes the update conditional on the version that
        you read: had a colleague written in between, the answer would be 412 and nothing lost.
    """,
    hints=(
        "Is it another report, or the same one in a new version? Which interaction of FHIR changes "
        "what is there?",
        "PUT the whole resource to its own URL. status is appended, the conclusion the old text "
        "and the addendum. The header If-Match names the version that you have read.",
        "requests.put(f\"{base}/DiagnosticReport/{report['id']}\", json=changed, "
        'headers={\'If-Match\': f\'W/"{report["meta"]["versionId"]}"\'})',
    ),
    wrong=(
        Wrong(
            "second-report",
            """
            changed = dict(report)
            changed["status"] = "appended"
            changed["conclusion"] = report["conclusion"] + "\\n" + addendum
            response = requests.post(f"{base}/DiagnosticReport", json=changed)
            """,
            """POST made a second report beside the first, which still says final. Whoever opens
            that one never sees the addendum. Delete yours (DELETE to its URL), then change the
            first.""",
        ),
        Wrong(
            "still-final",
            _REFERENCE.replace('    changed["status"] = "appended"\n', ""),
            """The text is new and the status still final. An EHR tells its readers of a change by
            the status; this one goes by unseen.""",
        ),
        Wrong(
            "old-text-gone",
            _REFERENCE.replace('report["conclusion"] + "\\n" + addendum', "addendum"),
            """The addendum stands in place of the conclusion. Appended means that the old
            content is unchanged: the bleed is gone from the report.""",
        ),
        Wrong(
            "no-if-match",
            """
            changed = dict(report)
            changed["status"] = "appended"
            changed["conclusion"] = report["conclusion"] + "\\n" + addendum
            response = requests.put(f"{base}/DiagnosticReport/{report['id']}", json=changed)
            """,
            """Without If-Match the last one wins: a change that a colleague made since you read
            the report is overwritten, and the server answers 200.""",
        ),
    ),
)

AGAIN = "Each try makes a version: run the first cell of this section again, then this one."
RULE = (cite("FHIR R4", "valueset-diagnostic-report-status"), cite("FHIR R4", "http"))


def check(work: Work) -> Verdict:
    """Look at the report on the server, and at the request that changed it."""
    base = work.lab.fhir.url
    there = search(base, "DiagnosticReport", identifier=f"urn:dicom:uid|urn:oid:{REPORT_UID}")
    if not there:
        return blank("The server has no report of the CT; run the cells above.")
    if len(there) > 1:
        return failed(expected="one report with this UID", got=f"{len(there)} of them",
                      rule=RULE, mistake="second-report")  # fmt: skip
    report, answer = there[0], work.answer
    if not answer.ok:
        return failed(expected="an update that the server takes", rule=RULE,
                      got=f"{answer.status_code}: {answer.text[:200]}", why=AGAIN)  # fmt: skip
    if answer.request.method not in ("PUT", "PATCH"):
        return failed(expected="an update of the report (PUT)", got=str(answer.request.method),
                      rule=RULE)  # fmt: skip
    text, old = str(report.get("conclusion", "")), "Acute haemorrhage in the left basal ganglia"
    if ADDENDUM not in text or old not in text:
        return failed(expected="the old conclusion and the addendum", got=text, rule=RULE,
                      mistake="old-text-gone" if ADDENDUM in text else "")  # fmt: skip
    if report["status"] not in ("appended", "amended"):
        return failed(expected="status appended", got=report["status"], rule=RULE,
                      mistake="still-final" if report["status"] == "final" else "")  # fmt: skip
    if "If-Match" not in answer.request.headers:
        return failed(expected="an update with If-Match", got="one without", rule=RULE,
                      mistake="no-if-match")  # fmt: skip
    return passed("The same report, one version on, and whoever reads it is told.", rule=RULE)
