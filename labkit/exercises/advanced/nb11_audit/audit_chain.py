"""Which record is not as it was written?

Each line of the file is a record. Its `hash` is the SHA-256 of the record without `hash` and
`seal`, as JSON with sorted keys and without blanks; its `prev` is the hash of the line before.
"""

from collections.abc import Callable

from labkit.access.audit.chain import canonical, digest
from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb11_audit._weeks import GIVEN, hidden

_RIGHT = """
    def first_bad(lines):
        previous = "0" * 64
        for number, line in enumerate(lines, 1):
            record = json.loads(line)
            said = record.pop("hash")
            record.pop("seal")
            text = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            if hashlib.sha256(text.encode()).hexdigest() != said or record["prev"] != previous:
                return number
            previous = said
        return 0
"""

EXERCISE = Exercise(
    given=GIVEN,
    secure=True,
    blank="""
    def first_bad(lines):
        ...  # the place of the first line that is wrong, from 1; 0 if none is

    # before the first record stands "0" * 64
    """,
    answer="first_bad",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        Two questions for each line: does its content give its hash, and does it follow the line
        before it. The first finds what was altered, the second what was removed or moved. Who
        alters a line and makes its hash anew is found at the next line; who makes all of them anew
        has to have the key, which is what the seal is for.
    """,
    hints=(
        "Take hash and seal out of the record, and make of the rest the text that was hashed.",
        'json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()',
        "Then compare record['prev'] with the hash of the line before; both have to be right.",
    ),
    wrong=(
        Wrong(
            "hash-only",
            _RIGHT.replace(' or record["prev"] != previous', ""),
            """Each line by itself is right, also where one before it is gone. Without looking at
            `prev` a record that was taken out leaves no trace.""",
        ),
        Wrong(
            "json-by-default",
            _RIGHT.replace(', ensure_ascii=False, sort_keys=True, separators=(",", ":")', ""),
            """You hashed the JSON that Python writes by default, with blanks and in another order:
            other bytes, another hash. A hash of JSON needs one form of it (RFC 8785).""",
        ),
        Wrong(
            "counted-from-nought",
            _RIGHT.replace("enumerate(lines, 1)", "enumerate(lines)"),
            """You counted from 0. Then the first line cannot be told from "none is wrong".""",
        ),
        Wrong(
            "prev-only",
            _RIGHT.replace("hashlib.sha256(text.encode()).hexdigest() != said or ", ""),
            """You believed the hash that stands in the line. Who changes a name and leaves the hash
            is not found.""",
        ),
    ),
)

RULE = cite("RFC 8785", "3.2")


def tampered() -> dict[str, tuple[list[bytes], int]]:
    """Return what was done to a file, the file, and the line that tells."""
    lines = hidden()[4][:60]
    changed = lines[40].replace(b'"allowed":true', b'"allowed":false')
    import json

    anew = json.loads(changed)
    anew["hash"] = digest(anew)
    return {
        "nothing": (lines, 0),
        "altered": ([*lines[:40], changed, *lines[41:]], 41),
        "removed": ([*lines[:20], *lines[21:]], 21),
        "moved": ([*lines[:9], lines[10], lines[9], *lines[11:]], 10),
        "altered and hashed anew": ([*lines[:40], canonical(anew), *lines[41:]], 42),
    }


def check(work: Work) -> Verdict:
    """Hand it files that somebody has been at, and one that is whole."""
    for what, (lines, right) in tampered().items():
        got = work.call(lines)
        if got is None or got is ...:
            return blank("It returns nothing yet.")
        if got != right:
            mistake = {"removed": "hash-only", "altered": "prev-only"}.get(what, "")
            if what == "nothing":
                return failed(expected="0 for a file that is whole", got=got, rule=RULE,
                              mistake="json-by-default" if got == 1 else "")  # fmt: skip
            if got == right - 1:
                return failed(expected=f"{right} where this was done: {what}", got=got, rule=RULE,
                              mistake="counted-from-nought")  # fmt: skip
            return failed(
                expected=f"{right} where this was done: {what}", got=got, rule=RULE,
                mistake=mistake if got == 0 or (what == "altered" and got > right) else "",
            )  # fmt: skip
    return passed("Altered, removed and moved are found, and a whole file is whole.", rule=RULE)
