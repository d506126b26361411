"""Hold a data set to its types.

Type 1 with a value, type 2 at least there, type 3 as you like (PS3.5 7.4).
"""

from collections.abc import Callable
from typing import Any

from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed, show

EXERCISE = Exercise(
    blank="""
        def broken_types(ds, types):
            ...  # types is {keyword: "1", "2" or "3"}; return a list of the keywords that ds breaks
    """,
    answer="broken_types",
    expects=Callable,  # type: ignore[arg-type]
    reference="""
        def broken_types(ds, types):
            broken = []
            for keyword, kind in types.items():
                absent = keyword not in ds
                if kind in ("1", "2") and absent:
                    broken.append(keyword)
                elif kind == "1" and ds[keyword].is_empty:
                    broken.append(keyword)
            return broken
    """,
    explanation="""
        Type 1: there, with a value (7.4.1). Type 2: there, and empty if the value is not known
        (7.4.3); that is how a modality says "we asked, and do not know". Type 3: optional (7.4.5).
        Whether a value is there is not the same as whether Python thinks it true: Pixel
        Representation 0 is a value, and a good one. is_empty of an element, or VM 0, asks the right
        question. Receivers differ in how strict they are; one that checks answers a C-STORE of a
        data set that breaks its types with A9xx or B007, "data set does not match SOP class"
        (PS3.4 B.2.3).
    """,
    hints=(
        "Two questions for each keyword: is it in the data set at all (keyword in ds), and has it "
        "a value (not ds[keyword].is_empty)?",
        "Type 1 needs both, type 2 only the first, type 3 neither. Mind the value 0: it is "
        "a value.",
        "kind in ('1', '2') and keyword not in ds: broken. kind == '1' and ds[keyword].is_empty: "
        "broken. Nothing else is.",
    ),
    wrong=(
        Wrong(
            "zero-is-no-value",
            """
            def broken_types(ds, types):
                return [word for word, kind in types.items()
                        if (kind == "1" and not ds.get(word)) or (kind == "2" and word not in ds)]
            """,
            """You took the value 0 for no value: `not 0` is true in Python. Pixel Representation 0
            means unsigned pixels, and most images say exactly that.""",
        ),
        Wrong(
            "empty-type-2-refused",
            """
            def broken_types(ds, types):
                return [word for word, kind in types.items()
                        if kind in ("1", "2") and (word not in ds or ds[word].is_empty)]
            """,
            """You refused an empty type 2 element. Empty is what type 2 is for: the value is not
            known, and the sender says so.""",
        ),
        Wrong(
            "empty-type-1-let-through",
            """
            def broken_types(ds, types):
                return [word for word, kind in types.items()
                        if kind in ("1", "2") and word not in ds]
            """,
            """You let an empty type 1 element through. Type 1 must have a value: an image without a
            SOP Instance UID is no image anybody could ask for.""",
        ),
    ),
)

RULE = cite("PS3.5", "7.4")
TYPES = {
    "SOPInstanceUID": "1", "Modality": "1", "Rows": "1", "PixelRepresentation": "1",
    "PatientName": "2", "PatientBirthDate": "2", "AccessionNumber": "2", "StudyDescription": "3",
}  # fmt: skip


def _good() -> Dataset:
    ds = Dataset()
    ds.SOPInstanceUID, ds.Modality, ds.Rows, ds.PixelRepresentation = "2.25.1", "CT", 512, 0
    ds.PatientName, ds.PatientBirthDate, ds.AccessionNumber = "Check^One", "19800101", "NG1"
    return ds


def _cases() -> list[tuple[str, Dataset, list[str], str]]:
    """Return what, data set, keywords that break their type, and the mistake of other answers."""
    good, empty2, empty1, absent = _good(), _good(), _good(), _good()
    empty2.AccessionNumber, empty2.PatientBirthDate, empty2.StudyDescription = "", "", ""
    empty1.SOPInstanceUID, empty1.Rows = "", None
    del absent.Modality, absent.PatientName
    return [
        ("a data set that keeps all", good, [], "zero-is-no-value"),
        ("empty type 2 and 3 elements", empty2, [], "empty-type-2-refused"),
        ("empty type 1", empty1, ["SOPInstanceUID", "Rows"], "empty-type-1-let-through"),
        ("absent type 1 and 2", absent, ["Modality", "PatientName"], ""),
        ("an empty data set", Dataset(), [w for w, kind in TYPES.items() if kind != "3"], ""),
    ]


def check(work: Work) -> Verdict:
    """Try it on five data sets; any collection of keywords will do."""
    for what, ds, wanted, mistake in _cases():
        got: Any = work.call(ds, dict(TYPES))
        if got in (None, ...):
            return blank(f"Your function returns nothing for {what}.")
        if not isinstance(got, (list, tuple, set, frozenset)):
            return failed(expected="a list of keywords", got=show(got), rule=RULE)
        if {str(word) for word in got} != set(wanted):
            return failed(
                expected=f"{', '.join(wanted) or 'nothing broken'}, for {what}",
                got=", ".join(sorted(str(word) for word in got)) or "nothing broken",
                rule=RULE,
                mistake=mistake,
            )
    return passed("Strict where the type is strict, and nowhere else.", rule=RULE)
