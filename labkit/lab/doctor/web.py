"""The layers of a DICOMweb and of a FHIR server."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import httpx

from labkit.lab.doctor import net
from labkit.lab.doctor.finding import Check, LayerFails, LayerSkipped

_STUDY, _SERIES, _INSTANCE = "0020000D", "0020000E", "00080018"
"""Study, Series and SOP Instance UID, as DICOM JSON names attributes (PS3.18 F.2.2)."""


@dataclass
class WebChecks:
    """What every web server is asked.

    Attributes
    ----------
    url
        The base.
    http
        Makes a client for paths below it, logged in.
    context
        What HTTPS is spoken with.
    token
        The bearer token that is sent, if any.
    section
        Where the user would change something: ``"[fhir]"``.
    """

    url: str
    http: Callable[[], httpx.Client]
    context: Callable[[], ssl.SSLContext]
    token: str = ""
    section: str = ""

    def _below(self) -> list[Check]:
        parts = urlsplit(self.url)
        host, secure = parts.hostname or "", parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        found: list[Check] = [
            ("name", partial(net.resolve, host)),
            ("TCP", partial(net.reach, host, port)),
        ]
        if secure:
            found.append(("TLS", lambda: net.shake_hands(host, port, self.context())))
        return found

    def _token(self) -> str:
        """Look at the token, as far as a client may: one that has ended is no use."""
        if not self.token:
            raise LayerSkipped("none given")
        try:
            body = self.token.split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
            ends = datetime.fromtimestamp(float(claims["exp"]), tz=timezone.utc)
        except (IndexError, ValueError, KeyError, TypeError, OverflowError, OSError,
                RecursionError):  # fmt: skip
            return "given; it does not say until when"
        if ends < datetime.now(timezone.utc):
            raise LayerFails(
                f"the token ended at {ends:%Y-%m-%d %H:%M} UTC",
                remedy="You: get a new one from who issues them.",
            )
        return f"given, valid until {ends:%Y-%m-%d %H:%M} UTC"

    def _json(self, path: str, accept: str, **query: str) -> Any:
        """Get a path; no answer of any kind but JSON goes through."""
        try:
            with self.http() as client:
                answer = client.get(path, params=query, headers={"Accept": accept})
        except httpx.HTTPError as error:
            raise LayerFails(
                f"no answer ({type(error).__name__})",
                remedy="The server's administrator: read its log.",
            ) from error
        if answer.status_code in (401, 403):
            raise self._not_allowed(answer)
        if answer.is_redirect:
            raise LayerFails(
                f"it leads away, to {answer.headers.get('location', '?').partition('?')[0]}",
                remedy="Mostly a login page, or http where https is wanted. You: correct url.",
            )
        if answer.is_error:
            raise LayerFails(f"answers HTTP {answer.status_code}", remedy=self._about(answer))
        if answer.status_code == 204:  # no match (PS3.18 8.3.4.4)
            return []
        try:
            return answer.json()
        except (ValueError, RecursionError) as error:
            kind = answer.headers.get("content-type", "something").partition(";")[0]
            raise LayerFails(
                f"answers with {kind}, which is not JSON",
                remedy="You: check url. HTML is often a login, or the product's own page.",
            ) from error

    def _not_allowed(self, answer: httpx.Response) -> LayerFails:
        wants = answer.headers.get("www-authenticate", "").split(" ")[0] or "a login"
        sent = answer.request.headers.get("authorization", "").split(" ")[0]
        if answer.status_code == 403:
            said = "answers 403: it knows who asks, and does not allow it"
            remedy = "The server's administrator: the rights (scopes) of this user or token."
        elif not sent:
            said, remedy = (
                f"answers 401: it wants {wants}",
                f"You: give user and password, or token, in {self.section}.",
            )
        else:
            said = f"answers 401: it does not accept our {sent}, and wants {wants}"
            remedy = f"You: check user and password, or token, in {self.section}."
        return LayerFails(said, remedy=remedy)

    def _about(self, answer: httpx.Response) -> str:
        if answer.is_client_error:
            return f"You: check url in {self.section}; it is the base of the service alone."
        return "The server's administrator: read its log."


class DicomWebChecks(WebChecks):
    """Name to WADO-RS metadata (PS3.18 10.6, 10.4.1.1.5)."""

    _found: dict[str, str]

    @property
    def layers(self) -> list[Check]:
        """Every layer, from below."""
        return [*self._below(), ("token", self._token), ("QIDO", self._qido), ("WADO", self._wado)]

    def _qido(self) -> str:
        self._found = {}
        studies = self._rows("studies", limit="2")
        if studies:
            self._found["study"] = _value(studies[0], _STUDY)
        number = len(studies)
        return (
            "a search works: " + ("nothing found", "1 study", "2 studies and more")[min(number, 2)]
        )

    def _wado(self) -> str:
        if not self._found.get("study"):
            raise LayerSkipped("there is no study to ask for")
        path = f"studies/{self._found['study']}"
        rows = self._rows(f"{path}/instances", limit="1")
        if not rows:
            raise LayerSkipped("the study shows no instance")
        path += f"/series/{_value(rows[0], _SERIES)}/instances/{_value(rows[0], _INSTANCE)}"
        (header, *_) = self._rows(f"{path}/metadata") or [{}]
        return f"metadata of one instance: {len(header)} data elements"

    def _rows(self, path: str, **query: str) -> list[dict[str, Any]]:
        rows = self._json(path, "application/dicom+json", **query)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise LayerFails(
                "the answer is JSON, and not DICOM JSON (PS3.18 F)",
                remedy=f"You: check url in {self.section}; it is the part before /studies.",
            )
        return rows


class FhirChecks(WebChecks):
    """Name to a search that needs the rights to read (R4 http.html)."""

    _searched = ""

    @property
    def layers(self) -> list[Check]:
        """Every layer, from below."""
        return [
            *self._below(),
            ("metadata", self._metadata),
            ("token", self._token),
            ("search", self._search),
        ]

    def _metadata(self) -> str:
        said = self._resource("metadata", "CapabilityStatement")
        kinds = [
            resource.get("type")
            for rest in said.get("rest", [])
            for resource in rest.get("resource", [])
        ]
        self._searched = next((one for one in ("ImagingStudy", "Patient") if one in kinds), "")
        name = (said.get("software") or {}).get("name", "a server without a name")
        return f"FHIR {said.get('fhirVersion', '?')}, {name}, {len(kinds)} resource types"

    def _search(self) -> str:
        if not self._searched:
            raise LayerSkipped("it serves neither ImagingStudy nor Patient")
        bundle = self._resource(self._searched, "Bundle", _summary="count")
        return f"{self._searched}: {bundle.get('total', 'an unknown number')}"

    def _resource(self, path: str, kind: str, **query: str) -> dict[str, Any]:
        found = self._json(path, "application/fhir+json", **query)
        if not isinstance(found, dict) or found.get("resourceType") != kind:
            raise LayerFails(
                f"the answer to {path} is no {kind}",
                remedy=f"You: check url in {self.section}; it is the base of the FHIR service.",
            )
        return found


def _value(row: dict[str, Any], tag: str) -> str:
    """Return the first value of an attribute; ``""`` where it is not there."""
    values = (row.get(tag) or {}).get("Value") or [""]
    return str(values[0])
