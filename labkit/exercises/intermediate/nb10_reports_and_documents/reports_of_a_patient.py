"""All reports of a patient, and of nobody else.

What every viewer in an EHR asks first.
"""

from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.intermediate.nb10_reports_and_documents._record import (
    ARCHIVE_OF_REPORTS,
    LAKE,
    NORTH,
    search,
)

_REFERENCE = """
    def reports(base, system, value):
        url = f"{base}/DiagnosticReport"
        params = {"patient.identifier": f"{system}|{value}", "status:not": "entered-in-error"}
        found = []
        while url:
            page = requests.get(url, params=params).json()
            found += [entry["resource"] for entry in page.get("entry", [])]
            links = {link["relation"]: link["url"] for link in page.get("link", [])}
            url, params = links.get("next"), None
        return found
"""

EXERCISE = Exercise(
    given="""
        import requests
        base = lab.fhir.url
    """
    + ARCHIVE_OF_REPORTS,
    blank="""
        def reports(base, system, value):
            ...  # the DiagnosticReports of the patient with this identifier; none withdrawn
    """,
    answer="reports",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        patient.identifier is a chained search: the reports whose patient has that identifier (FHIR
        R4 search, chaining). A token is system|value, and without the system two people with
        one number become one. A Bundle is a page: as long as there is a link next there is more,
        and its URL is to be taken as it stands, for it is the server's own. The report withdrawn as
        entered-in-error is still found by a search; to leave it out is the client's part.
    """,
    hints=(
        "Three traps: whose number is it, how many pages are there, and which status must nobody "
        "read?",
        "Search DiagnosticReport by patient.identifier with system|value. Look in Bundle.link for "
        "the relation next, and at status entered-in-error.",
        "Loop: page = requests.get(url, params=params).json(); collect entry.resource; url is the "
        "link next, params None. status:not=entered-in-error leaves the withdrawn out.",
    ),
    wrong=(
        Wrong(
            "number-alone",
            _REFERENCE.replace("{system}|{value}", "{value}"),
            """You searched by the number without its system. Two sites gave it out, so the
            reports of two people are in one list.""",
        ),
        Wrong(
            "first-page",
            _REFERENCE.replace('links.get("next")', "None"),
            """You read the first page. The server gives a part and a link next, and nothing in
            the list says that ten reports are missing.""",
        ),
        Wrong(
            "withdrawn-too",
            _REFERENCE.replace(', "status:not": "entered-in-error"', ""),
            """A report that was withdrawn is among them. entered-in-error means that it should
            never have been there: often it is of another patient.""",
        ),
    ),
)

RULE = (cite("FHIR R4", "search"), cite("FHIR R4", "valueset-diagnostic-report-status"))
CASES: tuple[tuple[str, str, str, set[str]], ...] = (
    ("1001234 of North General", NORTH, "1001234", {"hand-1"}),
    ("1001234 of Lakeside", LAKE, "1001234", {"bone-1"}),
    ("LK-21044, who has sixty", LAKE, "LK-21044", {f"knee-{n}" for n in range(60)}),
    ("a number that nobody has", NORTH, "LK-21044", set()),
)


def check(work: Work) -> Verdict:
    """Call the function for people with one number, with many reports, and for nobody."""
    base = work.lab.fhir.url
    if not search(base, "DiagnosticReport", _id="knee-0"):
        return blank("The reports are not on the server; run the cell above.")
    for who, system, value, right in CASES:
        got = work.call(base, system, value)
        if got is None or got is ...:
            return blank()
        ids = _ids(got)
        if ids != sorted(right):
            return failed(expected=f"{len(right)} reports for {who}",
                          got=got if ids is None else f"{len(ids)}: {', '.join(ids)[:60]}",
                          rule=RULE, mistake=_mistake(ids or [], right))  # fmt: skip
    return passed("Sixty over two pages, one each for two people with one number.", rule=RULE)


def _ids(got: Any) -> list[str] | None:
    try:
        return sorted(str(report["id"]) for report in got)
    except (TypeError, KeyError, IndexError):
        return None


def _mistake(ids: list[str], right: set[str]) -> str:
    more = set(ids) - right
    if {"hand-1", "bone-1"} <= set(ids):
        return "number-alone"
    if more == {"hand-2"}:
        return "withdrawn-too"
    return "first-page" if not more and 0 < len(ids) < len(right) else ""
