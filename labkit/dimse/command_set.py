"""Command sets: group 0000, always Implicit VR Little Endian (PS3.7 6.3.1, 9.3, 10.3, E.1)."""

from __future__ import annotations

from pydicom.datadict import dictionary_description, dictionary_VR
from pynetdicom.dimse_messages import _MESSAGE_TYPES

from labkit.common.cite import Citation, cite
from labkit.dimse.reader import Reader
from labkit.dimse.status import Status
from labkit.dimse.words import uid_name

MESSAGES: dict[int, str] = {code: name for code, (name, _) in _MESSAGE_TYPES.items()}
NO_DATA_SET = 0x0101  # the value of Command Data Set Type that says "none" (PS3.7 E.1)

# The services of PS3.7 9.3 and 10.3 in the order of their sections; in each, the request is
# subsection 1, the response 2, the cancel 3.
_SERVICES = {
    "9.3": ("C-STORE", "C-FIND", "C-GET", "C-MOVE", "C-ECHO"),
    "10.3": ("N-EVENT-REPORT", "N-GET", "N-SET", "N-ACTION", "N-CREATE", "N-DELETE"),
}
_PRIORITY = {0: "medium", 1: "high", 2: "low"}  # PS3.7 E.1


def message_section(name: str) -> Citation:
    """Cite where a message is defined: ``C-FIND-RSP`` in PS3.7 9.3.2.2."""
    service, _, kind = name.rpartition("-")
    for chapter, services in _SERVICES.items():
        if service in services:
            number = {"RQ": 1, "RSP": 2}[kind]
            return cite("PS3.7", f"{chapter}.{services.index(service) + 1}.{number}")
    return cite("PS3.7", "9.3.2.3" if name == "C-CANCEL-RQ" else "6.3.1")


def service_of(name: str, abstract_syntax: str = "") -> str:
    """Name the service that a message's status belongs to, for `Status`."""
    syntax = uid_name(abstract_syntax)
    if "Worklist" in syntax:
        return "MWL"
    if "Performed Procedure Step" in syntax:
        return "MPPS"
    if "Storage Commitment" in syntax:
        return "COMMITMENT"
    return name.rpartition("-")[0]


def note_command(pdv: Reader) -> None:
    """Note the elements of a command fragment, as far as it holds whole ones."""
    pdv.section = cite("PS3.7", "6.3.1")
    name = ""
    while pdv.left >= 8 and pdv.at + 8 <= len(pdv.data):
        head = pdv.data[pdv.at : pdv.at + 8]
        group, element = (int.from_bytes(head[i : i + 2], "little") for i in (0, 2))
        length = int.from_bytes(head[4:8], "little")
        if group != 0 or length > pdv.left - 8 or pdv.at + 8 + length > len(pdv.data):
            break  # a fragment may end within an element; decode_messages joins them
        raw = pdv.data[pdv.at + 8 : pdv.at + 8 + length]
        value, meaning = element_words(element, raw, name)
        if element == 0x0100:
            name = meaning
            pdv.section = message_section(name)
        pdv.note(f"(0000,{element:04X}) {_description(element)}", 8 + length, value, meaning)
    pdv.rest("Command fragment")


def element_words(element: int, raw: bytes, message: str = "") -> tuple[str, str]:
    """Give the value and the meaning of an element of group 0000."""
    vr = dictionary_VR(element) if _known(element) else "UN"
    if vr in ("US", "UL") and raw and len(raw) % (2 if vr == "US" else 4) == 0:
        return _number_words(element, int.from_bytes(raw, "little"), message)
    if vr == "AT" and len(raw) % 4 == 0:
        tags = [raw[i : i + 4] for i in range(0, len(raw), 4)]
        words = [
            f"({int.from_bytes(t[:2], 'little'):04X},{int.from_bytes(t[2:], 'little'):04X})"
            for t in tags
        ]
        return " ".join(words), ""
    if vr == "UN":
        return raw[:16].hex(" "), ""
    text = raw.decode("ascii", "backslashreplace").rstrip("\0 ").lstrip(" ")
    return text, uid_name(text) if vr == "UI" else ""


def _number_words(element: int, number: int, message: str) -> tuple[str, str]:
    if element == 0x0100:
        return f"{number:04X}H", MESSAGES.get(number, "not a listed command")
    if element == 0x0800:
        return f"{number:04X}H", "no data set" if number == NO_DATA_SET else "a data set follows"
    if element == 0x0900:
        status = Status(number, message.rpartition("-")[0])
        same = status.text == status.category
        return f"{number:04X}H", status.text if same else f"{status.category}: {status.text}"
    return str(number), _PRIORITY.get(number, "") if element == 0x0700 else ""


def _known(element: int) -> bool:
    try:
        dictionary_VR(element)
    except KeyError:
        return False
    return True


def _description(element: int) -> str:
    return dictionary_description(element) if _known(element) else "unknown"
