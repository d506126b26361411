"""Waiting when a server asks for it: 503 with Retry-After (RFC 9110 10.2.3, 15.6.4).

A façade answers so while the PACS behind it is slow. Who asks again at once makes it slower.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

import httpx


class Patience(httpx.BaseTransport):
    """A transport that obeys Retry-After, so many times and no longer than so many seconds.

    Parameters
    ----------
    inner
        What really sends; the network if left out.
    attempts
        How often one request is sent at most.
    longest
        Seconds: a server that asks for more is not waited for, and its 503 is the answer.
    sleep, clock
        How to wait, and what time it is (aware), for tests.

    Examples
    --------
    >>> web = DicomwebClient(url, transport=Patience())                     # doctest: +SKIP
    """

    def __init__(
        self,
        inner: httpx.BaseTransport | None = None,
        *,
        attempts: int = 5,
        longest: float = 60.0,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._inner = inner or httpx.HTTPTransport()
        self._attempts, self._longest = attempts, longest
        self._sleep, self._clock = sleep, clock
        self.waits: list[float] = []
        """Seconds that were waited, one for each 503 obeyed."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it, and again for each 503 that says when."""
        request.read()  # what is sent again has to be there again; results are small
        for _ in range(self._attempts - 1):
            answer = self._inner.handle_request(request)
            wait = self._asked(answer)
            if wait is None:
                return answer
            answer.close()
            self.waits.append(wait)
            self._sleep(wait)
        return self._inner.handle_request(request)

    def close(self) -> None:
        """Give the connections back."""
        self._inner.close()

    def _asked(self, answer: httpx.Response) -> float | None:
        """Seconds to wait; ``None`` where the answer is to be taken as it is."""
        said = answer.headers.get("retry-after", "")
        if answer.status_code != 503 or not said:
            return None
        if said.strip().isdigit():
            wait = float(said)
        else:
            try:
                at = parsedate_to_datetime(said)
            except ValueError:
                return None
            if at.tzinfo is None:
                at = at.replace(tzinfo=timezone.utc)
            wait = max(0.0, (at - self._clock()).total_seconds())
        return wait if wait <= self._longest else None
