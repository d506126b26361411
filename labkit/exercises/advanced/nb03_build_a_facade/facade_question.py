"""Façade 1: turn a QIDO-RS request into the identifier of a C-FIND.

Keywords and tags, the level, the UIDs of the path; and what is no key at all.
"""

from collections.abc import Callable

from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.dimse import find
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb03_build_a_facade._facade import IMPORTS, QUESTION, RETURNED
from labkit.exercises.model import AnswerRaised

EXERCISE = Exercise(
    given=IMPORTS + RETURNED,
    blank="""
        def question(path, query):
            ...  # the identifier of the C-FIND, made with identifier(level, **keys)

        # question("/studies/1.2/series", [("Modality", "MR"), ("limit", "5")])
        # RETURNED has the keys to ask for at each level
    """,
    answer="question",
    expects=Callable,  # type: ignore[arg-type]
    reference=QUESTION,
    explanation="""
        The last word of the path is the level, and its UIDs are the unique keys of the levels
        above, which a hierarchical search must have (PS3.4 C.4.1.3.1.1). A value goes over as it
        is: * and ? mean the same on both sides, and a name without them means exactly that name. A
        list of UIDs changes its separator, comma here and backslash there. limit, offset,
        fuzzymatching and includefield are for you and not for the PACS; each field asked for is an
        empty key, and C-FIND has no word for all.
    """,
    hints=(
        "Take the path apart first: which word names the level, and which UIDs are in it?",
        "Begin with dict.fromkeys(RETURNED[level], ''); a tag becomes a keyword by "
        "keyword_for_tag(int(name, 16)). Which names in the query are no attributes?",
        "includefield=A,B means two empty keys, all means none; a value of VR UI is split at the "
        "comma; the path's UIDs come last: identifier(level, **keys).",
    ),
    wrong=(
        Wrong(
            "all-as-key",
            QUESTION.replace('if field != "all":', "if field:"),
            """You passed includefield=all on as a key. There is no attribute "all", and C-FIND has
            no way to ask for everything: a façade names what it wants, or asks for what it
            knows.""",
        ),
        Wrong(
            "top-level",
            QUESTION.replace("LEVEL[parts[-1]]", "LEVEL[parts[0]]"),
            """You took the level from the first word of the path. /studies/1.2/series asks for
            series; the first word is studies in each of the three.""",
        ),
        Wrong(
            "path-forgotten",
            QUESTION.replace("keys |= dict(zip", "_ = dict(zip"),
            """You left out the UIDs of the path. The PACS refuses to look below the study level
            without them, or answers for every study it has.""",
        ),
        Wrong(
            "star-added",
            QUESTION.replace(
                'value.split(",") if is_uid else value',
                'value.split(",") if is_uid else '
                'value + "*" * (dictionary_VR(key) == "PN" and "*" not in value)',
            ),
            """You added a wildcard to the name. The client asked for exactly this name, and gets
            other patients; who wants the others writes the * himself.""",
        ),
        Wrong(
            "comma-kept",
            QUESTION.replace('value.split(",") if is_uid else value', "value"),
            """You sent the list of UIDs with its comma. In a C-FIND it is one UID with a comma
            in it, which no study has: the answer is empty, and a success.""",
        ),
        Wrong(
            "include-wipes",
            QUESTION.replace('keys.setdefault(keyword(field), "")', 'keys[keyword(field)] = ""'),
            """Your includefield emptied a key that had a value. A name may be both: matched by
            its value, and asked for.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.18", "8.3.4"), cite("PS3.4", "C.4.1"))
NAME = "Larkwhistle^Barnaby"


def check(work: Work) -> Verdict:
    """Ask for identifiers, and try one of them on LEGACY."""
    path = "/studies/1.2.3/series"
    first = work.call(path, [("Modality", "MR"), ("limit", "5"), ("offset", "2")])
    if first is None or first is ...:
        return blank()
    if not isinstance(first, Dataset):
        return failed(expected="a Dataset, the identifier", got=first, rule=RULE)
    level = first.get("QueryRetrieveLevel")
    if level != "SERIES":
        return failed(expected=f"level SERIES for {path}", got=f"level {level}", rule=RULE,
                      mistake="top-level" if level == "STUDY" else "")  # fmt: skip
    if first.get("StudyInstanceUID") != "1.2.3":
        return failed(expected="StudyInstanceUID 1.2.3, from the path", rule=RULE,
                      got=first.get("StudyInstanceUID") or "no StudyInstanceUID",
                      mistake="path-forgotten")  # fmt: skip
    missing = [n for n in ("SeriesInstanceUID", "SeriesNumber") if n not in first]
    if first.get("Modality") != "MR" or missing:
        return failed(expected="Modality MR to match, the other keys of RETURNED empty",
                      got=f"{first}", rule=RULE)  # fmt: skip
    image = work.call("/studies/1.2/series/1.2.3/instances", [])
    if not isinstance(image, Dataset) or image.get("QueryRetrieveLevel") != "IMAGE":
        return failed(expected="level IMAGE for …/instances", got=image, rule=RULE)
    if (image.get("StudyInstanceUID"), image.get("SeriesInstanceUID")) != ("1.2", "1.2.3"):
        return failed(expected="both UIDs of the path", got=f"{image}", rule=RULE,
                      mistake="path-forgotten")  # fmt: skip
    return _values(work)


def _values(work: Work) -> Verdict:
    tagged = work.call("/studies", [("00100010", NAME), ("includefield", "PatientName,00081030")])
    name = str(tagged.get("PatientName", ""))
    if name != NAME or "StudyDescription" not in tagged:
        mistake = "star-added" if name == NAME + "*" else "" if name else "include-wipes"
        return failed(expected=f"PatientName {NAME}, StudyDescription empty", rule=RULE,
                      got=f"PatientName {name or 'empty'}", mistake=mistake)  # fmt: skip
    uids = work.call("/studies", [("StudyInstanceUID", "1.2,1.3")]).get("StudyInstanceUID")
    if isinstance(uids, str) or [str(uid) for uid in uids or ()] != ["1.2", "1.3"]:
        mistake = "comma-kept" if "," in str(uids) else ""
        return failed(expected="two UIDs, 1.2 and 1.3", got=uids, rule=RULE, mistake=mistake)
    try:
        everything = work.call("/studies", [("PatientName", "Larkwhistle*"), ("limit", "1"),
                                            ("includefield", "all")])  # fmt: skip
    except AnswerRaised as error:
        return failed(expected="an identifier for includefield=all", got=error.message, rule=RULE,
                      mistake="all-as-key")  # fmt: skip
    found = find(work.lab.legacy, everything)
    if len(found) != 2:
        return failed(expected="the two studies of Larkwhistle* that LEGACY has",
                      got=f"{len(found)} matches, {found.status}", rule=RULE)  # fmt: skip
    return passed("The right level, the UIDs of the path, values as they came; LEGACY answers.",
                  rule=RULE)  # fmt: skip
