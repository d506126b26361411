"""The variable items of A-ASSOCIATE-RQ and -AC (PS3.8 9.3.2, 9.3.3, D.1; PS3.7 D.3.3)."""

from __future__ import annotations

from collections.abc import Callable

from labkit.common.cite import Citation, cite
from labkit.dimse import words
from labkit.dimse.reader import EndOfData, Reader


def read_items(reader: Reader) -> None:
    """Read items to the end; one that is broken is described, and the next one read.

    Items of an unknown type are not significant, and no reason to refuse (PS3.8 9.3.1, D.2).
    """
    while reader.left > 0:
        kind = reader.peek("Item type", 1)[0]
        name, section, body = _ITEMS.get(kind, ("Unknown item", cite("PS3.8", "9.3.1"), _unknown))
        reader.section = section
        reader.number("Item type", 1, name, digits="x")
        reader.skip(1)
        length = reader.number("Item length", 2)
        item = reader.inside(length, section)
        try:
            body(item)
            item.rest("Bytes beyond the fields")
        except EndOfData:
            item.rest("Bytes not understood")
            if reader.at > len(reader.data):
                raise


def _unknown(item: Reader) -> None:
    item.rest("Unknown item's bytes")


def _uid(name: str) -> Callable[[Reader], None]:
    def read(item: Reader) -> None:
        _read_uid(item, name, item.left)

    return read


def _read_uid(item: Reader, name: str, length: int) -> None:
    raw = item.peek(name, length)
    uid = raw.decode("ascii", "backslashreplace").rstrip("\0 ")
    item.text(name, length, meaning=words.uid_name(uid))
    if len(uid) > 64 or not uid or uid.strip("0123456789."):
        item.problems.append(f"at byte {item.at - length}: {name} is not a UID (PS3.5 9.1)")


def _sized(item: Reader, name: str) -> None:
    """Read a UID that a two-byte length goes before."""
    _read_uid(item, name, item.number(f"{name} length", 2))


def _context_rq(item: Reader) -> None:
    _context_id(item)
    item.skip(3)
    read_items(item)


def _context_ac(item: Reader) -> None:
    _context_id(item)
    item.skip(1)
    (result,) = item.peek("Result/Reason", 1)
    item.number("Result/Reason", 1, words.context_result(result))
    item.skip(1)
    # With another result than 0 the transfer syntax is not significant (PS3.8 Table 9-18).
    read_items(item)


def _context_id(item: Reader) -> None:
    number = item.number("Presentation context ID", 1)
    if not number % 2:
        item.problems.append(f"at byte {item.at - 1}: a context ID is odd, not {number}")


def _maximum_length(item: Reader) -> None:
    value = int.from_bytes(item.peek("Maximum length received", 4), "big")
    item.number(
        "Maximum length received", 4, "no limit" if not value else "bytes that it can receive"
    )


def _version_name(item: Reader) -> None:
    item.text("Implementation version name", item.left)


def _async_window(item: Reader) -> None:
    for name in ("invoked", "performed"):
        value = int.from_bytes(item.peek(f"Maximum number operations {name}", 2), "big")
        meaning = "no limit" if value == 0 else "synchronous" if value == 1 else ""
        item.number(f"Maximum number operations {name}", 2, meaning)


def _role(item: Reader) -> None:
    _sized(item, "SOP Class UID")
    for role in ("SCU-role", "SCP-role"):
        (value,) = item.peek(role, 1)
        item.number(role, 1, "supported" if value else "not supported")


# The bytes of Service-class-application-information for Query/Retrieve (PS3.4 C.5.1.1).
_QUERY_OPTIONS = (
    "Relational queries",
    "Combined date-time matching",
    "Fuzzy semantic matching of person names",
    "Timezone query adjustment",
)


def _extended(item: Reader) -> None:
    start = item.at
    _sized(item, "SOP Class UID")
    name = words.uid_name(item.data[start + 2 : item.at].decode("ascii", "replace").rstrip("\0"))
    if "Query/Retrieve" in name:
        item.section = cite("PS3.4", "C.5.1.1")
        for option in _QUERY_OPTIONS:
            if item.left:
                (value,) = item.peek(option, 1)
                item.number(option, 1, "yes" if value else "no")
    item.rest("Service-class-application-information")


def _common_extended(item: Reader) -> None:
    _sized(item, "SOP Class UID")
    _sized(item, "Service Class UID")
    length = item.number("Related general SOP class identification length", 2)
    related = item.inside(length, item.section)
    while related.left > 0:
        _sized(related, "Related general SOP Class UID")


def _identity_rq(item: Reader) -> None:
    (kind,) = item.peek("User identity type", 1)
    item.number("User identity type", 1, words.identity_type(kind))
    item.number("Positive response requested", 1)
    length = item.number("Primary field length", 2)
    if kind in (1, 2):
        item.text("Primary field", length, meaning="username")
    else:
        item.inside(length, item.section).rest("Primary field")
    # A passcode goes over the wire as it is; it need not be shown as well.
    length = item.number("Secondary field length", 2)
    item.peek("Secondary field", length)
    item.note("Secondary field", length, "*" * min(length, 8), "passcode, not shown")


def _identity_ac(item: Reader) -> None:
    length = item.number("Server response length", 2)
    item.inside(length, item.section).rest("Server response")


_Body = Callable[[Reader], None]
_ITEMS: dict[int, tuple[str, Citation, _Body]] = {
    0x10: (
        "Application context item",
        cite("PS3.8", "9.3.2.1"),
        _uid("Application context name"),
    ),
    0x20: ("Presentation context item", cite("PS3.8", "9.3.2.2"), _context_rq),
    0x21: ("Presentation context item (answer)", cite("PS3.8", "9.3.3.2"), _context_ac),
    0x30: ("Abstract syntax sub-item", cite("PS3.8", "9.3.2.2.1"), _uid("Abstract syntax name")),
    0x40: ("Transfer syntax sub-item", cite("PS3.8", "9.3.2.2.2"), _uid("Transfer syntax name")),
    0x50: ("User information item", cite("PS3.8", "9.3.2.3"), read_items),
    0x51: ("Maximum length sub-item", cite("PS3.8", "D.1.1"), _maximum_length),
    0x52: (
        "Implementation class UID sub-item",
        cite("PS3.7", "D.3.3.2.1"),
        _uid("Implementation class UID"),
    ),
    0x53: (
        "Asynchronous operations window sub-item",
        cite("PS3.7", "D.3.3.3.1"),
        _async_window,
    ),
    0x54: ("SCP/SCU role selection sub-item", cite("PS3.7", "D.3.3.4.1"), _role),
    0x55: ("Implementation version name sub-item", cite("PS3.7", "D.3.3.2.3"), _version_name),
    0x56: ("SOP class extended negotiation sub-item", cite("PS3.7", "D.3.3.5.1"), _extended),
    0x57: (
        "SOP class common extended negotiation sub-item",
        cite("PS3.7", "D.3.3.6.1"),
        _common_extended,
    ),
    0x58: ("User identity sub-item", cite("PS3.7", "D.3.3.7.1"), _identity_rq),
    0x59: ("User identity sub-item (answer)", cite("PS3.7", "D.3.3.7.2"), _identity_ac),
}
