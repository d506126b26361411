"""ITI-68: the bytes of a document, as themselves."""

from __future__ import annotations

import httpx

from labkit.common.errors import HttpError, NetworkError
from labkit.common.web import HttpClient
from labkit.exchange.mhd.model import Resource
from labkit.fhir.binary import content_of


class Fetcher(HttpClient):
    """Fetches bytes."""

    def get(self, url: str, content_type: str) -> tuple[bytes, str]:
        """Ask for a document as its own media type (2:3.68.4.1.2)."""
        # A FHIR server asked for a Binary as FHIR gives the resource, with the bytes in base64
        # (R4 http.html#binary): also where the document itself is FHIR.
        accept = "*/*" if not content_type or "fhir" in content_type else content_type
        try:
            response = self._http.get(url, headers={"Accept": accept})
        except httpx.HTTPError as error:
            raise NetworkError(
                f"The server of the document did not answer ({type(error).__name__}).",
                remedy="Try again; if it stays so, ask who runs it.",
            ) from error
        if not response.is_success:  # a redirect too: the token goes where it was meant to go
            raise HttpError(
                f"The document was not given: HTTP {response.status_code}.",
                status=response.status_code,
                remedy="404: is the reference the current one? 410: it was taken back.",
            )
        kind = response.headers.get("content-type", "").split(";")[0].strip()
        if "json" in kind:
            resource = _binary(response)
            if resource:
                return content_of(resource)
        return response.content, kind


def _binary(response: httpx.Response) -> Resource:
    """Return the Binary that an answer is, or ``{}``: a document may be JSON too."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return {}
    found = isinstance(body, dict) and body.get("resourceType") == "Binary" and "data" in body
    return body if found else {}
