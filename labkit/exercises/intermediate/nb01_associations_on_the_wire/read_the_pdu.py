"""Write a decoder of P-DATA-TF: header, type, length, presentation data values.

PS3.8 9.3.5 and E.2.
"""

from collections.abc import Callable

from labkit.common import cite
from labkit.dimse import TracedPdu, decode_pdu, echo, find, identifier
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_REFERENCE = """
    def read(pdu):
        kind, length = struct.unpack(">BxL", pdu[:6])
        pdvs, at = [], 6
        while kind == 4 and at < 6 + length:
            size, context, header = struct.unpack_from(">LBB", pdu, at)
            what = "command" if header & 1 else "data set"
            pdvs.append((context, what, bool(header & 2), size - 2))
            at += 4 + size
        return {"type": kind, "length": length, "pdvs": pdvs}
"""

EXERCISE = Exercise(
    given="import struct",
    blank="""
        def read(pdu):
            kind, length = struct.unpack(">BxL", pdu[:6])
            pdvs = []
            ...  # if it is a P-DATA-TF (type 4), for each value in it, append
            # (context ID, "command" or "data set", is it the last fragment, bytes of the fragment)
            return {"type": kind, "length": length, "pdvs": pdvs}

        # a value: length (4 bytes, big endian), context ID (1), control header (1), the fragment;
        # the control header: bit 0 is 1 for a command, bit 1 is 1 for the last fragment
    """,
    answer="read",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        A P-DATA-TF carries one value or several (PS3.8 9.3.5); many senders put one in each, and a
        receiver takes both. The length of a value counts ID and control header, so the fragment is
        two bytes shorter (PS3.8 9.3.5.1, E.2). All lengths here are big endian, although the
        command set inside is little endian: the two layers have rules of their own.
    """,
    hints=(
        "The first value begins at byte 6. struct.unpack_from('>LBB', pdu, at) gives its length, "
        "context ID and control header.",
        "header & 1 says command, header & 2 says last. The fragment has length - 2 bytes.",
        "The next value begins 4 + length further on; go on while at < len(pdu), and only for "
        "kind == 4.",
    ),
    wrong=(
        Wrong(
            "two-too-many",
            _REFERENCE.replace("size - 2", "size"),
            """Your fragments are two bytes too long. The length of a value counts the context ID
            and the control header too; taken for data, they would end up in the data set.""",
        ),
        Wrong(
            "bits-swapped",
            _REFERENCE.replace("header & 1", "header & X")
            .replace("header & 2", "header & 1")
            .replace("header & X", "header & 2"),
            """You have the two bits of the control header the wrong way round: bit 0 (value 1)
            says command, bit 1 (value 2) says last fragment. A header of 03H hides the mistake.""",
        ),
        Wrong(
            "first-only",
            _REFERENCE.replace("at += 4 + size", "break"),
            """You read the first value of each PDU. A PDU may hold several: the status of a
            message and its data set, for instance.""",
        ),
        Wrong(
            "any-type",
            _REFERENCE.replace("kind == 4 and ", ""),
            """You look for values in a PDU that is no P-DATA-TF. Only type 4 has them; what you
            read are AE titles or reserved bytes.""",
        ),
    ),
)

_Reading = tuple[int, int, list[tuple[object, ...]]]
RULE = (cite("PS3.8", "9.3.5"), cite("PS3.8", "E.2"))
TWO_VALUES = bytes.fromhex("040000000017 0000000a 05 03 0001020304050607 00000005 05 00 aabbcc")
UNFINISHED = bytes.fromhex("040000000008 00000004 03 01 0102")
FIRST = "PDU 3 of a C-ECHO, P-DATA-TF"
LAST_OF_DATA = bytes.fromhex("04000000000a 00000006 07 02 01020304")
CASES: tuple[tuple[str, bytes, _Reading], ...] = (
    ("a PDU with two values", TWO_VALUES,
     (4, 23, [(5, "command", True, 8), (5, "data set", False, 3)])),
    ("a command that goes on", UNFINISHED, (4, 8, [(3, "command", False, 2)])),
    ("the end of a data set", LAST_OF_DATA, (4, 10, [(7, "data set", True, 4)])),
)  # fmt: skip


def check(work: Work) -> Verdict:
    """Call the function with PDUs of associations made just now, and with three by hand."""
    for what, pdu, right in (*_live(work), *CASES):
        got = work.call(pdu)
        if got is None or got is ...:
            return blank()
        if not isinstance(got, dict) or not isinstance(got.get("pdvs"), (list, tuple)):
            return failed(expected="a dict with type, length and pdvs", got=got, rule=RULE)
        if not got["pdvs"] and what == FIRST:
            return blank()
        values = [tuple(v) if isinstance(v, (list, tuple)) else (v,) for v in got["pdvs"]]
        read = (got.get("type"), got.get("length"), values)
        if read != right:
            return failed(expected=f"{right} for {what}", got=read, rule=RULE,
                          mistake=_mistake(values, right))  # fmt: skip
    return passed("Right for every PDU of an echo and a query made just now, and for three rare "
                  "ones.", rule=RULE)  # fmt: skip


def _live(work: Work) -> list[tuple[str, bytes, _Reading]]:
    """Make a C-ECHO and a C-FIND; give their PDUs, and what is in them, those with data first."""
    keys = identifier("STUDY", PatientID="NG10001", StudyInstanceUID=None)
    traces = {
        "C-ECHO": echo(work.lab.archive, ae_title="CHECK").trace,
        "C-FIND": find(work.lab.archive, keys, ae_title="CHECK").trace,
    }
    cases = []
    for service, trace in traces.items():
        for number, pdu in enumerate(trace.pdus, 1):
            if not pdu.truncated:
                what = f"PDU {number} of a {service}, {decode_pdu(pdu).name}"
                cases.append((what, pdu.data, _reading(pdu)))
    return sorted(cases, key=lambda case: case[2][0] != 4)


def _reading(pdu: TracedPdu) -> _Reading:
    """Read a PDU with the decoder of labkit, which is written in another way."""
    values: list[tuple[object, ...]] = []
    length = context = 0
    if pdu.data[0] == 4:
        for field in decode_pdu(pdu).fields:
            if field.name == "Item length":
                length = int(field.value)
            elif field.name == "Presentation context ID":
                context = int(field.value)
            elif field.name == "Message control header":
                header = int(field.value.rstrip("H"), 16)
                what = "command" if header & 1 else "data set"
                values.append((context, what, header & 2 == 2, length - 2))
    return pdu.data[0], pdu.length - 6, values


def _mistake(read: list[tuple[object, ...]], right: _Reading) -> str:
    wanted = right[2]
    if not wanted:
        return "any-type" if read else ""
    if len(read) < len(wanted):
        return "first-only" if read == wanted[: len(read)] and read else ""
    for got, want in zip(read, wanted, strict=False):
        if len(got) != 4:
            return ""
        if got[:3] == want[:3] and got[3] == int(str(want[3])) + 2:
            return "two-too-many"
        if got[1:3] != want[1:3]:
            swapped = ("command" if want[2] else "data set", want[1] == "command")
            return "bits-swapped" if got[1:3] == swapped else ""
    return ""
