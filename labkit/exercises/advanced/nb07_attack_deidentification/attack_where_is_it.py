"""Where is the name still?

A colleague has blanked Patient's Name and asks for a review. Write the search of the reviewer.
"""

from collections.abc import Callable

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_RIGHT = """
    def where(ds, word):
        found = []
        for element in ds:
            if element.VR == "SQ":
                for item in element.value:
                    found += where(item, word)
            else:
                value = element.value
                text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
                if word.lower() in text.lower():
                    found.append(element.tag)
        return found
"""

EXERCISE = Exercise(
    blank="""
    def where(ds, word):
        ...  # tags of all elements whose value has the word in it, at any depth

    # upper or lower case; private elements and those of VR UN too (their value is bytes)
    """,
    answer="where",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        Identity goes where people type, and people type everywhere. A search through the top level
        misses sequences (PS3.5 7.5), one through texts misses VR UN, where a name is bytes
        (PS3.5 6.2.2), one for the exact value misses "Mrs THISTLEWICK" in a comment. Whoever
        reviews a de-identifier searches in all of them, and then in the bytes of the file.
    """,
    hints=(
        "for element in ds gives one level. What has another level below it?",
        "Where element.VR is SQ, go through element.value and call yourself for each item.",
        "A value of VR UN or OB is bytes: value.decode('latin-1') makes text of any bytes. Compare "
        "both sides in lower case.",
    ),
    wrong=(
        Wrong(
            "top-level",
            """
            def where(ds, word):
                return [e.tag for e in ds if word.lower() in (
                    e.value.decode("latin-1") if isinstance(e.value, bytes) else str(e.value)
                ).lower() and e.VR != "SQ"]
            """,
            """You looked at the top level. Two sequences down there is a name that nobody has
            removed; sequences are where de-identifiers forget.""",
        ),
        Wrong(
            "texts-only",
            _RIGHT.replace(
                'value.decode("latin-1") if isinstance(value, bytes) else str(value)',
                '"" if isinstance(value, bytes) else str(value)',
            ),
            """You left values of bytes out. In a file of Implicit VR every private element that the
            reader does not know is VR UN: the name is in there, letter by letter.""",
        ),
        Wrong(
            "one-side-lower",
            _RIGHT.replace("word.lower() in text.lower()", "word in text.lower()"),
            """You made one side lower case. A word with a capital letter is in no text without
            capitals, so nothing is found, and that looks like a clean file.""",
        ),
        Wrong(
            "sequences-too",
            """
            def where(ds, word):
                return [e.tag for e in ds.iterall() if word.lower() in str(e.value).lower()]
            """,
            """You searched the text of whole sequences, and that has the text of their items in it.
            The place is the element of the item; with the sequences above it, it is counted three
            times.""",
        ),
        Wrong(
            "exact-case",
            _RIGHT.replace("word.lower() in text.lower()", "word in text"),
            """You compared letters with their case. Devices write names in capitals, as DICOM's CS
            and old HL7 do, and people write them as they like.""",
        ),
    ),
)

RULE = (cite("PS3.5", "7.5"), cite("PS3.5", "6.2.2"), cite("PS3.15", "E.1.1"))
_WORD = "Brackwater"


def planted() -> Dataset:
    """Return a data set with the word in five places."""
    deep = Dataset()
    deep.PatientName = "Brackwater^Ida"
    middle = Dataset()
    middle.ReferencedStudySequence = Sequence([Dataset(), deep])
    ds = Dataset()
    ds.PatientName = ""
    ds.ImageComments = "second image of Mrs Brackwater"
    ds.StationName = "BRACKWATER 2"
    ds.RequestAttributesSequence = Sequence([middle])
    block = ds.private_block(0x0011, "ACME 1.0", create=True)
    block.add_new(0x01, "LO", "seen by Brackwater")
    ds.add_new(0x00111002, "UN", b"\x10\x00\x10\x00\x0a\x00\x00\x00Brackwater")
    ds.Rows, ds.StudyDescription = 512, "CHEST"
    return ds


_PLACES = {
    0x00100010: "top-level", 0x00204000: "", 0x00081010: "exact-case", 0x00111001: "",
    0x00111002: "texts-only",
}  # fmt: skip
_SEQUENCES = {0x00081110, 0x00400275}


def check(work: Work) -> Verdict:
    """Have it search a data set with known hiding places."""
    got = work.call(planted(), _WORD)
    if got is None or got is ...:
        return blank("It finds nothing yet.")
    try:
        tags = {int(tag) for tag in got}
    except (TypeError, ValueError):
        return failed(expected="a list of tags", got=got, rule=RULE)
    missed = [tag for tag in _PLACES if tag not in tags]
    if missed:
        words = ", ".join(f"({tag >> 16:04X},{tag & 0xFFFF:04X})" for tag in missed)
        names = {_PLACES[tag] for tag in missed} - {""}
        if len(missed) == len(_PLACES) and work.call(planted(), _WORD.lower()):
            names = {"one-side-lower"}
        return failed(expected="five places", got=f"not found in {words}", rule=RULE,
                      mistake=names.pop() if len(names) == 1 else "")  # fmt: skip
    extra = tags - set(_PLACES)
    if extra:
        words = ", ".join(f"({tag >> 16:04X},{tag & 0xFFFF:04X})" for tag in sorted(extra))
        return failed(expected="five places", got=f"these too: {words}", rule=RULE,
                      mistake="sequences-too" if extra <= _SEQUENCES else "")  # fmt: skip
    return passed("Found in five places, four of them outside of Patient's Name.", rule=RULE)
