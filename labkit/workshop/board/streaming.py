"""Server-sent events: the whole room again, whenever it has changed.

Each event holds everything, so a page that was cut off needs nothing of what it missed.
"""

from __future__ import annotations

import json
import threading
import time
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

Look = Callable[[str], dict[str, Any]]


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
        self._seen: dict[str, tuple[float, dict[str, Any]]] = {}
        self._lock = threading.Lock()
        self.ending = False

    def opened(self, view: str, look: Look, allowed: Callable[[], bool]) -> Stream:
        """Begin to tell a page.

        Parameters
        ----------
        view
            Which one.
        look
            Returns the room in a view.
        allowed
            Whether the page may go on.

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
            made = Stream(self, view, look, allowed)
            self._open.add(made)
            return made

    def seen(self, view: str, look: Look) -> dict[str, Any]:
        """Return the room, looked at once for all pages of a view within `every` seconds."""
        now = time.monotonic()
        with self._lock:
            at, room = self._seen.get(view, (float("-inf"), {}))
        if now - at >= self.every:
            room = look(view)
            with self._lock:
                self._seen[view] = (now, room)
        return room

    def closed(self, stream: Stream) -> None:
        """Forget a page that is gone."""
        with self._lock:
            self._open.discard(stream)

    def __len__(self) -> int:
        return len(self._open)


class Stream:
    """What one page is told."""

    def __init__(
        self, streams: Streams, view: str, look: Look, allowed: Callable[[], bool]
    ) -> None:
        self._streams, self._view, self._look, self._allowed = streams, view, look, allowed
        self._told: dict[str, Any] = {}

    async def next(self) -> str | None:
        """Return the next event; ``None`` at the end."""
        waited = 0.0
        while not self._streams.ending and self._allowed():
            seen = await run_in_threadpool(self._streams.seen, self._view, self._look)
            now, room = seen["now"], {name: seen[name] for name in seen if name != "now"}
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
