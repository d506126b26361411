"""One request from its arrival to its answer, however many questions it raises.

A search of a thousand studies asks the policy a thousand times. Who keeps a record of decisions
has to know that it was one request, from where it came and what was asked: a service opens an
`Occasion` around the work on each request, and whoever is asked meanwhile finds it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

_LOGGER = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass
class Occasion:
    """What is known of a request before anybody decides.

    Attributes
    ----------
    address
        Where it came from: an IP address, or ``""``.
    target
        Path of an HTTP request, without the query; ``""`` for DIMSE.
    query
        What was asked: the query of the URL, or the encoded identifier of a C-FIND, C-MOVE, C-GET.
    sop_class, transfer_syntax
        UIDs of the presentation context; ``""`` for HTTP.
    facts
        What somebody who is asked keeps until the request is answered, each under a key of its own.
    lock
        To be held while `facts` change: threads of one request share it.
    """

    address: str = ""
    target: str = ""
    query: bytes = b""
    sop_class: str = ""
    transfer_syntax: str = ""
    facts: dict[object, Any] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _ends: list[Callable[[], None]] = field(default_factory=list)

    def at_end(self, act: Callable[[], None]) -> None:
        """Have something done when the request has been answered."""
        self._ends.append(act)

    def end(self) -> None:
        """Do what was to be done; an error of it goes to the log."""
        for act in self._ends:
            try:
                act()
            except Exception:
                _LOGGER.exception("what was to be done after a request failed")


_MARK = "labkit.occasion"
_CURRENT: ContextVar[Occasion | None] = ContextVar("labkit_occasion", default=None)


def current_occasion() -> Occasion | None:
    """Return the request that this thread or task works on; ``None`` outside of any."""
    return _CURRENT.get()


@contextmanager
def occasion(new: Occasion) -> Iterator[Occasion]:
    """Work on a request; threads that copy the context see it too."""
    token = _CURRENT.set(new)
    try:
        yield new
    finally:
        _CURRENT.reset(token)
        new.end()


class Occasions:
    """ASGI middleware: each HTTP request is an `Occasion`."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; an application mounted in another is not asked anew."""
        if scope["type"] != "http" or _MARK in scope:
            await self.app(scope, receive, send)
            return
        client = scope.get("client") or ("", 0)
        new = Occasion(str(client[0]), str(scope.get("path", "")), scope.get("query_string", b""))
        with occasion(new):
            await self.app({**scope, _MARK: new}, receive, send)
