"""Asking a cross-reference manager: the consumer of ITI-83."""

from __future__ import annotations

from collections.abc import Iterable

import httpx

from labkit.common.errors import DataError, NetworkError
from labkit.common.web import HttpClient
from labkit.exchange.parties import PatientId
from labkit.fhir.outcome import FhirError, Issue, issues_of


class PixClient(HttpClient):
    """A Patient Identifier Cross-reference Consumer.

    Parameters
    ----------
    base_url
        The manager's base URL.
    transport, headers, timeout
        As of any `HttpClient`.
    """

    def __init__(
        self,
        base_url: str,
        *,
        transport: httpx.BaseTransport | None = None,
        headers: dict[str, str] | None = None,
        timeout: float = 30.0,
    ) -> None:
        accept = {"Accept": "application/fhir+json"}
        super().__init__(
            base_url, transport=transport, headers={**accept, **(headers or {})}, timeout=timeout
        )

    def corresponding(
        self, pid: PatientId, authorities: Iterable[str] | None = None
    ) -> list[PatientId]:
        """Return the person's other IDs, sorted; with OIDs in `authorities`, only theirs.

        Identifiers in the answer whose system is no ``urn:oid:`` are left out: they are not
        patient IDs of an authority as XDS knows it.

        Raises
        ------
        FhirError
            The manager refused: 400 it does not know the authority, 404 the ID, 403 the target.
        DataError, NetworkError
            The answer is not that of a manager, or there was none.
        """
        query: dict[str, str | list[str]] = {"sourceIdentifier": pid.token}
        query["targetSystem"] = [f"urn:oid:{oid}" for oid in authorities or ()]
        try:
            answer = self._http.get(f"{self.base_url}/Patient/$ihe-pix", params=query)
        except httpx.HTTPError as error:
            raise NetworkError(
                f"The cross-reference manager did not answer ({type(error).__name__}).",
                remedy="Check that it runs, and its base URL.",
            ) from error
        try:
            body = answer.json()
        except (ValueError, RecursionError):
            body = None
        if answer.is_error:
            text = f"HTTP {answer.status_code} {answer.reason_phrase}"
            raise FhirError(
                answer.status_code,
                issues_of(body) or [Issue("unknown", text)],
                remedy="Check who issued the ID; a number alone names nobody.",
            )
        if not isinstance(body, dict) or body.get("resourceType") != "Parameters":
            raise DataError(
                "The answer to $ihe-pix is no Parameters resource.",
                remedy="Check that the base URL is that of a PIXm manager.",
            )
        found = [
            row.get("valueIdentifier", {})
            for row in body.get("parameter", [])
            if row.get("name") == "targetIdentifier"
        ]
        ids = [
            PatientId.parse(f"{identifier['system']}|{identifier.get('value', '')}")
            for identifier in found
            if str(identifier.get("system", "")).startswith("urn:oid:")
        ]
        return sorted(set(ids), key=lambda p: (p.authority, p.value))
