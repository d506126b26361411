"""What the sniffer has

A passcode in clear is a passcode of whoever listens: read it out of the bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pynetdicom.sop_class import Verification

from labkit.access.nodes.practice import Practice
from labkit.access.nodes.wire import WireTap
from labkit.common import cite
from labkit.dimse import associate
from labkit.dimse.association import query_context
from labkit.dimse.identity import UserIdentity
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb09_node_authentication._nodes import IMPORTS

_RIGHT = """
    def stolen(recorded):
        at, end = 74, 6 + int.from_bytes(recorded[2:6], "big")
        while at < end:
            kind, length = recorded[at], int.from_bytes(recorded[at + 2 : at + 4], "big")
            if kind == 0x58:
                first = int.from_bytes(recorded[at + 6 : at + 8], "big")
                name = recorded[at + 8 : at + 8 + first]
                rest = at + 8 + first
                second = int.from_bytes(recorded[rest : rest + 2], "big")
                return name.decode(), recorded[rest + 2 : rest + 2 + second].decode()
            at += 4 if kind == 0x50 else 4 + length
        return None
"""

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
    def stolen(recorded):
        ...  # (user name, passcode) in the bytes of an A-ASSOCIATE-RQ; None without them

    # byte 0: A-ASSOCIATE-RQ; items from byte 74; 50H has items inside; 58H is the user identity:
    # type, reserved, length (2), kind, answer wanted, length (2), name, length (2), passcode
    """,
    answer="stolen",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        The user identity sub-item has the passcode as it is, with its length before it
        (PS3.7 D.3.3.7.1). There is no challenge and no hash: who has read it once can send it for
        ever. So it belongs into TLS, and an acceptor that takes it in clear teaches its users to
        give it away. Lengths are to be read and not guessed: name and passcode may have any bytes
        of UTF-8.
    """,
    hints=(
        "Walk item by item: type at 0, length of the rest at 2 and 3, big endian. From byte 74 of "
        "the PDU.",
        "An item 50H is stepped into (4 bytes on), every other one is stepped over (4 + length).",
        "In 58H at `at`: the name's length is at at+6, the name from at+8; the passcode's length "
        "follows it directly, two bytes, then the passcode.",
    ),
    wrong=(
        Wrong(
            "everything-after-the-name",
            _RIGHT.replace("recorded[rest + 2 : rest + 2 + second]", "recorded[rest + 2 : end]"),
            """You took everything to the end of the PDU. Behind the user identity other items may
            come; the length says where the passcode ends.""",
        ),
        Wrong(
            "name-twice",
            _RIGHT.replace(
                "return name.decode(), recorded[rest + 2 : rest + 2 + second].decode()",
                "return name.decode(), name.decode()",
            ),
            """That is the primary field twice. The passcode is the secondary one.""",
        ),
        Wrong(
            "one-byte-length",
            _RIGHT.replace(
                'first = int.from_bytes(recorded[at + 6 : at + 8], "big")',
                "first = recorded[at + 6]",
            ),
            """You read one byte of a length of two, the high one. PS3.8 numbers are big endian.""",
        ),
        Wrong(
            "always-there",
            _RIGHT.replace("return None", 'return ("", "")'),
            """Where no user identity was sent there is nothing to steal: None, not two empty
            texts.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.7", "D.3.3.7.1"), cite("PS3.8", "9.3.2"))


def check(work: Work) -> Verdict:
    """Record associations with names and passcodes of several lengths."""
    for name, passcode in (("chen", "lantern-7"), ("dr müller", "ß" * 150), ("x", "y"), ("", "")):
        identity = UserIdentity(name, passcode) if name else None
        recorded = _recorded(identity)
        got = work.call(recorded)
        if got is ... or (got is None and name == "chen"):
            return blank()
        wanted = (name, passcode) if name else None
        if got == wanted:
            continue
        return failed(expected=repr(wanted), got=repr(got), rule=RULE,
                      mistake=_mistake(name, passcode, got))  # fmt: skip
    return passed("Name and passcode, byte for byte, from four recordings.", rule=RULE)


def _mistake(name: str, passcode: str, got: object) -> str:
    if not name:
        return "always-there"
    if not isinstance(got, tuple) or len(got) != 2:
        return ""
    if got == (name, name):
        return "name-twice"
    if got[0] == "":
        return "one-byte-length"
    return "everything-after-the-name" if str(got[1]).startswith(passcode) else ""


def _recorded(identity: UserIdentity | None) -> bytes:
    """The request of an association, with an item behind the user identity."""
    with Practice() as archive, WireTap("127.0.0.1", archive.peer.port) as tap:
        contexts = [query_context(str(Verification))]
        items = [identity.item] if identity is not None else []
        peer = archive.as_seen()
        with associate(replace(peer, port=tap.port), contexts, negotiation=items):
            pass
        sent = bytes(tap.sent)
    end = 6 + int.from_bytes(sent[2:6], "big")
    return _followed(sent[:end])


def _followed(pdu: bytes) -> bytes:
    """Put the user identity before the items that it came after, as some products send it."""
    at = 74
    while pdu[at] != 0x50:
        at += 4 + int.from_bytes(pdu[at + 2 : at + 4], "big")
    head, inner = pdu[: at + 4], pdu[at + 4 :]
    parts: list[bytes] = []
    while inner:
        length = 4 + int.from_bytes(inner[2:4], "big")
        parts.append(inner[:length])
        inner = inner[length:]
    parts.sort(key=lambda part: part[0] != 0x58)
    return head + b"".join(parts)
