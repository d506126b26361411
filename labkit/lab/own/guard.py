"""Nothing that changes a user's servers goes out, unless the user says so.

Two guards, one for each kind of wire: `ReadOnly` decides what a `Peer` may be asked, and
`GuardedTransport` what an HTTP client may send. Both name what is allowed; all else is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

import httpx
from pynetdicom.service_class import (
    BasicWorklistManagementServiceClass,
    QueryRetrieveServiceClass,
    VerificationServiceClass,
)
from pynetdicom.sop_class import uid_to_service_class

from labkit.common.access import AccessRequest, Decision
from labkit.common.errors import AccessDenied

_READING = (
    VerificationServiceClass,
    QueryRetrieveServiceClass,
    BasicWorklistManagementServiceClass,
)
# POSTs that change nothing: a search (R4 http.html#search) and a validation (R4 resource-validate).
_ASKING = ("/_search", "/$validate")
WHY = "your labkit.toml does not say read_only = false"


@dataclass(frozen=True)
class ReadOnly:
    """Lets the query, retrieve, worklist and verification services pass, and C-MOVE to us.

    Parameters
    ----------
    destinations
        AE titles of ours, to which an archive may be told to send.
    """

    destinations: frozenset[str] = frozenset()

    def decide(self, request: AccessRequest) -> Decision:
        """Answer one request."""
        destination = request.resource.get("MoveDestination")
        if destination is not None:
            ours = destination in self.destinations
            return Decision(ours, "it sends to us" if ours else f"{destination} is not [receive]")
        service = uid_to_service_class(request.resource.get("SOPClassUID", ""))
        return Decision(service in _READING, "it reads" if service in _READING else WHY)


class GuardedTransport(httpx.BaseTransport):
    """Sends to one server alone, and by default only requests that change nothing.

    These are the safe methods (RFC 9110 9.2.1), and the two POSTs that ask.

    Parameters
    ----------
    inner
        What sends them.
    url
        The base of the server; another one must not get its login.
    read_only
        Refuse what may change something.
    """

    def __init__(self, inner: httpx.BaseTransport, url: str, *, read_only: bool) -> None:
        self._inner = inner
        self._home = _origin(httpx.URL(url))
        self._read_only = read_only

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it, or raise `AccessDenied`."""
        if _origin(request.url) != self._home:
            raise AccessDenied(
                "this client has the login of another server",
                remedy="Nothing was sent. Give a path below its base, or make another client.",
            )
        asks = request.method == "POST" and request.url.path.endswith(_ASKING)
        safe = request.method in ("GET", "HEAD", "OPTIONS") or asks
        if self._read_only and not safe:
            raise AccessDenied(
                f"{request.method} is not allowed: {WHY}",
                remedy="Nothing was sent. On the embedded lab it works: open_lab().",
            )
        return self._inner.handle_request(request)

    def close(self) -> None:
        """Close what is below."""
        self._inner.close()


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    usual = {"http": 80, "https": 443}.get(url.scheme)
    return url.scheme, url.host, url.port or usual
