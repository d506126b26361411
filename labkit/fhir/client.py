"""A small FHIR client; plain dictionaries in and out (R4 http.html)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from labkit.common.errors import DataError, NetworkError
from labkit.common.web import HttpClient
from labkit.fhir.canonical import dumps
from labkit.fhir.outcome import FhirError, Issue, issues_of

_FHIR_JSON = "application/fhir+json"
Resource = dict[str, Any]


class FhirClient(HttpClient):
    """The interactions of FHIR with one server.

    Parameters
    ----------
    base_url
        The service base URL, as in ``http://127.0.0.1:8080``.
    transport
        Another way than the network (in tests: straight into the application).
    headers
        Sent with each request, as ``{"Authorization": "Bearer …"}``.
    timeout
        Seconds that the server may be silent.

    Examples
    --------
    >>> fhir = FhirClient(url)                                          # doctest: +SKIP
    >>> fhir.read("Patient/12")["birthDate"]                            # doctest: +SKIP
    >>> for study in fhir.search("ImagingStudy", patient="Patient/12"): # doctest: +SKIP
    ...     print(study["started"])
    """

    def __init__(
        self,
        base_url: str,
        *,
        transport: httpx.BaseTransport | None = None,
        headers: dict[str, str] | None = None,
        timeout: float = 30.0,
    ) -> None:
        super().__init__(
            base_url,
            transport=transport,
            headers={"Accept": _FHIR_JSON, **(headers or {})},
            timeout=timeout,
        )

    def read(self, reference: str) -> Resource:
        """Read ``"Patient/12"``; a relative or absolute reference of a resource will do."""
        return self._resource("GET", reference)

    def capabilities(self) -> Resource:
        """Read the server's CapabilityStatement."""
        return self._resource("GET", "metadata")

    def create(self, resource: Resource, *, if_none_exist: str = "") -> Resource:
        """Create; returns the resource as stored, with the id that the server gave it.

        With `if_none_exist` (``"identifier=system|value"``), only if that search finds nothing:
        else returns what it finds.
        """
        headers = {"If-None-Exist": if_none_exist} if if_none_exist else {}
        return self._resource("POST", _type_of(resource), resource, headers)

    def transaction(self, bundle: Resource) -> Resource:
        """Have a Bundle of type transaction done, all or nothing; returns the answer's Bundle.

        Its entries stand in the order of those sent, each with what is stored now.
        """
        return self._resource("POST", "", bundle, {"Prefer": "return=representation"})

    def validate(self, resource: Resource) -> list[Issue]:
        """Ask the server whether it would take `resource`; returns what it says about it."""
        url = f"{_type_of(resource)}/$validate"
        return issues_of(self._resource("POST", url, resource))

    def history(self, reference: str, **parameters: Any) -> Iterator[Resource]:
        """Yield the entries of the history of ``"Patient/12"`` or ``"Patient"``, newest first.

        `parameters` may have ``_since`` and ``_count``.
        """
        for bundle in self._pages(f"{reference}/_history", parameters):
            yield from bundle.get("entry", [])

    def update(self, resource: Resource, *, if_match: str = "") -> Resource:
        """Store a new version under the resource's own id.

        With `if_match` (a versionId), only if that is the current version.
        """
        if not resource.get("id"):
            raise DataError(
                "the resource has no id", remedy="read it first, or use create for a new one"
            )
        headers = {"If-Match": f'W/"{if_match}"'} if if_match else {}
        url = f"{_type_of(resource)}/{resource['id']}"
        return self._resource("PUT", url, resource, headers)

    def delete(self, reference: str) -> None:
        """Delete ``"Patient/12"``."""
        self._send("DELETE", reference)

    def search(self, kind: str, **parameters: Any) -> Iterator[Resource]:
        """Search and go through all pages; yields the matching resources.

        Write ``_count=10`` as a keyword as it is, and a hyphen or a modifier through a dictionary:
        ``search("Patient", **{"name:exact": "Ann"})``. A list gives a parameter several times.
        """
        for bundle in self.pages(kind, **parameters):
            for entry in bundle.get("entry", []):
                if entry.get("search", {}).get("mode", "match") == "match":
                    yield entry["resource"]

    def pages(self, kind: str, **parameters: Any) -> Iterator[Resource]:
        """Search and yield each page, a Bundle, following its ``next`` links."""
        yield from self._pages(kind, parameters)

    def _pages(self, url: str, parameters: dict[str, Any] | None = None) -> Iterator[Resource]:
        bundle = self._resource("GET", url, parameters=parameters)
        while True:
            yield bundle
            links = {row.get("relation"): row.get("url") for row in bundle.get("link", [])}
            if not links.get("next"):
                return
            bundle = self._resource("GET", links["next"])

    def _url(self, reference: str) -> str:
        """Resolve against the base, and go nowhere else: the headers may hold a token."""
        url = urljoin(self.base_url + "/", reference)
        if urlsplit(url)[:2] != urlsplit(self.base_url)[:2]:
            raise DataError(
                "this reference points to another server", remedy="make a FhirClient for that one"
            )
        return url

    def _resource(
        self,
        method: str,
        reference: str,
        body: Resource | None = None,
        headers: dict[str, str] | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> Resource:
        response = self._send(method, reference, body, headers, parameters)
        try:
            value = response.json()
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict) or "resourceType" not in value:
            raise DataError(
                f"the answer to {method} is not a FHIR resource",
                remedy="check that the base URL is that of a FHIR server",
            )
        return value

    def _send(
        self,
        method: str,
        reference: str,
        body: Resource | None = None,
        headers: dict[str, str] | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> httpx.Response:
        content = None if body is None else dumps(body).encode("utf-8")
        extra = {"Content-Type": _FHIR_JSON} if content is not None else {}
        try:
            response = self._http.request(
                method,
                self._url(reference),
                content=content,
                headers={**extra, **(headers or {})},
                params=parameters or None,
            )
        except httpx.HTTPError as error:
            raise NetworkError(
                f"the FHIR server did not answer ({type(error).__name__})",
                remedy="check that the lab runs: labkit status",
            ) from error
        if response.is_error:
            raise _error_of(response)
        return response


def _type_of(resource: Resource) -> str:
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if not isinstance(kind, str) or not kind:
        raise DataError(
            "the resource has no resourceType", remedy='begin with {"resourceType": "Patient", …}'
        )
    return kind


def _error_of(response: httpx.Response) -> FhirError:
    try:
        issues = issues_of(response.json())
    except (ValueError, RecursionError):
        issues = []
    text = f"HTTP {response.status_code} {response.reason_phrase}"
    return FhirError(response.status_code, issues or [Issue("unknown", text)])
