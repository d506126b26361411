"""Where does the name still stand?

A script has emptied Patient's Name and Patient ID. Find every place that tells who it was.
"""

from collections.abc import Callable

from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb06_deidentification._people import code, slice_of

_RIGHT = """
    def places(ds, words):
        found = set()
        for part in (ds.file_meta, ds):
            for element in part.iterall():
                if element.VR == "SQ":
                    continue
                value = element.value
                text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
                if any(word.lower() in text.lower() for word in words):
                    found.add(int(element.tag))
        return found
"""

EXERCISE = Exercise(
    blank="""
    def places(ds, words):
        ...  # the tags, as a set of int, of all elements that hold one of the words
    """,
    answer="places",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        An identity stands in sequences at any depth, in private elements of VR UN or OB, in the
        file meta information, and in another case than you have it. PS3.15 E.1.1 asks for the file
        meta information and the preamble to be replaced for this reason. iterall() goes into
        sequences; file_meta is a data set of its own.
    """,
    hints=(
        "for element in ds sees the top level alone. Which method goes through all?",
        "A private value may come as bytes (VR UN). And a file has two data sets.",
        "Go through (ds.file_meta, ds), each by .iterall(); decode bytes as latin-1; compare in "
        "lower case.",
    ),
    wrong=(
        Wrong(
            "top-level-only",
            _RIGHT.replace("part.iterall()", "part"),
            """You looked at the top level. The requesting physician's note, the codes and the
            items of a report lie in sequences.""",
        ),
        Wrong(
            "no-file-meta",
            _RIGHT.replace("(ds.file_meta, ds)", "(ds,)"),
            """You left the file meta information out. Source Application Entity Title and a
            private block there have gone out with many a "clean" file.""",
        ),
        Wrong(
            "no-bytes",
            _RIGHT.replace("value.decode(\"latin-1\") if isinstance(value, bytes) else str(value)",
                           "value if isinstance(value, str) else \"\""),
            """You looked at values that are str. A PersonName is no str, a private element often
            comes as bytes, and a multiple value is a list.""",
        ),
        Wrong(
            "sequences-too",
            """
    def places(ds, words):
        found = set()
        for part in (ds.file_meta, ds):
            for element in part.iterall():
                value = element.value
                text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
                if any(word.lower() in text.lower() for word in words):
                    found.add(int(element.tag))
        return found
            """,
            """You searched the text of whole sequences too, and that has the text of their items in
            it. Who cleans by your list takes out a sequence for one word in one of its items.""",
        ),
        Wrong(
            "same-case",
            _RIGHT.replace("word.lower() in text.lower()", "word in text"),
            """You compared letter by letter. Modalities write names in capitals.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.15", "E.1.1"), cite("PS3.5", "7.8"))
WORDS = ("Brindlemoor", "Odalys", "NG-100644")


def leftovers() -> dict[str, Dataset]:
    """Objects, by what a wrong search misses."""
    nested, meta, private, capitals = (slice_of() for _ in range(4))
    inner = code("R52", "99NG", "Pain of Brindlemoor")
    inner.PurposeOfReferenceCodeSequence = [code("1", "99NG", "asked by Odalys")]
    nested.ProcedureCodeSequence = [inner]
    meta.file_meta.SourceApplicationEntityTitle = "OdalysCT"
    private.private_block(0x0029, "NORTH GENERAL", create=True).add_new(
        0x10, "UN", b"id=NG-100644;x\0"
    )
    capitals.ImageComments = "BRINDLEMOOR, 2nd look"
    found = {"top-level-only": nested, "no-file-meta": meta, "no-bytes": private,
             "same-case": capitals}  # fmt: skip
    for ds in found.values():
        ds.PatientName = ds.PatientID = ""
    return found


def check(work: Work) -> Verdict:
    """Give it four files, each with a place that one mistake misses."""
    for mistake, ds in leftovers().items():
        got = work.call(ds, WORDS)
        if got in (None, ...):
            return blank()
        wanted = {
            int(e.tag) for part in (ds.file_meta, ds) for e in part.iterall()
            if e.VR != "SQ" and any(w.lower() in _text(e.value).lower() for w in WORDS)
        }  # fmt: skip
        if not isinstance(got, (set, list, tuple)) or {int(tag) for tag in got} != wanted:
            sequences = {int(e.tag) for e in ds.iterall() if e.VR == "SQ"}
            name = mistake if not got else "top-level-only" if mistake == "top-level-only" else ""
            if isinstance(got, (set, list, tuple)) and wanted < {int(tag) for tag in got}:
                name = "sequences-too" if {int(t) for t in got} - wanted <= sequences else ""
            shown = sorted(f"{tag:08X}" for tag in got) if isinstance(got, set) else got
            return failed(expected=sorted(f"{tag:08X}" for tag in wanted), got=shown, rule=RULE,
                          mistake=name)  # fmt: skip
    return passed("Sequences, private bytes, file meta information, capitals.", rule=RULE)


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
