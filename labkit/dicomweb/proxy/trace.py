"""What each HTTP request had done over DIMSE: ``labkit-proxy-trace/1``.

The wrapper `traced` notes a request in a context variable, which Starlette carries into its worker
threads. Whoever talks to a PACS for that request adds a `Step`.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any
from urllib.parse import unquote

FORMAT = "labkit-proxy-trace/1"
_log = logging.getLogger(__name__)
_Scope = MutableMapping[str, Any]
_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_App = Callable[[_Scope, _Receive, _Send], Awaitable[None]]


@dataclass
class Step:
    """One DIMSE exchange with a PACS.

    Attributes
    ----------
    pacs, service, level
        ``"LEGACY"``, ``"C-FIND"``, ``"STUDY"``.
    association
        ``"new"`` or ``"reused"``; ``""`` while there is none.
    began, ended
        By `time.monotonic`; `ended` is 0 while it goes on.
    status
        The final status as four hexadecimal digits; ``""`` where there was no answer.
    meaning
        In words.
    count, bytes
        Matches or objects, and the bytes of the objects.
    """

    pacs: str
    service: str
    level: str
    association: str = ""
    began: float = field(default_factory=time.monotonic)
    ended: float = 0.0
    status: str = ""
    meaning: str = ""
    count: int = 0
    bytes: int = 0

    def end(self, status: str = "", meaning: str = "") -> None:
        """Note the end."""
        self.ended = time.monotonic()
        self.status, self.meaning = status, meaning

    def to_json(self, zero: float, now: float) -> dict[str, Any]:
        """As an object; seconds count from `zero`, before which nothing is told."""
        began = max(self.began, zero)
        until = self.ended or now
        return {
            "at": round(began - zero, 6),
            "seconds": round(max(until - began, 0.0), 6),
            "pacs": self.pacs,
            "service": self.service,
            "level": self.level,
            "association": self.association,
            "status": self.status,
            "meaning": self.meaning if self.ended else "goes on",
            "count": self.count,
            "bytes": self.bytes,
        }


class Recorder:
    """What happens for one HTTP request; steps may be added by any thread."""

    def __init__(self) -> None:
        self.zero = time.monotonic()
        self.cache = "none"
        self.warnings: list[str] = []
        self.gone = False
        """Whether the client has left."""
        self.memo: dict[Any, Any] = {}
        """What has been asked for this request; it need not be asked twice."""
        self._steps: list[Step] = []
        self._lock = threading.Lock()

    def add(self, step: Step) -> None:
        """Note a step; one that is shared with other requests only once."""
        with self._lock:
            if not any(step is each for each in self._steps):
                self._steps.append(step)

    def warn(self, text: str) -> None:
        """Have the answer say something in its ``Warning`` header."""
        if text not in self.warnings:
            self.warnings.append(text)

    def steps(self) -> list[dict[str, Any]]:
        """The steps in the order they began."""
        now = time.monotonic()
        with self._lock:
            ordered = sorted(self._steps, key=lambda step: step.began)
        return [step.to_json(self.zero, now) for step in ordered]


_CURRENT: ContextVar[Recorder | None] = ContextVar("labkit_proxy_request", default=None)


def current() -> Recorder | None:
    """The request that this thread works for, if it is traced."""
    return _CURRENT.get()


def _now() -> datetime:
    return datetime.now(timezone.utc)


def traced(
    app: _App,
    sink: Callable[[dict[str, Any]], None] | None = None,
    *,
    clock: Callable[[], datetime] = _now,
) -> _App:
    """Wrap an ASGI application, so that each request is traced.

    A request is also what a check of the cache is good for: within one, a PACS is not asked twice.

    Parameters
    ----------
    app
        The service, as `labkit.dicomweb.dicomweb_app` makes it.
    sink
        Called with one object for each request when it has ended, in the thread of the event loop;
        what it raises is logged. ``None`` where nobody reads them.
    clock
        The time of day.
    """
    numbers = itertools.count(1)

    async def wrapped(scope: _Scope, receive: _Receive, send: _Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        exchange = _Exchange(next(numbers), clock(), send)
        token = _CURRENT.set(exchange.recorder)
        try:
            await app(scope, exchange.listening(receive), exchange.send)
        except BaseException:
            exchange.broken = True
            raise
        finally:
            _CURRENT.reset(token)
            if sink is not None:
                try:
                    sink(exchange.to_json(scope))
                except Exception:
                    _log.exception("the trace of a request could not be handed on")

    return wrapped


class _Exchange:
    def __init__(self, number: int, started: datetime, send: _Send) -> None:
        self.number, self.started, self._send = number, started, send
        self.recorder = Recorder()
        self.status, self.size, self.broken = 0, 0, False
        self.first_byte: float | None = None

    def listening(self, receive: _Receive) -> _Receive:
        """Note when the client leaves."""

        async def heard() -> _Message:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.recorder.gone = True
            return message

        return heard

    async def send(self, message: _Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self.recorder.warnings:
                message = {**message, "headers": self._headers(message)}
        elif message["type"] == "http.response.body":
            body = message.get("body", b"")
            if body and self.first_byte is None:
                self.first_byte = time.monotonic() - self.recorder.zero
            self.size += len(body)
        await self._send(message)

    def _headers(self, message: _Message) -> list[tuple[bytes, bytes]]:
        clean = (t.replace('"', "'").encode("ascii", "replace") for t in self.recorder.warnings)
        said = b", ".join(b'299 labkit-proxy "' + text + b'"' for text in clean)
        headers = [(bytes(name), bytes(value)) for name, value in message.get("headers", ())]
        for at, (name, value) in enumerate(headers):
            if name.lower() == b"warning":
                headers[at] = (name, value + b", " + said)
                return headers
        return [*headers, (b"warning", said)]

    def to_json(self, scope: _Scope) -> dict[str, Any]:
        path, root = str(scope["path"]), str(scope.get("root_path", ""))
        query = unquote(bytes(scope.get("query_string", b"")).decode("latin-1"))
        made: dict[str, Any] = {
            "format": FORMAT,
            "id": self.number,
            "method": scope["method"],
            "target": (path[len(root) :] if root and path.startswith(root) else path)
            + (f"?{query}" if query else ""),
            "status": self.status,
            "started": self.started.isoformat("T", "microseconds"),
            "seconds": round(time.monotonic() - self.recorder.zero, 6),
            "first_byte": None if self.first_byte is None else round(self.first_byte, 6),
            "bytes": self.size,
            "cache": self.recorder.cache,
            "steps": self.recorder.steps(),
        }
        if self.broken:
            made["broken"] = True
        return made
