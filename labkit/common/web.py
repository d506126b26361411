"""What every HTTP client of ours has: one server, its headers, and connections to give back."""

from __future__ import annotations

from typing import TypeVar

import httpx

from labkit.common.scope import Closes

_Self = TypeVar("_Self", bound="HttpClient")


class HttpClient(Closes):
    """A client of one server.

    Parameters
    ----------
    base_url
        Where its service begins.
    transport
        Another way than the network (in tests: straight into the application).
    headers
        Sent with each request.
    timeout
        Seconds that the server may be silent.
    """

    def __init__(
        self,
        base_url: str,
        *,
        transport: httpx.BaseTransport | None,
        headers: dict[str, str] | None,
        timeout: float,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._http = httpx.Client(
            transport=transport,
            headers=headers,
            timeout=timeout,
            trust_env=False,  # a proxy of the environment cannot reach the learner's own machine
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"  # no address: it would differ in every stored output

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()
