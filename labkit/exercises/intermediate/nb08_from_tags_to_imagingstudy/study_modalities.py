"""The modalities of a study, from its series.

The official mapping names (0008,0061), which is in no file. Work it out.
"""

from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.intermediate.nb08_from_tags_to_imagingstudy._headers import header

EXERCISE = Exercise(
    given="""
        NO_ACQUISITION = {"SR", "KO", "PR", "SEG", "DOC"}
    """,
    blank="""
        def study_modalities(headers):
            ...  # the codes of ImagingStudy.modality in R4, sorted, each once
    """,
    answer="study_modalities",
    expects=Callable,  # type: ignore[arg-type]
    reference="""
        def study_modalities(headers):
            found = {ds.get("Modality") for ds in headers}
            return sorted(code for code in found if code and code not in NO_ACQUISITION)
    """,
    explanation="""
        Modalities in Study (0008,0061) is an attribute of queries: an archive works it out when it
        is asked, and no stored object has it (PS3.4 C.3.4). So a converter has to do the archive's
        work. R4 binds the element to acquisition modalities (PS3.16 CID 29), so a report or a
        presentation state adds nothing to it; its series keeps its own modality. R5 binds it to
        CID 33, and there SR and PR belong in. A header without Modality adds nothing either.
    """,
    hints=(
        "Modality (0008,0060) is in every instance of a series. Collect it in a set.",
        "ds.get('Modality') is None where the header has none. A report's SR is not a way to "
        "acquire an image: NO_ACQUISITION lists such codes.",
        "return sorted(c for c in {ds.get('Modality') for ds in headers} if c and c not in "
        "NO_ACQUISITION)",
    ),
    wrong=(
        Wrong(
            "query-attribute",
            """
            def study_modalities(headers):
                found = {code for ds in headers for code in ds.get("ModalitiesInStudy", [])}
                return sorted(found)
            """,
            """You read Modalities in Study (0008,0061). Archives give it in answers to queries;
            in files it is missing, and where a sloppy export left one it says what another
            archive once held.""",
        ),
        Wrong(
            "first-instance",
            """
            def study_modalities(headers):
                code = headers[0].get("Modality")
                return [code] if code and code not in NO_ACQUISITION else []
            """,
            """You asked one instance. A PET/CT study has series of both, and which file comes
            first is chance.""",
        ),
        Wrong(
            "with-reports",
            """
            def study_modalities(headers):
                return sorted({ds.get("Modality") for ds in headers if ds.get("Modality")})
            """,
            """The report's SR is among them. It acquires nothing: R4 binds this element to CID 29,
            which has no SR, KO or PR.""",
        ),
        Wrong(
            "one-an-instance",
            """
            def study_modalities(headers):
                return [ds.get("Modality") for ds in headers]
            """,
            """You returned one code for each instance. The element says of which kinds the study
            is, so each kind is there once, however many slices there are.""",
        ),
    ),
)

RULE = (cite("PS3.4", "C.3.4"), cite("FHIR R4", "imagingstudy"))
CASES: tuple[tuple[str, list[Any], list[str], str], ...] = (
    ("a CT of two slices", [header(1), header(2)], ["CT"], ""),
    ("PET and CT", [header(1), header(1, series=2, Modality="PT")], ["CT", "PT"], "first-instance"),
    ("a CT whose header claims ModalitiesInStudy MR", [header(ModalitiesInStudy="MR")], ["CT"],
     "query-attribute"),
    ("a CT with a report and a presentation state",
     [header(), header(series=2, Modality="SR"), header(series=3, Modality="PR")], ["CT"],
     "with-reports"),
    ("a header without Modality, and an MR", [header(Modality=None), header(2, Modality="MR")],
     ["MR"], ""),
    ("a report alone", [header(Modality="SR")], [], "with-reports"),
)  # fmt: skip


def check(work: Work) -> Verdict:
    """Call the function with studies that the learner has not seen."""
    for what, headers, expected, mistake in CASES:
        got = work.call(list(headers))
        if got is None or got is ...:
            return blank()
        try:
            right = sorted(map(str, got)) == expected
        except TypeError:
            right = False
        if not right:
            if isinstance(got, list) and not got and expected:
                mistake = "query-attribute"
            elif isinstance(got, list) and len(got) > 1 and [*map(str, got)] == expected * len(got):
                mistake = "one-an-instance"
            return failed(expected=f"{expected} for {what}", got=got, rule=RULE, mistake=mistake)
    return passed(f"Right for {len(CASES)} studies, a PET/CT and a lying header among them.",
                  rule=RULE)  # fmt: skip
