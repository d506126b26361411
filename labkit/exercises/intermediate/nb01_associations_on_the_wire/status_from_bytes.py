"""Read the status out of a command set, byte by byte.

Implicit VR Little Endian, whatever was negotiated: PS3.7 6.3.1.
"""

from collections.abc import Callable

from pydicom.dataset import Dataset
from pynetdicom.dsutils import encode

from labkit.common import cite
from labkit.dimse import decode_messages, find, identifier
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_REFERENCE = """
    def status(command):
        at = 0
        while at < len(command):
            group, element, length = struct.unpack_from("<HHL", command, at)
            if (group, element) == (0x0000, 0x0900):
                return struct.unpack_from("<H", command, at + 8)[0]
            at += 8 + length
        return -1
"""

EXERCISE = Exercise(
    given="import struct",
    blank="""
        def status(command):
            ...  # the value of Status (0000,0900) as a number; -1 where there is none (a request)

        # each element: group (2 bytes), element (2), length (4), then the value; little endian
    """,
    answer="status",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        A command set is Implicit VR Little Endian in every association, whatever transfer syntax
        the presentation context has (PS3.7 6.3.1): without that nobody could read it before
        knowing the context. Walking is the only safe way. To search for the four bytes of the tag
        finds other things as well: a Message ID of 9 after a length of 2 has the very same bytes.
    """,
    hints=(
        "Print command[:12].hex(' '): 00 00 00 00 04 00 00 00 is (0000,0000), group length, of 4 "
        "bytes.",
        'struct.unpack_from("<HHL", command, at), and the next element is 8 + length further on.',
        'At (0000, 0900): struct.unpack_from("<H", command, at + 8)[0].',
    ),
    wrong=(
        Wrong(
            "searched",
            """
            def status(command):
                at = command.find(bytes.fromhex("00 00 00 09"))
                return -1 if at < 0 else struct.unpack_from("<H", command, at + 8)[0]
            """,
            """You searched for the bytes of the tag. They also occur elsewhere: the length 2
            followed by Message ID 9 is 02 00 00 00 09 00. Walk from element to element.""",
        ),
        Wrong(
            "big-endian",
            _REFERENCE.replace('"<H", command', '">H", command'),
            """You read the value big endian, so A700H became 00A7H. The PDU around it is big
            endian, the command set is little endian.""",
        ),
        Wrong(
            "zero-for-none",
            _REFERENCE.replace("return -1", "return 0"),
            """You gave 0 where there is no status. 0000H is Success, and a request has not
            succeeded yet: it has no status at all.""",
        ),
    ),
)

RULE = (cite("PS3.7", "6.3.1"), cite("PS3.7", "E.1"))


def _command(field: int, status: int | None, number: int) -> bytes:
    ds = Dataset()
    ds.AffectedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    ds.CommandField = field
    if status is None:
        ds.MessageID = number
    else:
        ds.MessageIDBeingRespondedTo = number
        ds.Status = status
        ds.ErrorComment = "disk is full" if status else "none"
    ds.CommandDataSetType = 0x0101
    body = encode(ds, True, True) or b""
    return b"\0\0\0\0\4\0\0\0" + len(body).to_bytes(4, "little") + body


CASES = (
    ("a C-STORE-RSP", _command(0x8001, 0xA700, 1), 0xA700),
    ("a C-STORE-RQ", _command(0x0001, None, 1), -1),
    ("a C-STORE-RSP to message 9", _command(0x8001, 0xB007, 9), 0xB007),
    ("a C-STORE-RQ with Message ID 9", _command(0x0001, None, 9), -1),
    ("a C-STORE-RSP with Success", _command(0x8001, 0, 12), 0),
)


def check(work: Work) -> Verdict:
    """Call the function with the commands of a query made just now, and with five by hand."""
    for what, command, right in (*CASES, *_live(work)):
        got = work.call(command)
        if got is None or got is ...:
            return blank()
        if isinstance(got, bool) or got != right:
            return failed(expected=f"{_shown(right)} for {what}", got=_shown(got), rule=RULE,
                          mistake=_mistake(got, what, right))  # fmt: skip
    return passed("Right for every command of a query made just now, and for message 9.",
                  rule=RULE)  # fmt: skip


def _live(work: Work) -> list[tuple[str, bytes, int]]:
    keys = identifier("STUDY", PatientID="NG10001", StudyInstanceUID=None)
    trace = find(work.lab.archive, keys, ae_title="CHECK").trace
    cases = []
    for message in decode_messages(trace):
        first = trace.pdus[message.pdus[0]].data
        length = int.from_bytes(first[6:10], "big") - 2
        right = message.command.get("Status", -1)
        cases.append((f"a {message.name} of ARCHIVE", first[12 : 12 + length], int(right)))
    return cases


def _shown(value: object) -> object:
    return f"{value:04X}H" if isinstance(value, int) and value >= 0 else value


def _mistake(got: object, what: str, right: int) -> str:
    if not isinstance(got, int):
        return ""
    if right == -1:
        return "zero-for-none" if got == 0 else "searched" if what.endswith("9") else ""
    if got == int.from_bytes(right.to_bytes(2, "little"), "big"):
        return "big-endian"
    return "searched" if what.endswith("9") else ""
