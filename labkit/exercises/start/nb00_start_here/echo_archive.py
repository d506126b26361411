"""Ask the archive whether it is there.

The smallest act in DICOM: one C-ECHO (PS3.7 9.1.5), the Verification service of PS3.4 Annex A.
"""

from labkit.common import cite
from labkit.dimse import AssociationTrace, EchoResult, Status, decode_messages
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed

EXERCISE = Exercise(
    given="""
        from labkit.dimse import echo
    """,
    blank="""
        result = ...  # send a C-ECHO to lab.archive, and keep what comes back
    """,
    answer="result",
    expects=(EchoResult, Status),
    reference="""
        result = echo(lab.archive)
    """,
    explanation="""
        echo() opens an association with the archive, sends a C-ECHO request, and releases the
        association. The archive answers with a status, and 0x0000 means Success. That one answer
        proves three things: the address is right, the archive accepts the AE titles, and it
        answers DIMSE messages. It does not prove that you may store or query anything.
    """,
    hints=(
        "There is one function for each DIMSE message. This one is called echo().",
        "echo() needs to know whom to ask. The lab knows all its nodes; lab.archive is one.",
        "Call echo() with lab.archive between the brackets, and keep all that it returns.",
    ),
    wrong=(
        Wrong(
            "asked-legacy",
            "result = echo(lab.legacy)",
            """You asked LEGACY, the old PACS of Lakeside Clinic. It answered, but nobody has asked
            ARCHIVE: an echo proves something about one node only.""",
        ),
        Wrong(
            "kept-the-status-only",
            "result = echo(lab.archive).status",
            """You kept the status alone. A status does not tell who gave it, so it proves nothing
            later; the whole result has the association it came from. Leave out .status.""",
        ),
    ),
)

RULE = cite("PS3.4", "A.4")


def check(work: Work) -> Verdict:
    """Believe the archive's own record of this very association."""
    expected = "ARCHIVE has recorded your C-ECHO, and answered 0x0000 Success"
    if isinstance(work.answer, Status):
        return failed(
            expected="the result of the C-ECHO, with its association",
            got=f"a status: {work.answer}",
            rule=RULE,
            mistake="kept-the-status-only",
        )
    asked, mine = work.answer.trace.acceptor.ae_title, work.answer.trace
    if asked != "ARCHIVE":
        return failed(
            expected=expected,
            got=f"{asked} answered {work.answer.status}",
            rule=RULE,
            mistake="asked-legacy" if asked == "LEGACY" else "",
        )
    if not any(_is_same(seen, mine) for seen in work.lab.traces("ARCHIVE")):
        return failed(
            expected=expected,
            got="a result that ARCHIVE's record does not have",
            rule=RULE,
            why="It may be from before the lab was reset. Run the cell again.",
        )
    if work.answer.status != 0x0000:
        return failed(expected=expected, got=str(work.answer.status), rule=RULE)
    return passed("ARCHIVE has recorded your C-ECHO, and answered Success.", rule=RULE)


def _is_same(seen: AssociationTrace, mine: AssociationTrace) -> bool:
    """Whether two ends recorded one association: that port was ours, and a C-ECHO went over it."""
    return seen.requestor.port == mine.requestor.port and any(
        message.name == "C-ECHO-RQ" for message in decode_messages(seen)
    )
