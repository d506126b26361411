"""What a façade writes of each request, ``labkit-proxy-trace/1``, read with care."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from http import HTTPStatus
from pathlib import Path

from labkit.common.cite import Citation
from labkit.common.errors import DataError, UsageError
from labkit.dimse.status import Status

FORMAT = "labkit-proxy-trace/1"
CACHE = ("hit", "shared", "partly", "miss", "none")
"""What the cache gave: all; what another request was fetching; a part; nothing; was not asked."""

Source = object
"""A record, its JSON, a file with one record a line, something with such records, or several."""

_REMEDY = "Give what the façade wrote: lab.proxy.traces(), or the lines of its log."


@dataclass(frozen=True)
class Step:
    """One DIMSE operation.

    Attributes
    ----------
    at, seconds
        From the start of the request: 0 or less where another request had begun it. Its duration.
    pacs
        The name of the PACS that was asked.
    service, level
        ``"C-FIND"``, ``"C-MOVE"`` …; ``"STUDY"``, ``"SERIES"``, ``"IMAGE"`` or ``""``.
    association
        ``"new"``, ``"reused"`` or ``""``.
    status, meaning
        The final DIMSE status as four hexadecimal digits, ``""`` where none came; in words, or
        ``"goes on"`` where it had not ended when the request did.
    count, bytes
        Matches or objects; bytes of the objects.
    """

    at: float
    seconds: float
    pacs: str
    service: str
    level: str
    association: str
    status: str
    meaning: str
    count: int
    bytes: int

    @property
    def goes_on(self) -> bool:
        """Whether it went on when the request had ended: for others, or for the cache."""
        return not self.status and self.meaning == "goes on"

    @property
    def tone(self) -> str:
        """``"success"``, ``"pending"``, ``"warning"`` or ``"failure"`` (PS3.7 Annex C)."""
        if not self.status:
            return "pending" if self.goes_on else "failure"
        category = Status(int(self.status, 16), self.service).category
        return {"Cancel": "warning"}.get(category, category.lower())

    @property
    def section(self) -> Citation | None:
        """Where the standard lists the status."""
        return Status(int(self.status, 16), self.service).section if self.status else None

    @property
    def said(self) -> str:
        """The status in words: ``"Success"``, ``"A801 Move destination unknown"``."""
        if not self.status:
            return self.meaning or "no answer"
        words = self.meaning or Status(int(self.status, 16), self.service).text
        return words if self.status == "0000" else f"{self.status} {words}"


@dataclass(frozen=True)
class Request:
    """One HTTP request and the DIMSE operations that it caused; see `Step` for their times.

    Attributes
    ----------
    id
        The façade's own number of it.
    status, phrase
        ``404`` and ``"Not Found"``.
    started
        When it came.
    seconds, first_byte
        How long it took, and after how long the first byte of the answer left; ``None``: none did.
    bytes
        Of the answer's body.
    cache
        One of `CACHE`.
    broken
        Whether the answer broke off; where it had not begun, `status` is 0.
    """

    id: int
    method: str
    target: str
    status: int
    started: datetime
    seconds: float
    first_byte: float | None
    bytes: int
    cache: str
    steps: tuple[Step, ...]
    broken: bool = False

    @property
    def phrase(self) -> str:
        """The status in words (RFC 9110 section 15)."""
        try:
            words = HTTPStatus(self.status).phrase
        except ValueError:
            words = "status without a name" if self.status else "no answer"
        return f"{words}, broken off" if self.broken and self.status else words

    @property
    def pacs_seconds(self) -> float:
        """For how much of the request at least one DIMSE operation was under way, in seconds."""
        covered, until = 0.0, 0.0
        for step in sorted(self.steps, key=lambda step: step.at):
            begin, end = max(step.at, until), min(step.at + step.seconds, self.seconds)
            covered += max(0.0, end - begin)
            until = max(until, end)
        return covered

    @property
    def tone(self) -> str:
        """``"success"``, ``"warning"`` (4xx: the client's fault) or ``"failure"`` (5xx, broken)."""
        if self.broken or not 0 < self.status < 500:
            return "failure"
        return "success" if self.status < 400 else "warning"


def read_records(source: Source) -> list[Request]:
    """Find the requests in whatever was given.

    Raises
    ------
    DataError
        A record is not of the format; the message names its place and the member.
    UsageError
        There are no records in it at all.
    """
    return [_request(record, n) for n, record in enumerate(_found(source))]


def _found(source: Source) -> Iterable[object]:
    if isinstance(source, Mapping):
        return [source]
    if isinstance(source, (str, bytes, Path)):
        return _parsed(source)
    if isinstance(source, Iterable):
        return [record for part in source for record in (
            _found(part) if isinstance(part, (str, bytes, Path)) else [part])]  # fmt: skip
    raise UsageError(f"{type(source).__name__} holds no requests.", remedy=_REMEDY)


def _parsed(source: str | bytes | Path) -> list[object]:
    """Read JSON, or JSON a line as in a log; lines of a log that are of something else are left."""
    text = source.decode("utf-8", "replace") if isinstance(source, bytes) else str(source)
    if text.strip() and text.lstrip()[:1] not in "[{":
        try:
            text = Path(text).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{Path(text).name} cannot be read: {error}", remedy=_REMEDY) from error
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        return [r for n, line in enumerate(text.splitlines(), 1) for r in _line(line, n)]
    return list(whole) if isinstance(whole, list) else [whole]


def _line(line: str, number: int) -> list[object]:
    if not line.strip():
        return []
    try:
        record = json.loads(line)
    except ValueError as error:
        raise DataError(f"Line {number} is not JSON: {error}", remedy=_REMEDY) from error
    ours = isinstance(record, dict) and record.get("format") == FORMAT
    return [record] if ours else []


class _Member:
    """The members of one object, each with a name to complain of."""

    def __init__(self, data: object, where: str) -> None:
        if not isinstance(data, Mapping):
            raise DataError(f"{where} is {data!r:.60}, not an object.", remedy=_REMEDY)
        self.data, self.where = data, where

    def wrong(self, name: str, wanted: str) -> DataError:
        got = f"is {self.data[name]!r:.60}, not" if name in self.data else "is missing; it is"
        return DataError(f"{self.where}: {name} {got} {wanted}.", remedy=_REMEDY)

    def text(self, name: str, default: str | None = None) -> str:
        value = self.data.get(name, default)
        if not isinstance(value, str):
            raise self.wrong(name, "a text")
        return value

    def whole(self, name: str, default: int | None = None) -> int:
        value = self.data.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self.wrong(name, "a whole number from 0")
        return value

    def number(self, name: str, *, least: float = 0.0) -> float:
        value = self.data.get(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.wrong(name, "a number of seconds")
        if not math.isfinite(value) or value < least:
            raise self.wrong(name, "a possible number of seconds")
        return float(value)


def _request(data: object, place: int) -> Request:
    of = _Member(data, f"Record {place}")
    if of.data.get("format") != FORMAT:
        raise of.wrong("format", repr(FORMAT))
    status, cache = of.whole("status"), of.text("cache", "none")
    if status and not 100 <= status <= 599:
        raise of.wrong("status", "an HTTP status of 100 to 599, or 0")
    if cache not in CACHE:
        raise of.wrong("cache", f"one of {', '.join(CACHE)}")
    steps = of.data.get("steps", [])
    if not isinstance(steps, (list, tuple)):
        raise of.wrong("steps", "a list")
    first = of.data.get("first_byte")
    return Request(
        of.whole("id", place), of.text("method"), of.text("target"), status, _time(of),
        of.number("seconds"), None if first is None else of.number("first_byte"),
        of.whole("bytes", 0), cache,
        tuple(_step(step, f"Record {place}: steps[{n}]") for n, step in enumerate(steps)),
        bool(of.data.get("broken", False)),
    )  # fmt: skip


def _time(of: _Member) -> datetime:
    try:
        when = datetime.fromisoformat(of.text("started").replace("Z", "+00:00"))
    except ValueError:
        raise of.wrong("started", "a time as of ISO 8601") from None
    return when if when.tzinfo else when.replace(tzinfo=timezone.utc)


def _step(data: object, where: str) -> Step:
    of = _Member(data, where)
    status = of.text("status", "").upper()
    if status and (len(status) != 4 or set(status) - set("0123456789ABCDEF")):
        raise of.wrong("status", "four hexadecimal digits")
    return Step(
        of.number("at", least=-math.inf), of.number("seconds"), of.text("pacs"),
        of.text("service"), of.text("level", ""), of.text("association", ""), status,
        of.text("meaning", ""), of.whole("count", 0), of.whole("bytes", 0),
    )  # fmt: skip
