"""Ask the archive whether it is there.

The smallest act in DICOM: one C-ECHO (PS3.7 9.1.5), the verification service of PS3.4 Annex A.
"""

from labkit.common import cite
from labkit.dimse import Status, decode_messages
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed

EXERCISE = Exercise(
    given="""
        from labkit.dimse import echo
    """,
    blank="""
        status = ...  # send a C-ECHO to lab.archive and keep the status it answers with
    """,
    answer="status",
    expects=Status,
    reference="""
        status = echo(lab.archive).status
    """,
    explanation="""
        echo() opens an association with the archive, sends a C-ECHO request, and releases the
        association. The archive answers with a status, and 0x0000 means Success. That one status
        proves three things: the address is right, the archive accepts the AE titles, and it
        answers DIMSE messages. It does not prove that you may store or query anything.
    """,
    hints=(
        "There is one function for each DIMSE message. This one is called echo().",
        "echo() needs to know whom to ask. The lab knows all its nodes: lab.archive is one.",
        "echo(lab.archive) returns a result; its attribute .status is what the archive answered.",
    ),
    wrong=(
        Wrong(
            "asked-legacy",
            "status = echo(lab.legacy).status",
            """You asked LEGACY, the old PACS of Lakeside Clinic. It answered, but nobody has asked
            ARCHIVE yet: an echo proves something about one node only.""",
        ),
        Wrong(
            "typed-the-status",
            """
            from labkit.dimse import Status
            status = Status(0x0000)
            """,
            """You wrote down Success without asking: the archive has seen no C-ECHO. A status is
            worth something only when it comes from the other side.""",
        ),
    ),
)

RULE = cite("PS3.4", "A.4")


def check(work: Work) -> Verdict:
    """Believe the archive's own record of the association, not the value alone."""
    expected = "the archive has been asked, and answered 0x0000 Success"
    if not _asked(work, "ARCHIVE"):
        legacy = _asked(work, "LEGACY")
        return failed(
            expected=expected,
            got=f"{work.answer} from LEGACY" if legacy else "the archive has not been asked",
            rule=RULE,
            mistake="asked-legacy" if legacy else "typed-the-status",
        )
    if work.answer != 0x0000:
        return failed(expected=expected, got=str(work.answer), rule=RULE)
    return passed("The archive saw your C-ECHO, and answered Success.", rule=RULE)


def _asked(work: Work, node: str) -> bool:
    """Whether `node` has recorded a C-ECHO request from the learner."""
    return any(
        message.name == "C-ECHO-RQ"
        for trace in work.lab.traces(node)
        if trace.requestor.ae_title == "LEARNER"
        for message in decode_messages(trace)
    )
