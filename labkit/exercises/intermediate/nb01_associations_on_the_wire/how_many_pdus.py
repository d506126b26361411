"""How many P-DATA-TF does a data set need? The receiver's 51H decides.

PS3.8 D.1 (Maximum Length) and 9.3.5.1.
"""

from collections.abc import Callable

from labkit.common import cite
from labkit.dimse import Negotiation
from labkit.dimse.negotiation import Side
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_REFERENCE = """
    def pdus_needed(negotiation, size):
        limit = negotiation.acceptor.maximum_length
        if limit == 0:
            return 1
        return math.ceil(size / (limit - 6))
"""

EXERCISE = Exercise(
    given="import math",
    blank="""
        def pdus_needed(negotiation, size):
            ...  # the fewest P-DATA-TF in which the requestor can send a data set of size bytes

        # negotiation.requestor.maximum_length and negotiation.acceptor.maximum_length are what
        # each side said in its item 51H
    """,
    answer="pdus_needed",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        Each side says what it can *receive*, so the sender obeys the number of the other one, and
        the two directions may differ (PS3.8 D.1). The number limits the variable field of the
        P-DATA-TF: the 6-byte PDU header is not counted, but the value's own length, context ID and
        control header are, which are 4 + 1 + 1 bytes. 0 is no limit. A small number costs headers
        and system calls; it is no reason to refuse.
    """,
    hints=(
        "Who is the receiver of what the requestor sends? Its number counts.",
        "In each PDU the value has 6 bytes of its own (length 4, context ID 1, control header 1), "
        "and they count against the limit.",
        "math.ceil(size / (limit - 6)), and 1 where the limit is 0.",
    ),
    wrong=(
        Wrong(
            "own-limit",
            _REFERENCE.replace("acceptor", "requestor"),
            """You took the requestor's own number. That is what the requestor can receive; what it
            sends is limited by the acceptor's.""",
        ),
        Wrong(
            "header-forgotten",
            _REFERENCE.replace("(limit - 6)", "limit"),
            """You filled the whole limit with data. Six bytes of each PDU's variable field are the
            value's length, context ID and control header.""",
        ),
        Wrong(
            "smaller-of-both",
            """
            def pdus_needed(negotiation, size):
                numbers = (negotiation.acceptor.maximum_length,
                           negotiation.requestor.maximum_length)
                limit = min((n for n in numbers if n), default=0)
                return math.ceil(size / (limit - 6)) if limit else 1
            """,
            """You took the smaller of the two numbers. Nothing is agreed here: each direction has
            the limit of its receiver.""",
        ),
        Wrong(
            "no-limit-forgotten",
            _REFERENCE.replace("limit == 0", "limit is None"),
            """You took 0 for a length. It means that there is no limit: one PDU is enough.""",
        ),
        Wrong(
            "rest-left-behind",
            _REFERENCE.replace("math.ceil(size / (limit - 6))", "size // (limit - 6)"),
            """You rounded down. What is left over after the last full PDU has to go too: a data
            set without its end is never complete, and the receiver waits for it.""",
        ),
    ),
)

RULE = (cite("PS3.8", "D.1"), cite("PS3.8", "9.3.5.1"))
# requestor's 51H, acceptor's 51H, bytes, PDUs
CASES = (
    (65536, 16382, 163760, 10),
    (16384, 65536, 600000, 10),
    (16384, 65536, 524288, 9),
    (16384, 65536, 65530, 1),
    (16384, 65536, 65531, 2),
    (4096, 16384, 100000, 7),
    (0, 16384, 40000, 3),
    (16384, 0, 5000000, 1),
)


def check(work: Work) -> Verdict:
    """Call the function with negotiations that the learner has not seen."""
    for requestor, acceptor, size, right in CASES:
        negotiation = Negotiation(requestor=Side(requestor), acceptor=Side(acceptor))
        got = work.call(negotiation, size)
        if got is None or got is ...:
            return blank()
        if isinstance(got, bool) or got != right:
            return failed(
                expected=f"{right} for {size} bytes, where the requestor said {requestor} and the "
                f"acceptor {acceptor}",
                got=got, rule=RULE, mistake=_mistake(got, requestor, acceptor, size),
            )  # fmt: skip
    return passed("Right for eight negotiations, 0 and the edges among them.", rule=RULE)


def _mistake(got: object, requestor: int, acceptor: int, size: int) -> str:
    if not isinstance(got, (int, float)):
        return ""
    if acceptor == 0:
        return "no-limit-forgotten" if got <= 0 else "smaller-of-both"
    if got == -(-size // acceptor):
        return "header-forgotten"
    if got == size // (acceptor - 6):
        return "rest-left-behind"
    if requestor and got == -(-size // (requestor - 6)):
        return "own-limit" if requestor > acceptor else "smaller-of-both"
    return ""
