"""The second question: you are the candidate

A plan for the platform on the legacy PACS. Each number in it is one that you have measured.
"""

from __future__ import annotations

from typing import Any

from labkit.common import cite
from labkit.exchange.ai import choose_series
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb20_mentoring._given import IMPORTS
from labkit.exercises.evidence import since

LICENCE = 10
_GIVEN = """
    from pydicom.uid import generate_uid
    from labkit.dicom.stories.lakeside import head_with_bleed
    from labkit.dimse import store
    from labkit.exchange.ai import choose_series, pull

    def fresh():
        names, out = {}, head_with_bleed()
        for ds in out:
            for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
                setattr(ds, keyword, names.setdefault(ds[keyword].value, generate_uid()))
            ds.AccessionNumber = "LK26FRESH"
            ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        store(lab.legacy, out).raise_for_status()
        return str(out[0].StudyInstanceUID)

    def cost(mark):
        traces = [t for t in lab.proxy.traces(since=mark) if t["cache"] != "shared"]
        moved = [s for t in traces for s in t["steps"] if s["service"] != "C-FIND"]
        return len(moved), sum(step["count"] for step in moved)

    web = lab.proxy.client()
"""
_MEASURE = """
    mark = lab.mark()
    study = fresh()
    series = str(choose_series(web, study).SeriesInstanceUID)
    pull(web, study, series, way="series")
    cold = cost(mark)
    again = lab.mark()
    pull(web, study, series, way="series")
    warm = cost(again)
"""
_PLAN = """
    plan = {
        "study": study, "series": series, "cold": cold, "warm": warm, "associations": 2,
        "away": 502, "busy": 503, "status": "preliminary",
        "patient": ("PatientID", "IssuerOfPatientID"),
    }
"""

EXERCISE = Exercise(
    given=IMPORTS + _GIVEN,
    blank="""
    mark = lab.mark()
    study = fresh()  # a head in LEGACY that no cache knows
    # Choose the series and pull it twice through the façade, way="series"; cost(mark) counts.
    plan = {
        "study": study,
        "series": ...,        # UID of what the platform gets
        "cold": ...,          # (retrievals, objects) of LEGACY until the first pull was there
        "warm": ...,          # the same of the second pull
        "associations": ...,  # most at once that the façade may open; the licence is 10 for all
        "away": ...,          # HTTP status while LEGACY is down
        "busy": ...,          # and while it has no association to spare
        "status": ...,        # of the DiagnosticReport
        "patient": ...,       # a tuple of the attributes by which a result finds its patient
    }
    """,
    answer="plan",
    expects=dict,
    reference=_MEASURE + _PLAN,
    explanation="""
        One series, one retrieval when it is cold, none when it is warm: these numbers come from the
        façade's own record of what it asked of LEGACY. A limit below the licence leaves room for
        the workstations. 502 says that what stands behind is away, 503 that it is busy, with the
        time to come again. Software's result is preliminary, and a number without its issuer is two
        people.
    """,
    hints=(
        "choose_series(web, study).SeriesInstanceUID, then pull(web, study, series, way='series') "
        "and cost(mark); for the second pull take a mark of its own.",
        "Workstations and scanners share the ten associations. What does one pull need at once?",
        'RFC 9110 15.6.3 and 15.6.4 for the two statuses; "preliminary"; '
        '("PatientID", "IssuerOfPatientID").',
    ),
    wrong=(
        Wrong(
            "whole-study",
            _MEASURE.replace('pull(web, study, series, way="series")', "list(web.retrieve(study))")
            + _PLAN.replace('"series": series', '"series": study'),
            """The platform gets the whole study: twice the bytes, and a sharp kernel in which it
            finds a third less. Choose the series by QIDO before anything is pulled.""",
        ),
        Wrong(
            "from-memory",
            """
    mark = lab.mark()
    study = fresh()
    series = str(choose_series(web, study).SeriesInstanceUID)
    cold, warm = (1, 20), (0, 0)
"""
            + _PLAN,
            """The numbers were not measured here: since the mark the façade has not pulled this
            series twice. An examiner asks where a number comes from.""",
        ),
        Wrong(
            "not-what-was-measured",
            _MEASURE + _PLAN.replace('"warm": warm', '"warm": cold'),
            """A number of the plan is not what the façade's record says. Take it from there:
            cost(mark), with a mark for each pull.""",
        ),
        Wrong(
            "all-the-licence",
            _MEASURE + _PLAN.replace('"associations": 2', '"associations": 10'),
            """The façade may take every association that is licensed. In the morning the
            workstations are rejected (2/3/2), and nobody thinks of the AI.""",
        ),
        Wrong(
            "same-error",
            _MEASURE + _PLAN.replace('"away": 502', '"away": 503'),
            """The platform is told the same for a PACS that is away and one that is busy. To 503 it
            waits and comes again; for 502 somebody has to be called.""",
        ),
        Wrong(
            "final",
            _MEASURE + _PLAN.replace("preliminary", "final"),
            """The report is final. The ward reads it as a radiologist's, and acts.""",
        ),
        Wrong(
            "bare-number",
            _MEASURE + _PLAN.replace('("PatientID", "IssuerOfPatientID")', '("PatientID",)'),
            """A result finds its patient by the number alone: 1001234 is Marblethorpe at Lakeside
            and Brackenfold at North General.""",
        ),
    ),
)

