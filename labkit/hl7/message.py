"""Reading an HL7 v2 message: segments, fields, repetitions, components (HL7 v2 chapter 2).

A field is asked for as HL7 writes it: ``PID-3`` is the third field of the segment PID, ``PID-3.4``
its fourth component, ``PID-3.4.1`` the first part of that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hl7apy.exceptions import HL7apyException
from hl7apy.parser import parse_message

from labkit.common.errors import DataError, UsageError
from labkit.hl7.charset import codec_of

_PATH = re.compile(r"([A-Z][A-Z0-9]{2})-(\d+)(?:\.(\d+))?(?:\.(\d+))?")
_HEADER = re.compile(r"MSH(.)(.{4,5})\1", re.DOTALL)


class MessageError(DataError):
    """A message that cannot be accepted.

    Attributes
    ----------
    accept
        MSA-1 of the answer: ``"AE"`` for what it says, ``"AR"`` for what it is (HL7 table 0008).
    code
        ERR-3, a code of HL7 table 0357: ``"101"`` required field missing, ``"102"`` data type
        error, ``"103"`` table value not found, ``"200"`` unsupported message type, ``"204"``
        unknown key identifier, ``"205"`` duplicate key identifier …
    field
        Which field, as in ``PID-3``.
    """

    def __init__(
        self, message: str, code: str, *, field: str = "", remedy: str = "", accept: str = "AE"
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.accept, self.code, self.field = accept, code, field


@dataclass(frozen=True)
class Separators:
    """The characters that MSH-1 and MSH-2 declare."""

    component: str
    repetition: str
    escape: str
    part: str
    field: str

    def unescape(self, text: str) -> str:
        r"""Put back what had to be escaped: ``\T\`` is the separator of parts itself (2.7)."""
        if not self.escape or self.escape not in text:
            return text
        stand_for = {
            "F": self.field, "S": self.component, "T": self.part, "R": self.repetition,
            "E": self.escape, ".br": "\n",
        }  # fmt: skip
        pattern = re.compile(rf"{re.escape(self.escape)}([^{re.escape(self.escape)}]*)"
                             rf"{re.escape(self.escape)}")  # fmt: skip
        return pattern.sub(lambda found: stand_for.get(found[1], found[0]), text)


class Segment:
    """One line of a message.

    Parameters
    ----------
    parsed
        hl7apy's segment.
    """

    def __init__(self, parsed: Any, separators: Separators) -> None:
        self.name = str(parsed.name)
        self._separators = separators
        self._fields: dict[int, list[str]] = {}
        for field in parsed.children:
            number = int(str(field.name).rsplit("_", 1)[1])
            self._fields.setdefault(number, []).append(str(field.to_er7()))

    def repetitions(self, number: int) -> list[str]:
        """Every repetition of a field, separators and escapes as they stand."""
        return self._fields.get(number, [])

    def value(self, number: int, component: int = 1, part: int = 1, *, of: str = "") -> str:
        """A component of a field, or of one repetition of it (`of`); ``""`` where it is not."""
        text = of or (self.repetitions(number) or [""])[0]
        if self.name == "MSH" and number <= 2:
            return text
        components = text.split(self._separators.component)
        parts = (components[component - 1 : component] or [""])[0].split(self._separators.part)
        found = (parts[part - 1 : part] or [""])[0]
        # Two quotation marks say that the field is to be emptied (HL7 v2 2.5.3).
        return "" if found == '""' else self._separators.unescape(found)


class Hl7Message:
    """A message.

    Attributes
    ----------
    segments
        In their order.
    codec
        The Python codec of its bytes.
    text
        As it came, with a line a segment.
    """

    def __init__(self, segments: Iterable[Segment], codec: str, text: str) -> None:
        self.segments = tuple(segments)
        self.codec = codec
        self.text = text

    @property
    def kind(self) -> str:
        """Message type and trigger event: ``"ADT^A40"``."""
        return "^".join(filter(None, (self.get("MSH-9.1"), self.get("MSH-9.2"))))

    @property
    def control_id(self) -> str:
        """MSH-10, which the acknowledgement repeats."""
        return self.get("MSH-10")

    @property
    def version(self) -> str:
        """MSH-12, as in ``"2.5.1"``."""
        return self.get("MSH-12")

    def all(self, name: str) -> list[Segment]:
        """Every segment of a name."""
        return [segment for segment in self.segments if segment.name == name]

    def get(self, path: str, default: str = "") -> str:
        """The value at ``PID-5``, ``PID-5.2`` or ``PID-3.4.1``, of the first such segment.

        Raises
        ------
        UsageError
            The path is not written so.
        """
        found = _PATH.fullmatch(path.strip().upper())
        if found is None:
            raise UsageError(
                f"{path!r} is no field of HL7 v2", remedy="Write segment and field: PID-3, OBR-4.2."
            )
        number, component, part = (int(each or 1) for each in found.groups()[1:])
        segments = self.all(found[1])
        return (segments[0].value(number, component, part) if segments else "") or default

    def require(self, path: str) -> str:
        """As `get`, of a field that has to be there.

        Raises
        ------
        MessageError
            It is missing or empty: AE with 101.
        """
        value = self.get(path)
        if not value:
            raise MessageError(
                f"{path} is missing", "101", field=path, remedy=f"Fill in {path} and send it again."
            )
        return value

    def __repr__(self) -> str:
        return f"Hl7Message({self.kind}, {len(self.segments)} segments)"


def read(data: bytes | str) -> Hl7Message:
    """Read a message.

    Parameters
    ----------
    data
        The bytes as they came, decoded by what MSH-18 says; or text. Lines may end in any way.

    Raises
    ------
    MessageError
        It is no HL7 v2 message, of a version that nobody knows, or not in the characters it claims.
    """
    codec = _codec(data)
    if isinstance(data, bytes):
        try:
            text = data.decode(codec)
        except UnicodeDecodeError as error:
            raise MessageError(
                f"byte {error.start} is no character of {_claimed(data) or 'ASCII'}", "102",
                field="MSH-18", remedy="Say in MSH-18 in which character set the message is.",
            ) from error  # fmt: skip
    else:
        text = data
    lines = [line.strip() for line in re.split(r"[\r\n]+", text.lstrip("\ufeff")) if line.strip()]
    text = "\r".join(lines)
    try:
        parsed = parse_message(text, find_groups=False)
        marks = parsed.encoding_chars
        separators = Separators(
            marks["COMPONENT"], marks["REPETITION"], marks["ESCAPE"], marks["SUBCOMPONENT"],
            marks["FIELD"],
        )  # fmt: skip
        segments = [Segment(child, separators) for child in parsed.children]
    except (HL7apyException, ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
        known = "version" in str(error).lower()
        raise MessageError(
            f"this is no HL7 v2 message that can be read ({error})",
            "203" if known else "100", field="MSH-12" if known else "", accept="AR",
            remedy="It begins with MSH|^~\\&|, has a segment a line, and its version in MSH-12.",
        ) from error  # fmt: skip
    return Hl7Message(segments, codec, "\n".join(lines))


def _claimed(data: bytes | str) -> str:
    """MSH-18, read before anything can be decoded: what comes before it is ASCII."""
    text = data.decode("latin-1") if isinstance(data, bytes) else data
    first = re.split(r"[\r\n]+", text.lstrip("\ufeff").strip(), maxsplit=1)[0]
    header = _HEADER.match(first)
    if header is None:
        raise MessageError(
            "the message does not begin with MSH and its separators", "100", accept="AR",
            remedy="Begin with MSH|^~\\&| (HL7 v2 2.15.9).",
        )  # fmt: skip
    fields = first.split(header[1])
    return fields[17].split(header[2][1])[0] if len(fields) > 17 else ""


def _codec(data: bytes | str) -> str:
    claimed = _claimed(data)
    codec = codec_of(claimed)
    if codec is None:
        raise MessageError(
            f"the character set {claimed!r} is not supported", "103", field="MSH-18",
            remedy="Use UNICODE UTF-8, 8859/1 to 8859/16, or ASCII.",
        )  # fmt: skip
    if isinstance(data, str) and codec == "ascii" and not data.isascii():
        return "utf-8"  # text has no bytes yet, so nothing was claimed
    return codec
