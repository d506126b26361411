"""Is what it serves still true?

A probe that compares the façade with the PACS behind it, and with nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb03_build_a_facade._old_pacs import OldPacs, header
from labkit.exercises.advanced.nb04_facade_in_operation._proxy import IMPORTS, NEW_STUDY

_RUN = """
    images = new_study()
    study = str(images[0].StudyInstanceUID)
    lab.configure("PROXY", trust=3600)
    web.metadata(study)                          # now it is in the cache, and trusted
    correct_name(images)
    seen = [is_stale(web, ask, study)]
    lab.configure("PROXY", trust=0)
    seen.append(is_stale(web, ask, study))
"""
_RIGHT = """
    def is_stale(web, ask, study):
        (now,) = ask(identifier("STUDY", StudyInstanceUID=study, PatientName="", PatientID=""))
        there = set()
        for series in ask(identifier("SERIES", StudyInstanceUID=study, SeriesInstanceUID="")):
            there |= {image.SOPInstanceUID for image in ask(identifier(
                "IMAGE", StudyInstanceUID=study, SeriesInstanceUID=series.SeriesInstanceUID,
                SOPInstanceUID=""))}
        served = web.metadata(study)
        who = {(str(ds.PatientName), ds.PatientID) for ds in served}
        images = {ds.SOPInstanceUID for ds in served}
        return who != {(str(now.PatientName), now.PatientID)} or images != there
"""

EXERCISE = Exercise(
    given=IMPORTS + NEW_STUDY,
    blank="""
    def is_stale(web, ask, study):
        ...  # whether the façade's metadata say something else than the PACS: True or False

    # web.metadata(study) is the façade's; ask(identifier(…)) is a C-FIND at LEGACY itself
    """
    + _RUN,
    answer="(is_stale, seen)",
    expects=tuple,
    reference=_RIGHT + _RUN,
    explanation="""
        With trust=3600 the façade gives for an hour what it has without asking: fast, and as old as
        an hour. With trust=0 it asks LEGACY a few C-FINDs before each answer. A probe that decides
        between the two has to look at both ends: the name that C-FIND gives now, and the set of
        SOP Instance UIDs, against what is served. QIDO-RS does not show it, since a search goes to
        the PACS in any case.
    """,
    hints=(
        "Which question to the façade is answered from its cache, and which one to LEGACY tells "
        "the truth of now?",
        "Compare two things: patient's name and ID at study level, and the set of all SOP Instance "
        "UIDs.",
        "web.metadata(study) gives PatientName, PatientID and SOPInstanceUID of each; ask at "
        "STUDY, SERIES and IMAGE for the same; return whether anything differs.",
    ),
    wrong=(
        Wrong(
            "compared-with-itself",
            """
    def is_stale(web, ask, study):
        (found,) = web.studies(StudyInstanceUID=study)
        return {str(ds.PatientName) for ds in web.metadata(study)} != {str(found.PatientName)} \\
            and len(web.metadata(study)) != found.NumberOfStudyRelatedInstances
    """
            + _RUN,
            """You asked the façade about the façade. Both answers come through the same server,
            and a probe that cannot disagree with it proves nothing.""",
        ),
        Wrong(
            "counted",
            _RIGHT.replace(
                "return who != {(str(now.PatientName), now.PatientID)} or images != there",
                "return len(images) != len(there)",
            )
            + _RUN,
            """You counted images. The name was corrected and the number is as before.""",
        ),
        Wrong(
            "name-alone",
            _RIGHT.replace(" or images != there", "") + _RUN,
            """You compared the name alone. An image that was taken out of the PACS, for a reason,
            is served on and nobody notices.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("RFC 9111", "4.2"), cite("PS3.4", "C.4.1"))


class _Web:
    """A façade that serves these headers."""

    def __init__(self, headers: list[Dataset]) -> None:
        self._headers = headers

    def metadata(self, *_: Any) -> list[Dataset]:
        """Return them."""
        return self._headers

    def studies(self, **_: Any) -> list[Dataset]:
        """Return the study as these headers have it."""
        found = header("1.1", "", "", PatientName=self._headers[0].PatientName, PatientID="7")
        found.NumberOfStudyRelatedInstances = len(self._headers)
        return [found]


def _objects(count: int = 4, name: str = "A^B", last: str = "9") -> list[Dataset]:
    uids = [*(str(n) for n in range(1, count)), last]
    return [header("1.1", f"1.1.{n % 2}", f"1.1.{uid}", PatientName=name, PatientID="7")
            for n, uid in enumerate(uids)]  # fmt: skip


def check(work: Work) -> Verdict:
    """Look at what the probe said of PROXY; then be façades that are right, and wrong."""
    if len(work.answer) != 2 or not isinstance(work.answer[0], Callable):  # type: ignore[arg-type]
        return failed(expected="(is_stale, seen)", got=work.answer, rule=RULE)
    probe, seen = work.answer
    if seen == [None, None]:
        return blank()
    if seen != [True, False]:
        alone = _asks(probe) == 0
        return failed(expected="stale with trust=3600, not stale with trust=0", got=f"{seen}",
                      rule=RULE,
                      mistake="compared-with-itself" if alone else
                      "counted" if seen == [False, False] else "")  # fmt: skip
    function = Work(probe)
    for what, served, wanted in (
        ("the same, in another order", _objects()[::-1], False),
        ("an image that the PACS has no more", _objects(5, last="8"), True),
        ("another image under another UID", _objects(last="8"), True),
        ("another name", _objects(name="A^C"), True),
    ):
        got = function.call(_Web(served), OldPacs(_objects()), "1.1")
        if bool(got) != wanted:
            mistake = "name-alone" if what.endswith(("more", "UID")) else ""
            return failed(expected=f"{wanted} for {what}", got=got, rule=RULE,
                          mistake=mistake if wanted else "")  # fmt: skip
    if work.lab.settings("PROXY")["trust"]:
        return failed(expected="PROXY asks again: trust=0", got="it trusts still", rule=RULE)
    return passed("It tells a trusted copy from the truth, in both directions.", rule=RULE)


def _asks(probe: Any) -> int:
    """Count what it asks the PACS itself."""
    pacs = OldPacs(_objects())
    try:
        probe(_Web(_objects()), pacs, "1.1")
    except Exception:  # it may want of the façade what this one has not
        return len(pacs.asked)
    return len(pacs.asked)
