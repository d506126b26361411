"""Get the ultrasound loops in: the association stands, and nothing is sent.

The association layer again: read what was proposed and what came back.
"""

from pydicom.uid import ImplicitVRLittleEndian

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong
from labkit.exercises.intermediate.nb05_troubleshooting._mend import (
    CLEARED,
    changed,
    judge,
)

EXERCISE = Exercise(
    given="""
        lab.faults.clear()
        lab.faults.surprise(seed=6, level=1)
        mark = lab.mark()
    """,
    blank="""
        # Find out why US2 cannot send, and mend it on one of the two sides: lab.configure(...)
    """,
    reference="""
        lab.configure("ARCHIVE", transfer_syntaxes=None)
    """,
    explanation="""
        Result 4 says that the SOP class is known and none of the transfer syntaxes proposed for it
        is taken. The archive's list had uncompressed ones only, and US2 proposes JPEG Baseline.
        To widen the archive's list keeps the loops small; to have US2 send uncompressed works too,
        at ten times the size and with the loss of the first compression still in it.
    """,
    hints=(
        'lab.examine("US2") names the result of the presentation context: 3 is the SOP class, 4 '
        "the transfer syntax (PS3.8 Table 9-18).",
        'Compare lab.settings("ARCHIVE")["transfer_syntaxes"] with what US2 proposes.',
        "transfer_syntaxes=None lets the archive take all; transfer_syntax=... at US2 has it send "
        "uncompressed.",
    ),
    wrong=(
        Wrong(
            "another-jpeg",
            """
            taken = lab.settings("ARCHIVE")["transfer_syntaxes"]
            lab.configure("ARCHIVE", transfer_syntaxes=[*taken, "JPEGLosslessSV1"])
            """,
            """You added another JPEG. Each process has a UID of its own: an image in JPEG Baseline
            is not taken by who takes JPEG Lossless.""",
        ),
        Wrong(
            "other-end",
            'lab.configure("WORKSTN", transfer_syntaxes=["JPEGBaseline8Bit"])',
            """Nothing that decides here has changed: US2 and ARCHIVE negotiate, nobody else.""",
        ),
        Wrong(
            "shut-the-others-out",
            'lab.configure("ARCHIVE", transfer_syntaxes=["JPEGBaseline8Bit"])',
            """You put JPEG Baseline in the place of the list. The loops come in, and every
            scanner that sends uncompressed is refused from now on. Implicit VR Little Endian is
            the default that all have to take (PS3.5 10.1): extend the list, or take all.""",
        ),
        CLEARED,
    ),
)

RULE = cite("PS3.8", "9.3.3.2")
_TWO = 2


def check(work: Work) -> Verdict:
    """Have US2 examine again."""
    return judge(
        work,
        RULE,
        mended="Both sides share a transfer syntax.",
        mistakes={
            "another-jpeg": lambda w: (
                len(w.lab.settings("ARCHIVE")["transfer_syntaxes"] or ()) > _TWO
            ),
            "other-end": lambda w: changed(w, "WORKSTN: transfer_syntaxes"),
        },
        shortcuts={
            "shut-the-others-out": (
                _no_default,
                "ARCHIVE takes no Implicit VR Little Endian any more",
            ),
        },
    )


def _no_default(work: Work) -> bool:
    """Whether the archive refuses the default transfer syntax (PS3.5 10.1)."""
    taken = work.lab.settings("ARCHIVE")["transfer_syntaxes"]
    return bool(taken) and not {"ImplicitVRLittleEndian", ImplicitVRLittleEndian} & {*taken}
