"""Write a data set as DICOM JSON.

A small converter for headers, checked on files that you have not seen.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from pydicom import Dataset
from pydicom.sequence import Sequence

from labkit.common import cite
from labkit.dicomweb.dicom_json import to_json
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_REFERENCE = """
    BINARY = ("OB", "OD", "OF", "OL", "OV", "OW", "UN")

    def as_json(ds):
        def one(vr, value):
            if value is None or value == "":
                return None
            if vr == "SQ":
                return as_json(value)
            if vr == "PN":
                groups = ("Alphabetic", "Ideographic", "Phonetic")
                return {g: str(t) for g, t in zip(groups, value.components) if t}
            if vr == "AT":
                return f"{int(value):08X}"
            return value if vr in ("US", "UL", "SS", "SL", "FL", "FD") else str(value)

        made = {}
        for tag in sorted(ds.keys()):
            element = ds[tag]
            if tag.element == 0 or tag.group == 2 or element.VR in BINARY:
                continue
            made[f"{int(tag):08X}"] = found = {"vr": element.VR}
            several = element.VM > 1 or element.VR == "SQ"
            values = list(element.value) if several else [element.value]
            if not element.is_empty:
                found["Value"] = [one(element.VR, value) for value in values]
        return made
"""

EXERCISE = Exercise(
    given="""
        import pydicom
        BINARY = ("OB", "OD", "OF", "OL", "OV", "OW", "UN")
    """,
    blank="""
        BINARY = ("OB", "OD", "OF", "OL", "OV", "OW", "UN")

        def as_json(ds):
            ...  # a dict of DICOM JSON; leave out the elements whose VR is in BINARY
    """,
    answer="as_json",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        The name of an element is its tag, eight hexadecimal digits in capitals, in ascending order,
        and there are no group lengths and no file meta information (PS3.18 F.2.2, 10.4.1.1.2). An
        empty element keeps its vr and has no Value (F.2.5); an empty sequence too, while an item
        without elements is {}. AT is a tag, so eight digits (F.2.3). DS and IS may be numbers or
        text: text keeps 1.50 from becoming 1.5. pydicom has to_json_dict() for your programs; who
        has written it once knows where to look when two servers disagree.
    """,
    hints=(
        "Go through the elements. Four kinds are special: SQ, PN, AT, and what is empty.",
        "element.is_empty says so. A name has .components, up to three; AT is a number, to be "
        "written with 08X.",
        "made[f'{int(tag):08X}'] = {'vr': …, 'Value': [ … ]}; for SQ call as_json for each item.",
    ),
    wrong=(
        Wrong(
            "name-as-a-string",
            _REFERENCE.replace('if vr == "PN":', 'if vr == "never":'),
            """You wrote a name as a string. It is an object of groups, so that letters of three
            kinds need no = between them.""",
        ),
        Wrong(
            "empty-list-for-empty",
            _REFERENCE.replace("if not element.is_empty:", "if True:").replace(
                "else [element.value]", "else [] if element.is_empty else [element.value]"
            ),
            """You wrote Value: [] for an element without a value. It has vr and nothing else.""",
        ),
        Wrong(
            "small-letters",
            _REFERENCE.replace('f"{int(tag):08X}"', 'f"{int(tag):08x}"'),
            """You wrote the tags in small letters. 0020000d and 0020000D are two names to a JSON
            parser, and a client that looks for the second finds nothing.""",
        ),
        Wrong(
            "tag-as-a-number",
            _REFERENCE.replace('return f"{int(value):08X}"', "return int(value)"),
            """You wrote AT as a number. Its value is a tag, and a tag is eight hexadecimal
            digits.""",
        ),
        Wrong(
            "empty-left-out",
            _REFERENCE.replace(
                "            made[f",
                "            if element.is_empty:\n                continue\n"
                "            made[f",
            ),
            """You left out what is empty. Type 2 attributes are there without a value, and an
            importer that gets none refuses the object.""",
        ),
        Wrong(
            "one-value-not-in-a-list",
            _REFERENCE.replace(
                "        return made",
                "        return {t: {**e, 'Value': e['Value'][0]}\n"
                "                if len(e.get('Value', [])) == 1 else e for t, e in made.items()}",
            ),
            """You wrote a single value without the brackets. Value is an array, also of one.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.18", "F.2.2"), cite("PS3.18", "F.2.3"), cite("PS3.18", "F.2.5"))
BINARY = ("OB", "OD", "OF", "OL", "OV", "OW", "UN")


def check(work: Work) -> Verdict:
    """Convert an object made for the purpose, then some of the stories' real ones."""
    if work.call(Dataset()) in (None, ...):
        return blank()
    heart = work.lab.sample("us-heart").datasets()[0]
    report = work.lab.sample("ct-chest").datasets("SR")[0]
    for name, ds in (("a small data set", _made()), ("the echo", heart), ("a report", report)):
        got = work.call(ds)
        wanted = _without_binary(to_json(ds))
        wanted = {k: v for k, v in wanted.items() if k != "00080005"}
        if not isinstance(got, dict):
            return failed(expected="a dict", got=got, rule=RULE)
        try:
            json.dumps(got)
        except TypeError as error:
            return failed(expected="what JSON can hold: text, numbers, lists, dicts",
                          got=str(error), rule=RULE)  # fmt: skip
        mine = {k: v for k, v in got.items() if k != "00080005"}
        for where, want, had, mistake in _differences(wanted, mine):
            return failed(expected=f"{where} of {name}: {_short(want)}", got=_short(had),
                          rule=RULE, mistake=mistake)  # fmt: skip
        if list(mine) != sorted(mine):
            return failed(expected="names in ascending order", got=", ".join(list(mine)[:4]),
                          rule=RULE)  # fmt: skip
    return passed("Three objects, element by element as Annex F has it.", rule=RULE)


def _made() -> Dataset:
    ds = Dataset()
    ds.ImageType = ["DERIVED", "", "MPR"]
    ds.PatientName = "Yamada^Tarou=山田^太郎=やまだ^たろう"
    ds.AccessionNumber = ""
    ds.StudyInstanceUID = "2.25.1234"
    ds.FrameIncrementPointer = [0x00181063]
    ds.PixelSpacing = ["1.50", "2"]
    ds.NumberOfFrames = "20"
    ds.Rows = 512
    ds.RequestAttributesSequence = Sequence([Dataset()])
    ds.ProcedureCodeSequence = Sequence([])
    item = ds.RequestAttributesSequence[0]
    item.ScheduledProcedureStepID, item.RequestedProcedureID = "SPS1", ""
    ds.add_new(0x00080000, "UL", 4)
    return ds


def _without_binary(value: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for tag, element in value.items():
        if element["vr"] in BINARY:
            continue
        if element["vr"] == "SQ" and "Value" in element:
            element = {**element, "Value": [_without_binary(item) for item in element["Value"]]}
        made[tag] = element
    return made


def _differences(
    wanted: dict[str, Any], got: dict[str, Any], path: str = ""
) -> Iterator[tuple[str, Any, Any, str]]:
    """Where two data sets differ; a number and its text are the same in DS and IS."""
    for tag in sorted({*wanted, *got}):
        where, want, had = path + tag, wanted.get(tag), got.get(tag)
        if want is None:
            small = tag != tag.upper() and tag.upper() in wanted
            yield where, "no such name", had, "small-letters" if small else ""
        elif had is None:
            small = tag.lower() in got
            empty = set(want) == {"vr"}
            mistake = "small-letters" if small else "empty-left-out" if empty else ""
            yield where, want, "it is not there", mistake
        elif want["vr"] == "SQ" and "Value" in want:
            items = had.get("Value") if isinstance(had, dict) else None
            if not isinstance(items, list) or len(items) != len(want["Value"]):
                single = isinstance(items, dict)
                yield where, want, had, "one-value-not-in-a-list" if single else ""
                continue
            for number, (a, b) in enumerate(zip(want["Value"], items, strict=True)):
                yield from _differences(a, b if isinstance(b, dict) else {}, f"{where}[{number}].")
        elif _plain(want) != _plain(had):
            yield where, want, had, _mistake(want, had)


def _plain(element: Any) -> Any:
    if not isinstance(element, dict) or element.get("vr") not in ("DS", "IS"):
        return element
    values = element.get("Value")
    if not isinstance(values, list):
        return element
    return {**element, "Value": [None if v is None else float(v) for v in values]}


def _mistake(want: dict[str, Any], had: Any) -> str:
    if not isinstance(had, dict):
        return ""
    value = had.get("Value")
    if "Value" in want and value is not None and not isinstance(value, list):
        return "one-value-not-in-a-list"
    if "Value" not in want and value is not None and not any(value):
        return "empty-list-for-empty"
    if want["vr"] == "PN" and value and isinstance(value[0], str):
        return "name-as-a-string"
    if want["vr"] == "AT" and value and isinstance(value[0], int):
        return "tag-as-a-number"
    return ""


def _short(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)[:160]
