"""Choose the series before you pull it.

Three series, one of which the algorithm was made for. A question costs the PACS little, a retrieval
much.
"""

from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.dicom.stories.lakeside import head_with_bleed
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb05_ai_on_a_legacy_pacs._lakeside import SENT

_RIGHT = """
    def choose(web, study):
        for series in web.series(study, includefield="SeriesDescription"):
            if series.Modality == "CT" and "H30" in series.SeriesDescription:
                return series.SeriesInstanceUID
"""

EXERCISE = Exercise(
    given=SENT,
    blank="""
    def choose(web, study):
        ...  # the Series Instance UID of the axial series in the soft kernel, H30s
    """,
    answer="choose",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        One search for series costs LEGACY a C-FIND or two and no object. Series Description is
        an optional key, so ask for it by name. It is also a habit of the site and no code: a real
        platform keeps the names of each site in its settings, and looks at Convolution Kernel and
        Image Type again when it has the headers.
    """,
    hints=(
        "What does web.series(study) say of each series, and what not?",
        'Series Description comes if you ask for it: includefield="SeriesDescription".',
        "Return the SeriesInstanceUID of the CT series whose description has H30 in it.",
    ),
    wrong=(
        Wrong(
            "first-ct",
            """
            def choose(web, study):
                return next(s.SeriesInstanceUID for s in web.series(study) if s.Modality == "CT")
            """,
            """You took the first CT series. It is the localiser: one picture from the side, with
            values that are not in HU.""",
        ),
        Wrong(
            "most-slices",
            """
            def choose(web, study):
                found = web.series(study, includefield="SeriesNumber")
                count = lambda s: (len(web.instances(study, s.SeriesInstanceUID)), s.SeriesNumber)
                return max(found, key=count).SeriesInstanceUID
            """,
            """You took the series with the most slices. Two have as many, and yours is the bone
            kernel: so noisy that the algorithm loses a third of the volume.""",
        ),
        Wrong(
            "pulled-to-look",
            """
            def choose(web, study):
                for header in web.metadata(study):
                    if header.get("ConvolutionKernel") == "H30s":
                        return header.SeriesInstanceUID
            """,
            """The series is right, but you asked for the metadata of the study. A PACS that speaks
            DIMSE has no metadata to give: the façade had to fetch every object for it.""",
        ),
    ),
)

RULE = (cite("PS3.18", "10.6"), cite("PS3.4", "C.6.2"))


def check(work: Work) -> Verdict:
    """Have it choose, and look at what the façade was asked meanwhile."""
    study = head_with_bleed()
    names = {str(ds.SeriesInstanceUID): str(ds.SeriesDescription) for ds in study}
    lab: Any = work.lab
    mark, proxy = lab.mark(), lab.proxy
    got = work.call(proxy.client(), str(study[0].StudyInstanceUID))
    if got in (None, ...):
        return blank("It chooses nothing yet.")
    name = names.get(str(got), "")
    if not name.endswith("H30s"):
        mistake = {"TOPOGRAM": "first-ct"}.get(name, "most-slices" if name else "")
        return failed(expected="the series HEAD 3.6 H30s", got=name or got, rule=RULE,
                      mistake=mistake)  # fmt: skip
    asked = [t["target"].partition("?")[0] for t in proxy.traces(since=mark)]
    pulled = [t for t in asked if t.endswith("/metadata") or "/instances/" in t]
    searched = [t for t in asked if t.endswith(("/series", "/instances"))]
    if pulled or len(searched) < len(asked):
        return failed(expected="searches alone", got=f"{len(asked) - len(searched)} retrievals",
                      rule=RULE, mistake="pulled-to-look")  # fmt: skip
    if not asked:
        return failed(expected="a search through the façade", got="no request", rule=RULE)
    return passed("The soft kernel, found by searching: no object left LEGACY.", rule=RULE)
