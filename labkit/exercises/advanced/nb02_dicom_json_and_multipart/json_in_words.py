"""Read any value of DICOM JSON as one text.

A study list shows names, dates and modalities of whatever a server answers, and never crashes.
"""

import json
from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_REFERENCE = """
    def text(match, tag):
        def one(value):
            if value is None:
                return ""
            if isinstance(value, dict):
                groups = [value.get(g, "") for g in ("Alphabetic", "Ideographic", "Phonetic")]
                return "=".join(groups).rstrip("=")
            return str(value)

        return chr(92).join(one(value) for value in match.get(tag, {}).get("Value", []))
"""

EXERCISE = Exercise(
    blank="""
        def text(match, tag):
            ...  # the value as DICOM writes it: values joined by a backslash, groups of a name by =
    """,
    answer="text",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        Value is always an array, also for one value (PS3.18 F.2.4). An element without a value has
        vr alone, an empty value among others is null (F.2.5), and an attribute that was not
        returned is not there at all. A name is an object of up to three groups, of which the empty
        ones are left out (F.2.2): a Japanese name may have no Alphabetic. Numbers of IS and DS may
        come as numbers or as text (F.2.3), and text is to be shown as it came.
    """,
    hints=(
        "Four shapes: no such tag; an element that has only vr; an array with null in it; a name.",
        "match.get(tag, {}).get('Value', []) is a list in all cases. A value may be None, a dict, "
        "a number or a text.",
        "For a dict join its three groups with '=', and take the '=' off the end: Ideographic "
        "alone is '=山田^太郎'.",
    ),
    wrong=(
        Wrong(
            "name-as-a-string",
            """
            def text(match, tag):
                values = match.get(tag, {}).get("Value", [])
                return chr(92).join("" if value is None else str(value) for value in values)
            """,
            """You took a name for a string. PN is an object with the groups Alphabetic,
            Ideographic and Phonetic; your list shows braces.""",
        ),
        Wrong(
            "alphabetic-only",
            _REFERENCE.replace(
                'groups = [value.get(g, "") for g in ("Alphabetic", "Ideographic", "Phonetic")]',
                'groups = [value["Alphabetic"]]',
            ),
            """You took the Alphabetic group alone. It may be missing: then this is a KeyError; and
            the letters in which the patient writes the name are in the others.""",
        ),
        Wrong(
            "first-value",
            _REFERENCE.replace(
                'chr(92).join(one(value) for value in match.get(tag, {}).get("Value", []))',
                'next((one(v) for v in match.get(tag, {}).get("Value", [])), "")',
            ),
            """You took the first value. A study with CT and SR is then a CT, and Image Type loses
            all that matters.""",
        ),
        Wrong(
            "a-value-is-there",
            _REFERENCE.replace('match.get(tag, {}).get("Value", [])', 'match[tag]["Value"]'),
            """You took it for granted that the element is there and has a Value. An empty one has
            vr alone, and an unknown one is left out.""",
        ),
        Wrong(
            "none-in-words",
            _REFERENCE.replace('return ""', "return str(value)"),
            """You wrote None where a value is empty. null among other values is an empty value.""",
        ),
    ),
)

RULE = (cite("PS3.18", "F.2.2"), cite("PS3.18", "F.2.4"), cite("PS3.18", "F.2.5"))
Case = tuple[dict[str, Any], str, str]
CASES: tuple[Case, ...] = (
    ({"vr": "LO", "Value": ["NG-100457"]}, "NG-100457", ""),
    ({"vr": "CS", "Value": ["CT", "SR"]}, "CT\\SR", "first-value"),
    ({"vr": "SH"}, "", "a-value-is-there"),
    ({}, "", "a-value-is-there"),
    ({"vr": "LO", "Value": ["bar", None, "foo"]}, "bar\\\\foo", "none-in-words"),
    ({"vr": "PN", "Value": [{"Alphabetic": "Thistlewick^Marigold"}]}, "Thistlewick^Marigold",
     "name-as-a-string"),
    ({"vr": "PN", "Value": [{"Ideographic": "山田^太郎"}]}, "=山田^太郎", "alphabetic-only"),
    ({"vr": "PN", "Value": [{"Alphabetic": "Yamada^Tarou", "Phonetic": "やまだ^たろう"}]},
     "Yamada^Tarou==やまだ^たろう", "alphabetic-only"),
    ({"vr": "PN", "Value": [None, {"Alphabetic": "B^C"}]}, "\\B^C", ""),
    ({"vr": "IS", "Value": [40]}, "40", ""),
    ({"vr": "DS", "Value": ["1.50", "2"]}, "1.50\\2", ""),
    ({"vr": "AT", "Value": ["00280010"]}, "00280010", ""),
)  # fmt: skip


def check(work: Work) -> Verdict:
    """Call it with every shape that an element can have."""
    for number, (element, wanted, mistake) in enumerate(CASES):
        match = {"00081030": element} if element else {"00080060": {"vr": "CS", "Value": ["MR"]}}
        shown = json.dumps(element, ensure_ascii=False) if element else "an attribute not returned"
        try:
            got = work.answer(match, "00081030")
        except Exception as error:  # the learner's own code
            got = f"{type(error).__name__}: {error}"
        if number == 0 and got in (None, ...):
            return blank()
        if got != wanted:
            return failed(expected=f"{wanted!r} for {shown}", got=got, rule=RULE,
                          mistake=mistake if _fits(mistake, got, wanted) else "")  # fmt: skip
    return passed(f"{len(CASES)} shapes of a value, each as DICOM writes it.", rule=RULE)


def _fits(mistake: str, got: Any, wanted: str) -> bool:
    text = str(got)
    return {
        "first-value": text == wanted.split("\\")[0],
        "a-value-is-there": text.startswith(("KeyError", "TypeError")),
        "none-in-words": "None" in text,
        "name-as-a-string": "{" in text,
        "alphabetic-only": text.startswith("KeyError") or text == wanted.split("=")[0],
    }.get(mistake, False)
