"""The administrator's line to a product: one request, and a clear error where it fails."""

from __future__ import annotations

from typing import Any, ClassVar

import httpx

from labkit.common.errors import LabError

ONCE = httpx.Limits(max_keepalive_connections=0)
"""A connection for each request: one that was kept may be closed just as the next is sent."""


class Admin:
    """HTTP to the administration of one product.

    Parameters
    ----------
    name
        The node.
    url
        Its base URL.
    auth
        User and password, where it asks for them.
    """

    maker: ClassVar[str]
    """Whose product it is, for errors."""

    def __init__(self, name: str, url: str, auth: tuple[str, str] | None = None) -> None:
        self._name = name
        self._http = httpx.Client(
            base_url=url, timeout=30.0, trust_env=False, limits=ONCE, auth=auth
        )

    def ask(self, method: str, path: str, **what: Any) -> httpx.Response:
        """Send one request.

        Raises
        ------
        LabError
            It does not answer, or refuses.
        """
        who = f"{self._name} ({self.maker})"
        try:
            answer = self._http.request(method, path, **what)
        except httpx.HTTPError as error:
            raise LabError(
                f"{who} does not answer: {error}",
                remedy="`docker compose ps` shows its state, `docker compose logs` its log.",
            ) from error
        if answer.status_code >= 400:
            said = answer.text.strip()[:200]
            raise LabError(
                f"{who} refuses {method} {path}: {answer.status_code} {said}",
                remedy="`docker compose logs` shows its log.",
            )
        return answer

    def close(self) -> None:
        """Close the connection to it."""
        self._http.close()
