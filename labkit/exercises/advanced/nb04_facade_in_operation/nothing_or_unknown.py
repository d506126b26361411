"""Nothing there, or nobody could be asked?

LEGACY is stopped while a doctor looks for earlier images. The worst answer is an empty list.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.common.errors import HttpError, NetworkError
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb04_facade_in_operation._proxy import IMPORTS

_RUN = """
    seen = [priors(web, "LK-21044"), priors(web, "NOBODY")]
    lab.stop_node("LEGACY")
    try:
        seen.append(priors(web, "LK-21044"))
    finally:
        lab.start_node("LEGACY")
"""
_RIGHT = """
    def priors(web, number):
        try:
            return [study.StudyDate for study in web.studies(PatientID=number)]
        except HttpError as error:
            if error.status >= 500:
                return None
            raise
        except NetworkError:
            return None
"""

EXERCISE = Exercise(
    given=IMPORTS + "\n    from labkit.common.errors import NetworkError\n",
    blank="""
    def priors(web, number):
        ...  # study dates of a patient; [] if there are none; None if nobody can say

    # web.studies(PatientID=…) raises HttpError (error.status), or NetworkError without an answer
    """
    + _RUN,
    answer="(priors, seen)",
    expects=tuple,
    reference=_RIGHT + _RUN,
    explanation="""
        Three answers, not two. 204 is a statement about the patient. 502, 503 and 504 are
        statements about servers, and so is silence: nothing is known, and the screen has to say
        so. 4xx says that the request was wrong, which is a bug of yours, and a bug that is caught
        as "unknown" is never found.
    """,
    hints=(
        "What does web.studies return, or raise, in each of the three cases? Try them by hand.",
        "An empty list is an answer; an HttpError with a status from 500 up is none. What of 400?",
        "try: return [s.StudyDate for s in web.studies(PatientID=number)]; except HttpError as "
        "error: return None if error.status >= 500, else raise; except NetworkError: return None",
    ),
    wrong=(
        Wrong(
            "down-is-none",
            _RIGHT.replace("return None", "return []") + _RUN,
            """You returned an empty list when LEGACY was down. The doctor reads that there are no
            earlier images, and compares with nothing.""",
        ),
        Wrong(
            "none-is-unknown",
            _RIGHT.replace("web.studies(PatientID=number)]",
                           "web.studies(PatientID=number)] or None") + _RUN,
            """You called an empty answer unknown. A patient without earlier images has been asked
            for and has none; "cannot say" for each new patient is soon read by nobody.""",
        ),
        Wrong(
            "bugs-swallowed",
            _RIGHT.replace("if error.status >= 500:", "if error.status:") + _RUN,
            """You took each HttpError for an outage. A 400 is about your request: it will be wrong
            tomorrow too, and your screen blames the PACS.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("RFC 9110", "15.6"), cite("PS3.18", "10.6.3.1"))
HERE = ["20260114", "20260114"]


class _Web:
    """A client whose answers are known."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def studies(self, **_: Any) -> Any:
        """Return the answer, or raise it."""
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def check(work: Work) -> Verdict:
    """Look at what was seen of LEGACY; then be servers that answer otherwise."""
    if len(work.answer) != 2 or not isinstance(work.answer[0], Callable):  # type: ignore[arg-type]
        return failed(expected="(priors, seen)", got=work.answer, rule=RULE)
    priors, seen = work.answer
    if seen == [None, None, None]:
        return blank()
    if not isinstance(seen, list) or len(seen) != 3:
        return failed(expected="three answers in seen", got=seen, rule=RULE)
    there = sorted(map(str, seen[0])) if isinstance(seen[0], list) else seen[0]
    if there != HERE:
        return failed(expected=f"{HERE} for LK-21044", got=seen[0], rule=RULE)
    if seen[1] != []:
        return failed(expected="[] for a patient without studies", got=seen[1], rule=RULE,
                      mistake="none-is-unknown" if seen[1] is None else "")  # fmt: skip
    if seen[2] is not None:
        return failed(expected="None while LEGACY is down", got=seen[2], rule=RULE,
                      mistake="down-is-none" if seen[2] == [] else "")  # fmt: skip
    function = Work(priors)
    for error in (HttpError("busy", status=503), HttpError("late", status=504),
                  NetworkError("no answer")):  # fmt: skip
        got = function.call(_Web(error), "1")
        if got is not None:
            return failed(expected=f"None for {error.message!r}", got=got, rule=RULE,
                          mistake="down-is-none" if got == [] else "")  # fmt: skip
    try:
        got = priors(_Web(HttpError("PatentID is no attribute", status=400)), "1")
    except HttpError:
        return passed("There, not there, and not known: three answers.", rule=RULE)
    except Exception as error:  # another way to be heard
        got = error
        return passed(f"Three answers; a 400 is heard as {type(error).__name__}.", rule=RULE)
    return failed(expected="a 400 is raised", got=got, rule=RULE, mistake="bugs-swallowed")
