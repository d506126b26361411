"""Who may post, who may see: codes, cookies, and how often somebody may try."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

from labkit.common.errors import AccessDenied, HttpError
from labkit.workshop.board.room import Room
from labkit.workshop.board.view import INSTRUCTOR, PROJECTOR
from labkit.workshop.codes import same
from labkit.workshop.guesses import Guesses

COOKIE = "labkit-board"
HOURS = 14
"""How long a page stays open."""
WRONG, WINDOW = 30, 60.0
"""Wrong codes of one address in so many seconds, before it has to wait."""
BURST, A_SECOND = 30.0, 1.0
"""Posts of one laptop: at once, and for ever."""
_REMEMBERED = 2000
"""Laptops of which it is known how often they posted."""


class Door:
    """Asked about each request.

    Parameters
    ----------
    room
        Returns the room as it is now.
    clock
        The time, for cookies.
    ticks
        Seconds that only grow, for rates.
    """

    def __init__(
        self, room: Callable[[], Room], clock: Callable[[], datetime], ticks: Callable[[], float]
    ) -> None:
        self._room, self._clock, self._ticks = room, clock, ticks
        self._lock = threading.Lock()
        self._guesses = Guesses(ticks, each=WRONG, everybody=None, seconds=WINDOW)
        self._posts: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def joins(self, authorization: str, address: str, *, known: bool) -> None:
        """Let a laptop post.

        Parameters
        ----------
        known
            Whether it has shown the key of a learner of the room: wrong codes of others at the same
            address, such as a room behind one router, do not keep it out.

        Raises
        ------
        AccessDenied, HttpError
            Not the join code; too many wrong ones (429).
        """
        self._coded(authorization, self._room().join_code, address, known)

    def sees(self, authorization: str, address: str) -> str:
        """Let a program see the board, with names; raises as `joins`."""
        self._coded(authorization, self._room().instructor_code, address, False)
        return INSTRUCTOR

    def enters(self, code: str, view: str, address: str) -> str:
        """Return the cookie for somebody who typed the instructor's code; raises as `joins`."""
        self._coded(f"Bearer {code}", self._room().instructor_code, address, False)
        return self.cookie(INSTRUCTOR if view == INSTRUCTOR else PROJECTOR)

    def cookie(self, view: str) -> str:
        """Make a cookie that opens one view."""
        ends = int(self._clock().timestamp()) + HOURS * 3600
        return f"{view}.{ends}.{self._seal(view, str(ends))}"

    def view_of(self, cookie: str) -> str:
        """Return the view that a cookie opens; ``""`` where it opens none."""
        view, _, rest = cookie.partition(".")
        ends, _, seal = rest.partition(".")
        if view not in (INSTRUCTOR, PROJECTOR) or not (ends.isascii() and ends.isdigit()):
            return ""
        expected = self._seal(view, ends).encode("ascii")
        if not hmac.compare_digest(expected, seal.encode("utf-8", "replace")):
            return ""
        return view if len(ends) < 15 and self._clock().timestamp() < int(ends) else ""

    def paced(self, laptop: str) -> None:
        """Take a post of a laptop, told by its key, into account.

        Raises
        ------
        HttpError
            Too many (429).
        """
        now = self._ticks()
        with self._lock:
            left, at = self._posts.pop(laptop, (BURST, now))
            left = min(BURST, left + (now - at) * A_SECOND)
            self._posts[laptop] = (max(left - 1.0, 0.0), now)
            if len(self._posts) > _REMEMBERED:
                self._posts.popitem(last=False)
        if left < 1.0:
            raise HttpError("That is too fast.", status=429, remedy="Wait a moment.")

    def _coded(self, authorization: str, code: str, address: str, known: bool) -> None:
        scheme, _, given = authorization.partition(" ")
        right = scheme.lower() == "bearer" and same(given[:200], code)
        if self._guesses.attempt(address, right, excused=known):
            raise HttpError(
                "Too many wrong codes came from this address.", status=429, remedy="Wait a minute."
            )
        if right:
            return
        raise AccessDenied(
            "That is not the code of this room.",
            remedy="Ask the instructor; once the board was emptied, its join code is new.",
        )

    def _seal(self, view: str, ends: str) -> str:
        key = self._room().secret.encode()
        return hmac.new(key, f"cookie.{view}.{ends}".encode(), hashlib.sha256).hexdigest()
