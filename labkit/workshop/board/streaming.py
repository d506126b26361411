"""Server-sent events: the whole room again, whenever it has changed.

Each event holds everything, so a page that was cut off needs nothing of what it missed.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import anyio
from starlette.concurrency import run_in_threadpool

from labkit.common.errors import HttpError

EVERY = 0.5
"""Seconds between two looks at the room."""
BEAT = 10.0
"""Seconds after which a page is told that nothing has changed."""
MOST = 20
"""Pages that may look on at once."""

Look = Callable[[], dict[str, Any]]


class Streams:
    """The pages that look on.

    Parameters
    ----------
    every, beat
        Seconds, as `EVERY` and `BEAT`.
    """

    def __init__(self, *, every: float = EVERY, beat: float = BEAT, most: int = MOST) -> None:
        self.every, self.beat, self._most = every, beat, most
        self._open: set[Stream] = set()
        self._lock = threading.Lock()
        self.ending = False

    def opened(self, look: Look, allowed: Callable[[], bool]) -> Stream:
        """Begin to tell a page.

        Raises
        ------
        HttpError
            Too many look on (503).
        """
        with self._lock:
            if len(self._open) >= self._most:
                raise HttpError(
                    f"{self._most} pages show this board already.", status=503,
                    remedy="Close one of them.",
                )  # fmt: skip
            made = Stream(self, look, allowed)
            self._open.add(made)
            return made

    def closed(self, stream: Stream) -> None:
        """Forget a page that is gone."""
        with self._lock:
            self._open.discard(stream)

    def __len__(self) -> int:
        return len(self._open)


class Stream:
    """What one page is told."""

    def __init__(self, streams: Streams, look: Look, allowed: Callable[[], bool]) -> None:
        self._streams, self._look, self._allowed = streams, look, allowed
        self._told: dict[str, Any] = {}

    async def next(self) -> str | None:
        """Return the next event; ``None`` at the end."""
        waited = 0.0
        while not self._streams.ending and self._allowed():
            room = await run_in_threadpool(self._look)
            now = room.pop("now")
            if room != self._told:
                self._told = room
                text = json.dumps({"now": now} | room, separators=(",", ":"))
                return f"event: board\ndata: {text}\n\n"
            if waited >= self._streams.beat:
                return f"event: beat\ndata: {json.dumps(now)}\n\n"
            await anyio.sleep(self._streams.every)
            waited += self._streams.every
        return None

    def close(self) -> None:
        """The page is gone."""
        self._streams.closed(self)
