"""Who is logged in: tokens in memory, under a random name; none is ever written to a disk."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from labkit.exchange.portal.refusing import ended

TICKET = 60.0
"""Seconds in which a ticket is to be used, once."""
LONGEST = 3600.0
"""Seconds that a session lasts at most."""
IDLE = 900.0
"""Seconds of silence after which a session is over."""


@dataclass
class Session:
    """A browser that has shown a ticket, or a passcode.

    Attributes
    ----------
    token
        The access token that it works with.
    patient
        Id of the Patient; ``""``: the only one that the token gives.
    share
        Id of the share that it is limited to; ``""``: none.
    form
        What a form has to bring back, so that no other page can send one (CSRF).
    """

    token: str = field(repr=False)
    patient: str = ""
    share: str = ""
    ends: float = 0.0
    used: float = 0.0
    form: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)


class Sessions:
    """Sessions and tickets, by the digest of their names.

    Parameters
    ----------
    clock
        Seconds since 1970.
    most
        How many are kept; the oldest gives way.
    """

    def __init__(self, clock: Callable[[], float], *, most: int = 1000) -> None:
        self._clock, self._most = clock, most
        self._lock = threading.Lock()
        self._tickets: dict[str, tuple[Session, float]] = {}
        self._open: dict[str, Session] = {}

    def ticket(self, session: Session) -> str:
        """Return what opens a session once, within `TICKET` seconds."""
        name = secrets.token_urlsafe(32)
        with self._lock:
            _trim(self._tickets, self._most)
            self._tickets[_digest(name)] = (session, self._clock() + TICKET)
        return name

    def enter(self, ticket: str) -> tuple[str, Session] | None:
        """Use a ticket; returns the cookie and the session, ``None`` if it is not good."""
        with self._lock:
            session, until = self._tickets.pop(_digest(ticket), (None, 0.0))
        if session is None or self._clock() > until:
            return None
        return self.open(session), session

    def open(self, session: Session) -> str:
        """Begin a session; return its cookie."""
        now, cookie = self._clock(), secrets.token_urlsafe(32)
        session.used = now
        session.ends = min(session.ends or now + LONGEST, now + LONGEST)
        with self._lock:
            _trim(self._open, self._most)
            self._open[_digest(cookie)] = session
        return cookie

    def of(self, cookie: str) -> Session:
        """Return the session of a cookie.

        Raises
        ------
        AccessDenied
            There is none, or it is over.
        """
        now = self._clock()
        with self._lock:
            session = self._open.get(_digest(cookie))
            if session is None:
                raise ended()
            if now > session.ends or now > session.used + IDLE:
                del self._open[_digest(cookie)]
                raise ended()
            session.used = now
            return session

    def leave(self, cookie: str) -> None:
        """End a session."""
        with self._lock:
            self._open.pop(_digest(cookie), None)


def _trim(found: dict[str, Any], most: int) -> None:
    while len(found) >= most:
        del found[next(iter(found))]


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
