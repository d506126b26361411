"""Repair a name that a gateway ruined.

UTF-8 bytes under the label ISO_IR 100: mojibake, and it can be undone (PS3.3 C.12.1.1.2).
"""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed, show
from labkit.exercises.model import AnswerRaised

EXERCISE = Exercise(
    given="""
        ds = lab.sample("cr-wrist").datasets()[0]
    """,
    blank="""
        def repair(ds):
            ...  # mend PatientName and SpecificCharacterSet where the name is ruined; return ds
    """,
    answer="repair",
    expects=Callable,  # type: ignore[arg-type]
    reference="""
        def repair(ds):
            try:
                name = str(ds.PatientName).encode("latin-1").decode("utf-8")
            except UnicodeError:
                return ds
            if name != str(ds.PatientName):
                ds.PatientName = name
                ds.SpecificCharacterSet = "ISO_IR 192"
            return ds
    """,
    explanation="""
        encode("latin-1") goes back to the bytes as they are in the file, and decode("utf-8") reads
        them as what they are. That is safe because UTF-8 has a strict form: real Latin-1 text, such
        as the fc of a single ü, is no valid UTF-8, so the decoding fails and the name is left
        alone. The label has to change with the name: ISO_IR 192 is UTF-8. A name of ASCII letters
        is the same in both, and needs neither. Where the bytes themselves were lost, as question
        marks, no program brings them back: ask the source system.
    """,
    hints=(
        "ds.PatientName.original_string shows the bytes in the file. Ã¼ is c3 bc: which character "
        "has that in UTF-8?",
        "str(ds.PatientName).encode('latin-1') gives the bytes back, .decode('utf-8') reads them "
        "as UTF-8. Names that are well make one of the two fail, with UnicodeError.",
        "In a try: name = str(ds.PatientName).encode('latin-1').decode('utf-8'); except "
        "UnicodeError: return ds. Then set PatientName, and SpecificCharacterSet to 'ISO_IR 192'.",
    ),
    wrong=(
        Wrong(
            "label-only",
            """
            def repair(ds):
                ds.SpecificCharacterSet = "ISO_IR 192"
                return ds
            """,
            """You changed the label alone. pydicom had read the bytes as Latin-1 already, so the
            ruined letters are now written as UTF-8: ruined twice, and well labelled.""",
        ),
        Wrong(
            "broke-the-healthy",
            """
            def repair(ds):
                name = str(ds.PatientName).encode("latin-1", "replace").decode("utf-8", "replace")
                ds.PatientName = name
                ds.SpecificCharacterSet = "ISO_IR 192"
                return ds
            """,
            """You repaired a name that was well, and ruined it. Most names in an archive are right:
            a repair must leave these alone, and test before it writes.""",
        ),
        Wrong(
            "stops-at-the-healthy",
            """
            def repair(ds):
                ds.PatientName = str(ds.PatientName).encode("latin-1").decode("utf-8")
                ds.SpecificCharacterSet = "ISO_IR 192"
                return ds
            """,
            """Your function raises on a name that is well. Over an archive of a million studies it
            would stop at the first good one: catch UnicodeError, and return the data set as it
            is.""",
        ),
        Wrong(
            "name-without-label",
            """
            def repair(ds):
                try:
                    name = str(ds.PatientName).encode("latin-1").decode("utf-8")
                except UnicodeError:
                    return ds
                ds.PatientName = name
                return ds
            """,
            """The name is right in memory, but the label still says ISO_IR 100. Not every letter
            of the repaired name has a place there, and then it is lost as the file is written.""",
        ),
    ),
)

RULE = cite("PS3.3", "C.12.1.1.2")
RUINED = (
    ("cr-wrist's patient", "Grünwäldchen^Jörg"),
    ("another patient", "Świerszczyk^Żółwina"),
)
WELL = (
    ("Grünwäldchen^Jörg", "ISO_IR 100"),
    ("Kumorizora^Haru=曇空^晴=くもりぞら^はる", "ISO_IR 192"),
    ("Quillfeather^Tobias", "ISO_IR 100"),
)


def check(work: Work) -> Verdict:
    """Let it repair ruined names and healthy ones, and read back what would be written."""
    for what, name in RUINED:
        ruined = _made(name.encode(), "ISO_IR 100")
        seen = str(ruined.PatientName)
        got = work.call(ruined)
        if got in (None, ...):
            return blank("Your function returns nothing.")
        if not isinstance(got, Dataset):
            return failed(expected="the data set", got=got, rule=RULE)
        label, read = str(got.get("SpecificCharacterSet", "")), _written(got)
        if read != name:
            mistake = "label-only" if read == seen and label == "ISO_IR 192" else ""
            if str(got.PatientName) == name:
                mistake = "name-without-label"
            return failed(
                expected=f"{name}, once written and read again, for {what}",
                got=f"{read}, {label}",
                rule=RULE,
                mistake=mistake,
            )
    for name, charset in WELL:
        encoding = "utf-8" if charset == "ISO_IR 192" else "latin-1"
        try:
            got = work.call(_made(name.encode(encoding), charset))
        except AnswerRaised as error:
            return failed(
                expected=f"{name}, which is well, left alone",
                got=error.message.split(", when called")[0],
                rule=RULE,
                mistake="stops-at-the-healthy",
            )
        read = _written(got) if isinstance(got, Dataset) else show(got)
        if read != name:
            return failed(
                expected=f"{name}, which is well, left alone",
                got=read,
                rule=RULE,
                mistake="broke-the-healthy",
            )
    return passed("Two ruined names repaired, three healthy ones left alone.", rule=RULE)


def _made(name: bytes, charset: str) -> Dataset:
    """Return a data set as read from a file that holds these bytes under this label."""
    name += b" " * (len(name) % 2)
    label = charset.encode()
    label += b" " * (len(label) % 2)
    raw = b"\x08\x00\x05\x00CS" + len(label).to_bytes(2, "little") + label
    raw += b"\x10\x00\x10\x00PN" + len(name).to_bytes(2, "little") + name
    return dcmread(BytesIO(raw), force=True)


def _written(ds: Any) -> str:
    """Return the name as another program would read it from the written file."""
    plain, out = Dataset(), BytesIO()
    if "SpecificCharacterSet" in ds:
        plain.SpecificCharacterSet = ds.SpecificCharacterSet
    plain.PatientName = str(ds.PatientName)
    try:
        dcmwrite(out, plain, implicit_vr=False, little_endian=True, enforce_file_format=False)
    except UnicodeError:
        return "a name that its character set cannot hold"
    return str(dcmread(BytesIO(out.getvalue()), force=True).PatientName)
