"""Decide from the last PDU of an association what is to be done.

A-RELEASE-RP, A-ASSOCIATE-RJ and A-ABORT: PS3.8 9.3.4, 9.3.7, 9.3.8.
"""

from collections.abc import Callable

from pynetdicom.pdu import A_ABORT_RQ, A_ASSOCIATE_RJ, A_RELEASE_RP

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_REFERENCE = """
    def what_now(pdu):
        if pdu[0] == 6:
            return "nothing"
        if pdu[0] == 7:
            return "read their log"
        result, source, reason = pdu[7:10]
        if result == 2:
            return "call again"
        if (source, reason) == (1, 3):
            return "have our title added there"
        if (source, reason) == (1, 7):
            return "correct the title we call"
        return "read their log"
"""

EXERCISE = Exercise(
    blank="""
        def what_now(pdu):
            ...  # one of the five texts, from the last PDU of an association, given as bytes

        # "nothing"                     it was released
        # "call again"                  rejected, and the other side says: transient
        # "have our title added there"  rejected for good, our calling AE title is not recognised
        # "correct the title we call"   rejected for good, the called AE title is not recognised
        # "read their log"              aborted, or rejected for good for another reason
    """,
    answer="what_now",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        The result of an A-ASSOCIATE-RJ is byte 8 of the PDU, counted from one (PS3.8 9.3.4): 1 is
        permanent, 2 transient. A reason means something only together with its source: 2 of
        source 1 is an application context, 2 of source 3 is a limit of associations. A program
        that calls again after a permanent rejection fills two logs and gets the same answer. An
        A-ABORT says who, seldom why.
    """,
    hints=(
        "pdu[0] is the type: 3 is A-ASSOCIATE-RJ, 6 A-RELEASE-RP, 7 A-ABORT.",
        "In an A-ASSOCIATE-RJ, pdu[6] is reserved; then come result, source and reason.",
        "result, source, reason = pdu[7:10]. Result 2 is transient. Source 1 with reason 3 is the "
        "calling title, source 1 with reason 7 the called title.",
    ),
    wrong=(
        Wrong(
            "reserved-byte",
            _REFERENCE.replace("pdu[7:10]", "pdu[6:9]"),
            """You began one byte early: pdu[6] is reserved and always 0, so result became source
            and source became reason.""",
        ),
        Wrong(
            "titles-mixed-up",
            _REFERENCE.replace("(1, 3)", "(1, X)").replace("(1, 7)", "(1, 3)")
            .replace("(1, X)", "(1, 7)"),
            """You have calling and called the wrong way round. The caller is the one who opens the
            association; reason 3 is about its title, reason 7 about the one it asked for.""",
        ),
        Wrong(
            "reason-alone",
            _REFERENCE.replace("(source, reason) == (1, 3)", "reason == 3")
            .replace("(source, reason) == (1, 7)", "reason == 7"),
            """You looked at the reason without its source. The reasons of each source are numbered
            anew: 3 of source 3 is not an AE title.""",
        ),
        Wrong(
            "always-again",
            _REFERENCE.replace("result == 2", "result"),
            """You call again after a permanent rejection (result 1). The answer will be the same
            until somebody changes a configuration.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.8", "9.3.4"), cite("PS3.8", "9.3.8"))
LOG = "read their log"


def _reject(result: int, source: int, reason: int) -> bytes:
    pdu = A_ASSOCIATE_RJ()
    pdu.result, pdu.source, pdu.reason_diagnostic = result, source, reason
    return bytes(pdu.encode())


def _abort(source: int, reason: int) -> bytes:
    pdu = A_ABORT_RQ()
    pdu.source, pdu.reason_diagnostic = source, reason
    return bytes(pdu.encode())


CASES = (
    (A_RELEASE_RP().encode(), "nothing"),
    (_reject(1, 1, 3), "have our title added there"),
    (_reject(1, 1, 7), "correct the title we call"),
    (_reject(2, 3, 2), "call again"),
    (_reject(2, 3, 1), "call again"),
    (_reject(1, 1, 1), LOG),
    (_reject(1, 3, 3), LOG),
    (_reject(1, 3, 7), LOG),
    (_reject(2, 1, 3), "call again"),
    (_abort(0, 0), LOG),
    (_abort(2, 6), LOG),
)


def check(work: Work) -> Verdict:
    """Call the function with PDUs that the learner has not seen."""
    for pdu, right in CASES:
        got = work.call(pdu)
        if got is None or got is ...:
            return blank()
        if not isinstance(got, str) or " ".join(got.split()) != right:
            return failed(expected=f"{right!r} for {pdu.hex(' ')}", got=got, rule=RULE,
                          mistake=_mistake(got, pdu, right))  # fmt: skip
    return passed("Right for a release, two aborts and eight rejections.", rule=RULE)


def _mistake(got: object, pdu: bytes, right: str) -> str:
    titles = {"have our title added there", "correct the title we call"}
    if pdu[0] != 3:
        return ""
    if right in titles:
        if got in titles:
            return "titles-mixed-up"
        return "always-again" if got == "call again" else "reserved-byte" if got == LOG else ""
    return "reason-alone" if right == LOG and got in titles else ""
