"""Façade 3: fill in what an old PACS does not return.

Modalities in Study and the counts are optional for C-FIND and required for QIDO-RS.
"""

from collections.abc import Callable
from typing import Any

from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.common.errors import DimseError
from labkit.dicom import sample
from labkit.dimse import find, identifier
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb03_build_a_facade._facade import FILL, IMPORTS
from labkit.exercises.advanced.nb03_build_a_facade._old_pacs import OldPacs, header
from labkit.exercises.model import AnswerRaised

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
        def fill(ask, study):
            ...  # the match of a study, with ModalitiesInStudy, NumberOfStudyRelatedSeries
                 # and NumberOfStudyRelatedInstances
    """,
    answer="fill",
    expects=Callable,  # type: ignore[arg-type]
    reference=FILL,
    explanation="""
        The three are optional keys of C-FIND (PS3.4 Table C.6-5), so a PACS may leave them out, and
        QIDO-RS has to return them (PS3.18 Table 10.6.3-3). Whoever can ask a level further down can
        count: one question for the series, one for the instances of each. That is dear for a list
        of 200 studies, so ask only where something is missing, keep what you found, and where you
        do not count, leave the element empty or say so in your conformance statement. A number that
        nobody counted is worse than none.
    """,
    hints=(
        "What the study level does not say, the level below does. How many questions is it?",
        "Ask at SERIES with StudyInstanceUID; each answer has its Modality. Then at IMAGE, once "
        "for each series, with both UIDs.",
        "study.ModalitiesInStudy = sorted({s.Modality for s in series}); the other two are len(…). "
        "If the PACS has said it, ask nothing.",
    ),
    wrong=(
        Wrong(
            "zeros",
            """
            def fill(ask, study):
                study.setdefault("ModalitiesInStudy", "OT")
                study.setdefault("NumberOfStudyRelatedSeries", 0)
                study.setdefault("NumberOfStudyRelatedInstances", 0)
                return study
            """,
            """You filled in what nobody has counted. A viewer that sees 0 instances does not open
            the study, and a worklist that sorts by modality sorts by your guess.""",
        ),
        Wrong(
            "series-left-out",
            """
            def fill(ask, study):
                uid = study.StudyInstanceUID
                series = ask(identifier("SERIES", StudyInstanceUID=uid, SeriesInstanceUID="",
                                        Modality=""))
                images = ask(identifier("IMAGE", StudyInstanceUID=uid, SOPInstanceUID=""))
                study.ModalitiesInStudy = sorted({each.Modality for each in series})
                study.NumberOfStudyRelatedSeries = len(series)
                study.NumberOfStudyRelatedInstances = len(images)
                return study
            """,
            """You asked at the IMAGE level without a series. A hierarchical search needs a value of
            each unique key above; a strict PACS refuses.""",
        ),
        Wrong(
            "modality-repeated",
            FILL.replace("sorted({each.Modality for each in series})",
                         "[each.Modality for each in series]"),
            """You listed a modality once for each series. Modalities in Study names each that
            there is, once.""",
        ),
        Wrong(
            "series-counted",
            FILL.replace("len(images)", "len(series)"),
            """You counted the series twice: NumberOfStudyRelatedInstances is about the images
            in all of them.""",
        ),
        Wrong(
            "asks-always",
            FILL.replace('if study.get("ModalitiesInStudy") and '
                         'study.get("NumberOfStudyRelatedInstances"):', "if study is None:"),
            """You asked again for what the PACS had said. A list of 200 studies then costs a
            thousand questions, at a PACS that answers all of it in one.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.18", "10.6.3"), cite("PS3.4", "C.6.2.1"), cite("PS3.4", "C.4.1"))
NAMES = ("ModalitiesInStudy", "NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances")


def _said(study: Dataset) -> tuple[list[str], Any, Any]:
    value = study.get("ModalitiesInStudy", [])
    several = [value] if isinstance(value, str) else list(value or [])
    return [str(one) for one in several], study.get(NAMES[1]), study.get(NAMES[2])


def check(work: Work) -> Verdict:
    """Have it fill in a study of an old PACS, of one that can count, and one of LEGACY."""
    objects = [header("1.1", "1.1.1", f"1.1.1.{n}", Modality="CT") for n in range(4)]
    objects += [header("1.1", "1.1.2", "1.1.2.1", Modality="CT"),
                header("1.1", "1.1.3", "1.1.3.1", Modality="SR")]  # fmt: skip
    old = OldPacs(objects)
    try:
        got = work.call(old, identifier("STUDY", StudyInstanceUID="1.1", PatientID="7"))
    except AnswerRaised as error:
        refused = isinstance(error.__cause__, DimseError)
        return failed(expected="questions that a strict PACS answers", got=error.message, rule=RULE,
                      mistake="series-left-out" if refused else "")  # fmt: skip
    if got is None or got is ...:
        return blank()
    if not isinstance(got, Dataset):
        return failed(expected="a Dataset, the match with its counts", got=got, rule=RULE)
    modalities, series, images = _said(got)
    if not old.asked:
        return failed(expected="a question at the level below", got="none", rule=RULE,
                      mistake="zeros")  # fmt: skip
    if sorted(set(modalities)) != ["CT", "SR"] or len(modalities) != 2:
        again = len(modalities) > 2
        return failed(expected="ModalitiesInStudy CT and SR", got=modalities, rule=RULE,
                      mistake="modality-repeated" if again else "")  # fmt: skip
    if (str(series), str(images)) != ("3", "6"):
        mistake = "series-counted" if str(images) == "3" else ""
        return failed(expected="3 series, 6 instances", got=f"{series} series, {images} instances",
                      rule=RULE, mistake=mistake)  # fmt: skip
    if len(old.asked) > 4:
        return failed(expected="4 questions at most: the series, and each one's images",
                      got=f"{len(old.asked)} questions", rule=RULE)  # fmt: skip
    able = OldPacs(objects)
    whole = identifier("STUDY", StudyInstanceUID="1.1", ModalitiesInStudy=["CT", "SR"],
                       NumberOfStudyRelatedSeries=3, NumberOfStudyRelatedInstances=6)  # fmt: skip
    work.call(able, whole)
    if able.asked:
        return failed(expected="no question where the PACS has said it all",
                      got=f"{len(able.asked)} questions", rule=RULE,
                      mistake="asks-always")  # fmt: skip
    uid = str(sample("cr-wrist").datasets()[0].StudyInstanceUID)
    live = _said(work.call(lambda keys: list(find(work.lab.legacy, keys)),
                           identifier("STUDY", StudyInstanceUID=uid)))  # fmt: skip
    if live[0] != ["CR"] or [str(n) for n in live[1:]] != ["1", "1"]:
        return failed(expected="CR, 1 series and 1 instance for the wrist that LEGACY has",
                      got=live, rule=RULE)  # fmt: skip
    return passed("Counted in four questions, and in none where the PACS had counted.", rule=RULE)
