"""What a token gives, asked of the servers with that token: the portal decides nothing of it.

Only servers that were configured are called. Addresses in resources (Endpoint, attachments) are
data of somebody, and a token must not go there.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from labkit.common.errors import AccessDenied, DataError, HttpError, LabkitError, NetworkError
from labkit.dicomweb import DicomwebClient
from labkit.exchange.portal.model import (
    HELD,
    NOT_HELD,
    REFUSED,
    SILENT,
    DocumentView,
    StudyView,
    View,
)
from labkit.exchange.portal.refusing import nothing, refusals
from labkit.fhir import FhirClient

Resource = dict[str, Any]
UID = re.compile(r"[0-9.]{1,64}")
ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
MOST_IMAGES = 24
"""Pictures on the page of a study."""
_NO = (401, 403)


class Reader:
    """The servers, seen with one token.

    Parameters
    ----------
    fhir_url
        Base URL of the FHIR server.
    sites
        Name → base URL of its DICOMweb service.
    token
        Gives the access token; asked for each request, since one that is renewed is another.
    timeout
        Seconds that a server may be silent.
    """

    def __init__(
        self, fhir_url: str, sites: Mapping[str, str], token: Callable[[], str],
        *, timeout: float = 20.0, transport: httpx.BaseTransport | None = None,
    ) -> None:  # fmt: skip
        self.fhir_url, self._sites = fhir_url.rstrip("/"), dict(sites)
        self._token, self._timeout, self._transport = token, timeout, transport

    def fhir(self) -> FhirClient:
        """Return a client of the FHIR server."""
        return FhirClient(self.fhir_url, headers=self._headers(), timeout=self._timeout,
                          transport=self._transport)  # fmt: skip

    def web(self, site: str) -> DicomwebClient:
        """Return a client of a site's DICOMweb service."""
        return DicomwebClient(self._sites[site], headers=self._headers(), timeout=self._timeout,
                              transport=self._transport)  # fmt: skip

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token()}"}

    def patient(self, id_: str = "") -> Resource:
        """Return the Patient: the one that is named, or the only one that the token gives.

        Raises
        ------
        AccessDenied
            The token does not give it.
        """
        with refusals(), self.fhir() as fhir:
            if id_:
                return fhir.read(f"Patient/{_checked(ID, id_)}")
            found = _most(fhir.search("Patient", _count="2"), 2)
        if len(found) != 1:
            raise AccessDenied(
                "The token does not say which patient it is for.",
                remedy="Take one with a patient in context (launch/patient), or name the patient.",
            )
        return found[0]

    def view(self, id_: str = "") -> View:
        """Return all that is to be shown of a patient."""
        patient = self.patient(id_)
        of, holes = f"Patient/{patient['id']}", []
        found: dict[str, list[Resource]] = {}
        for kind in ("ImagingStudy", "DiagnosticReport", "DocumentReference"):
            try:
                with refusals(), self.fhir() as fhir:
                    found[kind] = _most(fhir.search(kind, patient=of, _count="100"), 500)
            except AccessDenied:
                found[kind] = []
                holes.append(f"the token gives no {kind}")
        studies = [s for s in map(self._study, found["ImagingStudy"]) if s is not None]
        for name in self._sites:
            if any(study.at[name] == SILENT for study in studies):
                holes.append(f"{name} did not answer")
        reports = [_report(each) for each in found["DiagnosticReport"]]
        documents = [self._document(each) for each in found["DocumentReference"]]
        return View(
            of, _name(patient), tuple(sorted(studies, key=lambda s: s.started, reverse=True)),
            tuple(reports), tuple(documents), tuple(holes),
        )  # fmt: skip

    def study(self, uid: str, patient: str = "") -> StudyView:
        """Return one study with its pictures, from the first site that gives them.

        Parameters
        ----------
        patient
            ``Patient/x`` whose it has to be; ``""``: whomever the token gives.

        Raises
        ------
        AccessDenied
            The token does not give it, or there is no such study: the answer is the same.
        """
        wanted = f"urn:dicom:uid|urn:oid:{_checked(UID, uid)}"
        with refusals(), self.fhir() as fhir:
            found = _most(fhir.search("ImagingStudy", identifier=wanted, _count="2"), 2)
        if len(found) != 1 or (patient and _subject(found[0]) != patient):
            raise nothing()
        view = self._study(found[0])
        if view is None:
            raise nothing()
        for site, said in view.at.items():
            if said == HELD:
                with refusals(), self.web(site) as web:
                    listed = web.instances(uid, limit=MOST_IMAGES)
                images = [
                    (int(ds.get("InstanceNumber") or 0), str(ds.SeriesInstanceUID),
                     str(ds.SOPInstanceUID))
                    for ds in listed if ds.get("Rows")
                ]  # fmt: skip
                shown = tuple((series, sop) for _, series, sop in sorted(images))
                return StudyView(**{**vars(view), "images": shown})
        return view

    def picture(self, uid: str, series: str, instance: str, size: int = 0) -> bytes:
        """Return a picture (PNG) of the first site that gives it (PS3.18 10.4.1.1.3)."""
        for each in (uid, series, instance):
            _checked(UID, each)
        how = {"viewport": f"{size},{size}"} if size else {}
        for site in self._sites:
            try:
                with self.web(site) as web:
                    return web.rendered(uid, series, instance, **how)
            except (HttpError, NetworkError):
                continue
        raise nothing()

    def attachment(self, id_: str) -> tuple[bytes, str]:
        """Return what a DocumentReference of this server points to, and its media type.

        Raises
        ------
        AccessDenied
            It is not there for this token, or lies at another server.
        """
        with refusals(), self.fhir() as fhir:
            resource = fhir.read(f"DocumentReference/{_checked(ID, id_)}")
            url = self._own(_url(resource))
            if not url:
                raise nothing()
            answer = fhir.read(url.removeprefix(self.fhir_url + "/"))
        data = answer.get("data")
        if answer.get("resourceType") != "Binary" or not isinstance(data, str):
            raise nothing()
        try:
            return base64.b64decode(data, validate=True), str(answer.get("contentType", ""))
        except ValueError as error:
            raise DataError("The document is damaged.", remedy="Tell its author.") from error

    def _study(self, resource: Resource) -> StudyView | None:
        uids = [
            str(each.get("value", "")).removeprefix("urn:oid:")
            for each in resource.get("identifier", []) if each.get("system") == "urn:dicom:uid"
        ]  # fmt: skip
        if not uids or not UID.fullmatch(uids[0]):
            return None
        codes = {str(each.get("code", "")) for each in resource.get("modality", [])}
        codes |= {
            str((s.get("modality") or {}).get("code", "")) for s in resource.get("series", [])
        }
        return StudyView(
            uids[0], str(resource.get("description", "")), str(resource.get("started", "")),
            str(resource.get("status", "")), tuple(sorted(codes - {""})),
            {name: self._at(name, uids[0]) for name in self._sites},
        )  # fmt: skip

    def _at(self, site: str, uid: str) -> str:
        try:
            with self.web(site) as web:
                return HELD if web.studies(StudyInstanceUID=uid) else NOT_HELD
        except HttpError as error:
            return REFUSED if error.status in _NO else NOT_HELD if error.status == 404 else SILENT
        except LabkitError:
            return SILENT

    def _document(self, resource: Resource) -> DocumentView:
        attachment = (resource.get("content") or [{}])[0].get("attachment") or {}
        title = attachment.get("title") or resource.get("description") or "untitled"
        return DocumentView(
            f"DocumentReference/{resource['id']}", str(title), str(resource.get("status", "")),
            str(resource.get("date", "")), bool(self._own(str(attachment.get("url", "")))),
        )  # fmt: skip

    def _own(self, url: str) -> str:
        """Return a URL if it is a Binary of this very server, else ``""``."""
        try:
            whole = urljoin(self.fhir_url + "/", url)
            parts = urlsplit(whole)
        except ValueError:
            return ""
        own = re.fullmatch(re.escape(self.fhir_url) + r"/Binary/[A-Za-z0-9\-.]{1,64}", whole)
        return whole if url and own and "@" not in parts.netloc else ""


