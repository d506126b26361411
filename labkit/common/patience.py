"""HTTP connections that keep a server waiting: each wait has an end, so that none is held for ever.

A client that sends its request a byte at a time ("slow loris"), stops in the middle of a body, or
does not read its answer, costs a connection and what was opened to answer it. uvicorn ends only
what idles between two requests.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


@dataclass(frozen=True)
class Patience:
    """How long a server waits for a client.

    Attributes
    ----------
    head
        Seconds from the first moment to the end of a request's header fields.
    body
        Seconds in which at least `least` bytes of a body have to come, or its end.
    least
        Bytes.
    unread
        Seconds in which a client has to take at least one byte of an answer that waits for it.
    """

    head: float = 30.0
    body: float = 30.0
    least: int = 1024
    unread: float = 120.0


class PatientProtocol(H11Protocol):
    """uvicorn's protocol, looking now and then whether the client still does its part.

    A request that is late is answered 408 (RFC 9110 15.5.9) where no answer has begun; the
    connection is closed, and the application is told that the client is gone.
    """

    def __init__(self, *args: Any, patience: Patience, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._patience = patience
        self._look: asyncio.TimerHandle | None = None
        self._state: object = None  # what is waited for, of which request, and since when
        self._since = 0.0
        self._came = 0
        self._unread = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        if self._look is not None:
            self._look.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what comes."""
        self._came += len(data)
        super().data_received(data)

    def _watch(self) -> None:
        patience, now = self._patience, self.loop.time()
        state = self._waiting_for()
        left = self.transport.get_write_buffer_size()
        moved = self._came >= patience.least if state == "body" else left != self._unread
        if (state, self.cycle) != self._state or (state != "head" and moved):
            self._state, self._since, self._came = (state, self.cycle), now, 0
        self._unread = left
        limit = {"head": patience.head, "body": patience.body, "reader": patience.unread}
        if state in limit and now - self._since >= limit[state]:
            self._give_up(state)
            return
        pause = min(limit.values()) / 4
        self._look = self.loop.call_later(pause, self._watch)

    def _waiting_for(self) -> str:
        """``"head"``, ``"body"``, ``"reader"``, or ``""`` where it is our turn."""
        if self.flow.write_paused:
            return "reader"
        if self.flow.read_paused or self.timeout_keep_alive_task is not None:
            return ""  # the application is behind; or uvicorn ends what idles
        if self.conn.their_state is h11.IDLE:
            return "head"
        return "body" if self.conn.their_state is h11.SEND_BODY else ""

    def _give_up(self, state: str) -> None:
        if state != "reader" and self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            said = f"the request did not come to its end in time (its {state})".encode()
            fields = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
            fields.append((b"content-length", str(len(said)).encode()))
            for event in (h11.Response(status_code=408, headers=fields), h11.Data(data=said),
                          h11.EndOfMessage()):  # fmt: skip
                self.transport.write(self.conn.send(event) or b"")
            self.transport.close()
        else:
            self.transport.abort()  # a close would wait for what nobody reads
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()


def patient(patience: Patience | None = None) -> Any:
    """Return what ``uvicorn.Config(http=…)`` takes."""
    return partial(PatientProtocol, patience=patience or Patience())
