"""Read the answers to the presentation contexts, byte by byte.

Items of type 21H, each with a result: PS3.8 9.3.3.2.
"""

from collections.abc import Callable

from pynetdicom import build_context

from labkit.common import cite
from labkit.dimse import associate, decode_negotiation
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_REFERENCE = """
    def answers(pdu):
        found, at = {}, 74
        while at + 4 <= len(pdu):
            kind, length = pdu[at], int.from_bytes(pdu[at + 2 : at + 4], "big")
            if kind == 0x21:
                found[pdu[at + 4]] = pdu[at + 6]
            at += 4 + length
        return found
"""

EXERCISE = Exercise(
    blank="""
        def answers(pdu):
            ...  # {presentation context ID: result} of an A-ASSOCIATE-AC, given as bytes

        # the items begin at byte 74: type (1 byte), reserved (1), length (2, big endian),
        # then so many bytes; in an item of type 21H: ID, reserved, result, reserved, a sub-item
    """,
    answer="answers",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        Every context that was proposed gets an answer of its own, under the ID it was proposed
        with (PS3.8 9.3.3.2). Result 3 says that the abstract syntax is not known, 4 that none of
        the transfer syntaxes is; an accepted association may have no accepted context at all. The
        length of an item counts what follows it, so an unknown item is stepped over without being
        understood, and must be (PS3.8 9.3.1).
    """,
    hints=(
        "Print pdu[74:90].hex(' '): 10 00 00 15 is the application context item, of 21 bytes. "
        "Where does the next item begin?",
        "An item takes 4 + length bytes. Walk from one to the next, and look only into those "
        "whose first byte is 0x21.",
        "found[pdu[at + 4]] = pdu[at + 6] where pdu[at] == 0x21.",
    ),
    wrong=(
        Wrong(
            "reserved-byte",
            _REFERENCE.replace("pdu[at + 6]", "pdu[at + 5]"),
            """You read the reserved byte between ID and result: it is always 0, so every context
            looks accepted. The images that follow are then refused for no visible reason.""",
        ),
        Wrong(
            "every-item",
            _REFERENCE.replace("if kind == 0x21:", "if length:"),
            """You looked into every item. Only those of type 21H are presentation contexts; 10H is
            the application context, 50H the user information.""",
        ),
        Wrong(
            "request-items",
            _REFERENCE.replace("0x21", "0x20"),
            """You found none. An answered context has type 21H; 20H is a proposed one, in the
            request. If you did look for 21H, look at the length: here it is big endian, read the
            other way round the first item swallows all that follow.""",
        ),
    ),
)

RULE = (cite("PS3.8", "9.3.3"), cite("PS3.8", "9.3.3.2"))
PROPOSED = (
    ("1.2.840.10008.1.1", "1.2.840.10008.1.2"),  # Verification
    ("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.4.90"),  # CT, in JPEG 2000
    ("1.2.840.10008.5.1.4.31", "1.2.840.10008.1.2"),  # the worklist
    ("1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.1.2.1"),  # Secondary Capture
)


def check(work: Work) -> Verdict:
    """Open an association with LEGACY, and call the function with its answer."""
    contexts = [build_context(abstract, transfer) for abstract, transfer in PROPOSED]
    with associate(work.lab.legacy, contexts, ae_title="CHECK") as link:
        pass
    pdu = next(pdu.data for pdu in link.trace.pdus if pdu.data[:1] == b"\x02")
    right = {context.id: context.result for context in decode_negotiation(link.trace).contexts}
    got = work.call(pdu)
    if got is None or got is ...:
        return blank()
    if got != right:
        return failed(expected=f"{right} for LEGACY's answer to four contexts",
                      got=got, rule=RULE, mistake=_mistake(got, right))  # fmt: skip
    return passed(f"LEGACY was asked for four contexts just now, and you read {got}.", rule=RULE)


def _mistake(got: object, right: dict[int, int | None]) -> str:
    if not isinstance(got, dict):
        return ""
    if not got:
        return "request-items"
    if set(got) == set(right):
        return "" if any(got.values()) else "reserved-byte"
    return "every-item" if set(got) > set(right) else ""