def claims(token: str) -> dict[str, Any]:
    """Read what a token says, unchecked: only of one that a server has just accepted."""
    parts = token.split(".")
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        said = json.loads(base64.urlsafe_b64decode(padded))
    except (IndexError, ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _checked(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise nothing()
    return text


def _most(found: Iterator[Resource], most: int) -> list[Resource]:
    return [resource for resource, _ in zip(found, range(most), strict=False)]


def _subject(resource: Resource) -> str:
    return "/".join(str((resource.get("subject") or {}).get("reference", "")).split("/")[-2:])


def _url(resource: Resource) -> str:
    content = resource.get("content") or [{}]
    return str((content[0].get("attachment") or {}).get("url", ""))


def _report(resource: Resource) -> DocumentView:
    code = resource.get("code") or {}
    title = code.get("text") or next((c.get("display") for c in code.get("coding", [])), "")
    return DocumentView(
        f"DiagnosticReport/{resource['id']}", str(title or "Report"),
        str(resource.get("status", "")), str(resource.get("issued") or ""), True,
    )  # fmt: skip


def _name(patient: Resource) -> str:
    for name in patient.get("name", []):
        parts = [*map(str, name.get("given", [])), str(name.get("family", ""))]
        if said := " ".join(filter(None, parts)) or str(name.get("text", "")):
            return said
    return "no name"
