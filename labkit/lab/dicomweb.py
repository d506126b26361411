"""How a notebook reaches the DICOMweb service of the lab."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from labkit.common.errors import LabError

if TYPE_CHECKING:
    from labkit.dicomweb import DicomwebClient


class EmbeddedDicomweb:
    """The DICOMweb service of ARCHIVE.

    Parameters
    ----------
    url
        Its base URL.
    headers
        Gives what the client sends with each request, such as a token.
    """

    def __init__(self, url: str, headers: Callable[[], dict[str, str]] = dict) -> None:
        if not url:
            raise LabError(
                "This lab has no DICOMweb service of its own.",
                remedy="Use the embedded back end: labkit up, without --backend.",
            )
        self.url = url
        self._headers = headers

    @property
    def wado_url(self) -> str:
        """Where WADO-URI is: ``/wado`` of the same origin (PS3.18 9)."""
        return self.url.rsplit("/", 1)[0] + "/wado"

    def client(self) -> DicomwebClient:
        """Return a client for it."""
        from labkit.dicomweb import DicomwebClient

        return DicomwebClient(self.url, headers=self._headers())

    def __repr__(self) -> str:
        return "DICOMweb service of ARCHIVE"
