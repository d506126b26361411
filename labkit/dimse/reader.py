"""Walks through bytes and writes down each field it passes: what a PDU decoder is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from labkit.common.cite import Citation


@dataclass(frozen=True)
class Field:
    """One field of a PDU.

    Attributes
    ----------
    name
        As the standard names it.
    offset, length
        Where it is in the PDU, in bytes.
    value
        Its value as text: a number, a UID, a title. Empty for an item that only holds others.
    meaning
        What the value means, in words, or empty.
    section
        Where the standard defines it.
    depth
        How deep it is nested in items; 0 is the PDU itself.
    """

    name: str
    offset: int
    length: int
    value: str
    meaning: str
    section: Citation
    depth: int = 0


class EndOfData(Exception):
    """The bytes end within a field; the reader has said where."""


@dataclass
class Reader:
    """Reads big-endian fields from `at` up to `end`, and notes each.

    Attributes
    ----------
    data
        The whole PDU, so that offsets are offsets in it.
    at, end
        Where it reads, and where the item it reads ends.
    section
        The citation for the fields that follow.
    fields, problems
        What was read, and what is wrong; shared by the readers of nested items.
    cut
        Whether `data` is only the beginning of the PDU, so that its end is no problem.
    """

    data: bytes
    at: int
    end: int
    section: Citation
    depth: int = 0
    fields: list[Field] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    cut: bool = False

    @property
    def left(self) -> int:
        """Bytes left in this item."""
        return self.end - self.at

    def note(self, name: str, length: int, value: str = "", meaning: str = "") -> None:
        """Write a field down and step over it."""
        self.fields.append(Field(name, self.at, length, value, meaning, self.section, self.depth))
        self.at += length

    def peek(self, name: str, length: int) -> bytes:
        """Give the next bytes; where they are not all there, say so and stop."""
        if length > self.left or self.at + length > len(self.data):
            there = max(min(self.left, len(self.data) - self.at), 0)
            if not self.cut or length > self.left:
                self.problems.append(
                    f"at byte {self.at}: {name} takes {length} bytes, {there} are there"
                )
            self.note(f"{name} (cut off)", there, self.data[self.at : self.at + there].hex(" ", -4))
            raise EndOfData
        return self.data[self.at : self.at + length]

    def number(self, name: str, length: int, meaning: str = "", *, digits: str = "d") -> int:
        """Read an unsigned big-endian integer; `digits` is ``"d"`` or ``"x"``."""
        value = int.from_bytes(self.peek(name, length), "big")
        text = f"{value:0{2 * length}X}H" if digits == "x" else str(value)
        self.note(name, length, text, meaning)
        return value

    def text(self, name: str, length: int, *, meaning: str = "") -> str:
        """Read characters of the default repertoire; others are shown as escapes."""
        raw = self.peek(name, length)
        value = raw.decode("ascii", "backslashreplace").rstrip("\0 ").lstrip(" ")
        if not raw.isascii():
            self.problems.append(f"at byte {self.at}: {name} is not ASCII")
        self.note(name, length, value, meaning)
        return value

    def skip(self, length: int, name: str = "Reserved") -> None:
        """Pass over bytes that are not significant."""
        raw = self.peek(name, length)
        self.note(name, length, raw.hex(" ", -4) if any(raw) else "00" if length == 1 else "0")

    def rest(self, name: str, meaning: str = "") -> None:
        """Note all that is left in this item, shortened."""
        length = max(min(self.left, len(self.data) - self.at), 0)
        raw = self.data[self.at : self.at + length]
        shown = raw[:16].hex(" ", -4) + (" …" if length > 16 else "")
        if length:
            self.note(name, length, shown, meaning)

    def inside(self, length: int, section: Citation) -> Reader:
        """Give a reader for the next `length` bytes, one level deeper, and step over them."""
        end = min(self.at + length, self.end)
        if self.at + length > self.end:
            self.problems.append(
                f"at byte {self.at}: an item of {length} bytes does not fit in the {self.left} left"
            )
        inner = Reader(
            self.data, self.at, end, section, self.depth + 1, self.fields, self.problems, self.cut
        )
        self.at = end
        return inner