RULE = (cite("PS3.4", "C.4.2"), cite("RFC 9110", "15.6.3"), cite("PS3.3", "C.7.1.1"))


def check(work: Work) -> Verdict:
    """Compare the plan with what the façade has recorded since the mark."""
    plan: dict[str, Any] = work.answer
    asked = ("series", "cold", "warm", "associations", "away", "busy", "status", "patient")
    if all(plan.get(key, ...) is ... for key in asked):
        return blank()
    lacking = [key for key in ("study", *asked) if plan.get(key, ...) is ...]
    if lacking:
        return failed(expected="a plan without gaps", got=f"no {', '.join(lacking)}", rule=RULE)
    series, study = str(plan["series"]), str(plan["study"])
    traces = [t for t in work.lab.proxy.traces(since=since(work)) if study in t["target"]]
    right = str(choose_series(work.lab.proxy.client(), study).SeriesInstanceUID)
    if series != right:
        mistake = "whole-study" if series == study else ""
        return failed(expected="the axial series in the soft kernel", got="another", rule=RULE,
                      mistake=mistake)  # fmt: skip
    return _measured(plan, traces, series) or _decided(plan)


def _measured(plan: dict[str, Any], traces: list[dict[str, Any]], series: str) -> Verdict | None:
    pulls = [t for t in traces if t["target"].split("?")[0].rstrip("/").endswith(series)]
    if len(pulls) < 2:
        return failed(expected="the series pulled twice through the façade, and counted",
                      got=f"{len(pulls)} pulls", rule=RULE, mistake="from-memory")  # fmt: skip
    cut = traces.index(pulls[1])
    cold, warm = _cost(traces[:cut]), _cost(traces[cut:])
    if (_pair(plan["cold"]), _pair(plan["warm"])) != (cold, warm):
        return failed(expected=f"cold {cold}, warm {warm}",
                      got=f"cold {plan['cold']}, warm {plan['warm']}", rule=RULE,
                      mistake="not-what-was-measured")  # fmt: skip
    return None


def _cost(traces: list[dict[str, Any]]) -> tuple[int, int]:
    steps = [step for t in traces if t["cache"] != "shared" for step in t["steps"]]
    moved = [step for step in steps if step["service"] != "C-FIND"]
    return len(moved), sum(step["count"] for step in moved)


def _pair(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)


def _decided(plan: dict[str, Any]) -> Verdict:
    most, patient = plan["associations"], {str(part) for part in _pair(plan["patient"])}
    expected = {
        "all-the-licence": (
            isinstance(most, int) and 0 < most < LICENCE, f"fewer than {LICENCE}", most),
        "same-error": (
            (plan["away"], plan["busy"]) == (502, 503), "502 while away, 503 while busy",
            (plan["away"], plan["busy"])),
        "final": (plan["status"] == "preliminary", "what software may say", plan["status"]),
        "bare-number": (
            {"PatientID", "IssuerOfPatientID"} <= patient, "ID and issuer", plan["patient"]),
    }  # fmt: skip
    for mistake, (holds, wanted, got) in expected.items():
        if not holds:
            return failed(expected=wanted, got=got, rule=RULE, mistake=mistake)
    cold = plan["cold"]
    return passed(
        f"{cold[0]} retrieval of {cold[1]} objects, then none; {most} of {LICENCE} associations.",
        rule=RULE,
    )
