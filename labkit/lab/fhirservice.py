"""How a notebook reaches the FHIR server of the lab."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labkit.fhir import FhirClient


class EmbeddedFhir:
    """The FHIR server of an embedded lab.

    Parameters
    ----------
    url
        Its base URL.
    headers
        Gives what the client sends with each request, such as a token.
    """

    def __init__(self, url: str, headers: Callable[[], dict[str, str]] = dict) -> None:
        self.url = url
        self._headers = headers

    def client(self) -> FhirClient:
        """Return a client for it."""
        from labkit.fhir import FhirClient

        return FhirClient(self.url, headers=self._headers())

    def __repr__(self) -> str:
        return "FHIR R4 server"
