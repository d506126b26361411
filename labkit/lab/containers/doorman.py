"""Whom a door lets in: what an application gateway before a PACS can decide from the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from labkit.pacs.refusing import rejection_words

_RJ = b"\x03\x00\x00\x00\x00\x04\x00"
_SERVICES = {
    0x0001: "store", 0x0010: "get", 0x0020: "find", 0x0021: "move", 0x0030: "echo",
    0x0120: "mpps", 0x0130: "commitment", 0x0140: "mpps",
}  # fmt: skip
"""Command Field (0000,0100) of a request (PS3.7 E.1) to the service it belongs to."""
_COMMAND_FIELD = b"\x00\x00\x00\x01\x02\x00\x00\x00"  # the element in Implicit VR Little Endian


@dataclass(frozen=True)
class Refusal:
    """An A-ASSOCIATE-RJ, and why in words, one line for each thing to say."""

    pdu: bytes
    why: str


@dataclass(frozen=True)
class Doorman:
    """The rules of one door; the default lets everybody in.

    Attributes
    ----------
    accept_calling
        Calling AE titles; ``None`` for any.
    known_hosts
        Calling AE title to the address it is expected to have.
    permissions
        Calling AE title to the services it may use.
    max_associations
        How many may be open at once.
    title
        Another AE title by which the product is called; it never hears of it.
    product
        The product's own.
    """

    accept_calling: frozenset[str] | None = None
    known_hosts: Mapping[str, str] = field(default_factory=dict)
    permissions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    max_associations: int = 100
    title: str = ""
    product: str = ""

    def greet(self, request: bytes, host: str, *, others: int) -> Refusal | None:
        """Look at an A-ASSOCIATE-RQ; what is to be answered where it is refused (PS3.8 9.3.4)."""
        calling, called = titles(request)
        if self.title and called != self.title:
            return self._refusal(1, 1, 7, calling, called)
        if others >= self.max_associations:
            return self._refusal(2, 3, 2, calling, called)
        unknown = self.accept_calling is not None and calling not in self.accept_calling
        expected = self.known_hosts.get(calling)
        if unknown or (expected is not None and expected != host):
            refusal = self._refusal(1, 1, 3, calling, called)
            if unknown:
                return refusal
            said = f"{calling} is expected at {expected}, and calls from {host}"
            return Refusal(refusal.pdu, f"{said}\n{refusal.why}")
        return None

    def _refusal(self, result: int, source: int, reason: int, calling: str, called: str) -> Refusal:
        text = rejection_words(
            source, reason,
            calling=calling, called=called, own=self.title, limit=self.max_associations,
        )  # fmt: skip
        why = f"association rejected ({result}/{source}/{reason}): {text}"
        return Refusal(_RJ + bytes((result, source, reason)), why)

    def passed_on(self, request: bytes) -> bytes:
        """Return the request as the product gets it: under the title that it knows itself by."""
        if not self.title:
            return request
        return request[:10] + self.product.ljust(16).encode("ascii") + request[26:]

    def forbids(self, calling: str, data: bytes) -> str:
        """Why a request may not pass, or nothing; looks at the command that bytes begin with."""
        allowed = self.permissions.get(calling)
        if allowed is None or data[:1] != b"\x04" or len(data) < 12 or not data[11] & 1:
            return ""
        at = data.find(_COMMAND_FIELD)
        if at < 0:
            return ""
        code = int.from_bytes(data[at + 8 : at + 10], "little")
        service = _SERVICES.get(code)
        if service is None or service in allowed:
            return ""
        return f"{calling} is not authorised for {service}: aborting"


def titles(request: bytes) -> tuple[str, str]:
    """Return the calling and the called AE title of an A-ASSOCIATE-RQ (PS3.8 9.3.2)."""
    if request[:1] != b"\x01" or len(request) < 42:
        return "", ""
    called, calling = request[10:26], request[26:42]
    return calling.decode("ascii", "replace").strip(), called.decode("ascii", "replace").strip()
