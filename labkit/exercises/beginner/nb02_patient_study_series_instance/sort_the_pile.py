"""Sort a pile of files into studies and series.

A USB stick from another hospital: files without names that mean anything, in no order.
"""

import random
from collections.abc import Callable
from copy import deepcopy
from numbers import Integral
from typing import Any

from pydicom import Dataset

from labkit.common import cite
from labkit.dicom import sample
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_BODY = """
    def sort_pile(datasets):
        result = {{}}
        for ds in datasets:
            series = result.setdefault({study}, {{}})
            series[{series}] = series.get({series}, 0) + 1
        return result
"""
_UIDS = {"study": "ds.StudyInstanceUID", "series": "ds.SeriesInstanceUID"}


def _body(**changed: str) -> str:
    return _BODY.format(**{**_UIDS, **changed})


EXERCISE = Exercise(
    given="""
        from labkit.dicom import sample
    """,
    blank="""
        def sort_pile(datasets):
            # Return {Study Instance UID: {Series Instance UID: number of instances}}.
            return ...
    """,
    answer="sort_pile",
    expects=Callable,  # type: ignore[arg-type]
    reference=_body(),
    explanation="""
        Study and series are not folders: they are two UIDs that each object carries. Objects with
        the same Study Instance UID are one study, whatever their dates, descriptions and file
        names say. Everything else repeats: series 2 is in every study, and the same description is
        in thousands. UIDs are the only keys that never collide, and so they are the keys that an
        archive sorts by.
    """,
    hints=(
        "What says that two files belong to one study? Not the date, not the description.",
        "Each object carries the UID of its study and the UID of its series.",
        "Loop over the data sets; count under result[ds.StudyInstanceUID][ds.SeriesInstanceUID].",
    ),
    wrong=(
        Wrong(
            "series-by-number",
            _body(series="str(ds.SeriesNumber)"),
            """You told the series apart by Series Number. It is there for people, and a
            scanner may use a number twice: two series then become one. The key is Series
            Instance UID.""",
        ),
        Wrong(
            "study-by-patient",
            _body(study="ds.PatientID"),
            """You put everything of a patient into one study. A patient has many studies; each has
            its own Study Instance UID.""",
        ),
        Wrong(
            "study-by-accession",
            _body(study="ds.AccessionNumber"),
            """You took the accession number for the study. One order can lead to several
            studies, and a study without an order has no number at all.""",
        ),
        Wrong(
            "series-by-modality",
            _body(series="ds.Modality"),
            """You put all objects of one modality into one series. A study of the head in MR has a
            dozen series, and every one of them is MR.""",
        ),
    ),
)  # fmt: skip

RULE = cite("PS3.3", "A.1.2")
MISTAKES = {
    "PatientID": "study-by-patient",
    "AccessionNumber": "study-by-accession",
}


def check(work: Work) -> Verdict:
    """Call it with a pile in which every key but the UIDs collides."""
    if not callable(work.answer):
        return failed(expected="the function sort_pile", got=work.answer, rule=RULE)
    pile = _pile()
    result: Any = work.call(deepcopy(pile))
    if result is ...:
        return blank()
    if result is None:
        why = "A function without a return statement returns None. End it with: return result"
        return failed(expected="a dict of dicts", got="None", rule=RULE, why=why)
    expected = _sorted(pile, "StudyInstanceUID", "SeriesInstanceUID")
    plain = _plain(result)
    if plain == expected:
        return passed("Three studies, five series, and every file in its place.", rule=RULE)
    got = _in_words(plain) if plain is not None else result
    mistake = ""
    for keyword, name in MISTAKES.items():
        if plain == _sorted(pile, keyword, "SeriesInstanceUID"):
            mistake = name
    if plain == _sorted(pile, "StudyInstanceUID", "SeriesNumber"):
        mistake = "series-by-number"
    if plain == _sorted(pile, "StudyInstanceUID", "Modality"):
        mistake = "series-by-modality"
    return failed(expected=_in_words(expected), got=got, rule=RULE, mistake=mistake)


def _pile() -> list[Dataset]:
    """Headers of three studies; two series of one study share a number, and two a modality."""
    found = [
        *sample("mr-brain").datasets(),
        *sample("dx-hand").datasets(),
        *sample("dx-hand-followup").datasets(),
    ]
    second = [ds for ds in found if ds.Modality == "MR"][:5]
    for ds in second:
        ds.SeriesInstanceUID = ds.SeriesInstanceUID[:-1] + str(
            (int(ds.SeriesInstanceUID[-1]) + 1) % 10
        )
    other = [ds for ds in found if ds.Modality == "DX"]
    other[1].AccessionNumber = other[0].AccessionNumber
    random.Random(2).shuffle(found)
    return found


def _sorted(pile: list[Dataset], study: str, series: str) -> dict[str, dict[str, int]]:
    result: dict[str, dict[str, int]] = {}
    for ds in pile:
        counts = result.setdefault(str(ds[study].value), {})
        key = str(ds[series].value)
        counts[key] = counts.get(key, 0) + 1
    return result


def _plain(result: Any) -> dict[str, dict[str, int]] | None:
    """Return the answer with plain keys and counts, or None if it has another shape."""
    try:
        return {
            str(study): {
                str(series): int(n) if isinstance(n, Integral) else len(n)
                for series, n in counts.items()
            }
            for study, counts in result.items()
        }
    except (AttributeError, TypeError):
        return None


def _in_words(result: dict[str, dict[str, int]]) -> str:
    sizes = sorted((sorted(counts.values()) for counts in result.values()), reverse=True)
    return f"{len(result)} studies, with series of " + "; ".join(str(s)[1:-1] for s in sizes)
