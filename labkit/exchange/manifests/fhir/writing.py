"""From what a manifest says to a FHIR document (MADO, FHIR Imaging Study Manifest; R4)."""

from __future__ import annotations

import html
import uuid
from collections.abc import Iterable
from typing import Any

from labkit.exchange.manifests.fhir import names
from labkit.exchange.manifests.fhir.study import imaging_study
from labkit.exchange.manifests.fhir.values import (
    Json,
    Systems,
    absent,
    concept,
    identifier,
    moment,
    organization,
)
from labkit.exchange.manifests.model import Location, Manifest, Request
from labkit.fhir.mapping.transforms.people import human_names
from labkit.fhir.mapping.transforms.times import fhir_date

_SEX = {"M": "male", "F": "female", "O": "other"}


def to_fhir(manifest: Manifest, *, systems: Systems | None = None) -> Json:
    """Write a manifest as FHIR document Bundle.

    Parameters
    ----------
    systems
        FHIR systems of the site's own coding schemes, such as ``{"99LABKIT": "https://…"}``. A
        code of a scheme without one becomes words.

    Returns
    -------
    dict
        Composition, ImagingStudy, Patient, Device, Organization, an Endpoint for each place, and a
        ServiceRequest for each request. The same manifest gives the same document.

    See Also
    --------
    unsaid : what of a manifest the document cannot say.
    """
    return _Document(manifest, systems or {}).bundle()


class _Document:
    def __init__(self, manifest: Manifest, systems: Systems) -> None:
        self.said, self.systems = manifest, systems
        self.identifier = {"system": names.URI, "value": f"urn:oid:{manifest.uid}"}
        self.created = moment(manifest.created_date, manifest.created_time, manifest.timezone)

    def url(self, *parts: str) -> str:
        """Name a resource of this document, always the same."""
        return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, chr(10).join((self.said.uid, *parts)))}"

    def link(self, *parts: str) -> Json:
        return {"reference": self.url(*parts), "type": parts[0]}

    def bundle(self) -> Json:
        entries = [
            (self.url("Composition"), self.composition()),
            (self.url("ImagingStudy"), imaging_study(self.said, self.systems, self.link)),
            (self.url("Patient"), self.patient()),
            (self.url("Device"), self.device()),
            *self.institution(),
            *self.practitioner(),
            *((self.url("Endpoint", key(place)), self.endpoint(place))
              for place in self.said.locations if place.url or place.uid),
            *self.viewer(),
            *((self.url("ServiceRequest", str(number)), self.request(request))
              for number, request in enumerate(self.said.requests)),
        ]  # fmt: skip
        return {
            "resourceType": "Bundle",
            "meta": {"profile": [names.BUNDLE]},
            "identifier": self.identifier,
            "type": "document",
            **({"timestamp": self.created} if "T" in self.created else {}),
            "entry": [{"fullUrl": url, "resource": resource} for url, resource in entries],
        }

    def composition(self) -> Json:
        said = self.said
        title = f"Manifest of {said.study_description or 'an imaging study'}"
        return {
            "resourceType": "Composition",
            "text": _narrative([
                ("Study Instance UID", said.study_uid), ("Description", said.study_description),
                ("Modalities", ", ".join(said.modalities)), ("Series", str(len(said.series))),
                ("Accession numbers", ", ".join(a.value for a in said.accessions)),
            ]),
            "identifier": self.identifier,
            "status": "final",
            "type": {"coding": [names.IMAGING_STUDY]},
            "subject": self.link("Patient"),
            **({"date": self.created} if self.created else {"_date": absent()}),
            "author": [self.link("Device"),
                       *([self.link("Organization")] if said.institution else [])],
            "title": title,
            "event": [{"detail": [self.link("ImagingStudy")]}],
            "section": [{
                "title": f"Series {s.number if s.number is not None else s.uid}",
                "text": _narrative([("Series Instance UID", s.uid), ("Modality", s.modality),
                                    ("Description", s.description),
                                    ("Instances", str(len(s.instances)))]),
            } for s in said.series],
        }  # fmt: skip

    def patient(self) -> Json:
        who = self.said.patient
        # The first is the Patient ID, also among Other Patient IDs (MADO 6.X.2.5.1.1.2).
        every = dict.fromkeys(i for i in (who.id, *who.others) if i)
        identifiers: list[Json] = [
            {**({"use": "usual"} if i == who.id else {}), **identifier(i, "MR")} for i in every
        ]
        name = human_names(((who.name,),), None) if who.name else None
        found: dict[str, Any] = {
            "resourceType": "Patient",
            "identifier": identifiers,
            "name": name if isinstance(name, list) else [],
            "gender": _SEX.get(who.sex, ""),
            "birthDate": fhir_date(who.birth_date),
        }
        return {k: v for k, v in found.items() if v}

    def device(self) -> Json:
        made_by = {"manufacturer": self.said.manufacturer} if self.said.manufacturer else {}
        owner = {"owner": self.link("Organization")} if self.said.institution else {}
        return {"resourceType": "Device", **made_by, "type": {"coding": [names.DEVICE_TYPE]},
                **owner}  # fmt: skip

    def institution(self) -> Iterable[tuple[str, Json]]:
        if self.said.institution:
            yield self.url("Organization"), organization(self.said.institution)

    def practitioner(self) -> Iterable[tuple[str, Json]]:
        name = human_names(((self.said.referrer,),), None) if self.said.referrer else None
        if isinstance(name, list):
            yield self.url("Practitioner"), {"resourceType": "Practitioner", "name": name}

    def endpoint(self, place: Location) -> Json:
        extension = [{"url": names.LOCATION_UID, "valueString": place.uid}] if place.uid else []
        payload = {"coding": [{"system": names.PAYLOAD, "code": "none"}], "text": "DICOM WADO-RS"}
        return {
            "resourceType": "Endpoint",
            **({"extension": extension} if extension else {}),
            "status": "active",
            "connectionType": {"system": names.CONNECTION, "code": "dicom-wado-rs"},
            "payloadType": [payload],
            "payloadMimeType": ["application/dicom"],
            "address": place.url or names.NO_ADDRESS,
            **({} if place.url else {"_address": absent()}),
        }

    def viewer(self) -> Iterable[tuple[str, Json]]:
        if self.said.display_url:
            yield (
                self.url("Endpoint", "viewer"),
                {
                    "resourceType": "Endpoint",
                    "status": "active",
                    "connectionType": {"system": names.CONNECTION, "code": "ihe-iid"},
                    "payloadType": [{"coding": [{"system": names.PAYLOAD, "code": "none"}]}],
                    "payloadMimeType": ["text/html"],
                    "address": self.said.display_url,
                },
            )

    def request(self, request: Request) -> Json:
        accession = {"system": names.DCM, "code": "121022", "display": "Accession Number"}
        numbers = ((request.accession, "ACSN", accession), (request.placer, "PLAC", None),
                   (request.filler, "FILL", None))  # fmt: skip
        found = [identifier(number, kind, also) for number, kind, also in numbers if number]
        if request.procedure_id:
            found.append({"type": {"text": names.PROCEDURE_ID}, "value": request.procedure_id})
        coded = [c for code in request.codes for c in concept(code, self.systems).get("coding", [])]
        words = request.description or next((code.meaning for code in request.codes), "")
        code = {**({"coding": coded} if coded else {}), **({"text": words} if words else {})}
        return {
            "resourceType": "ServiceRequest",
            **({"identifier": found} if found else {}),
            "status": "completed",
            "intent": "order",
            **({"code": code} if code else {}),
            "subject": self.link("Patient"),
        }


def key(place: Location) -> str:
    """Tell places apart."""
    return f"{place.uid} {place.url}"


def _narrative(rows: list[tuple[str, str]]) -> Json:
    cells = "".join(
        f"<tr><td>{html.escape(name)}</td><td>{html.escape(value)}</td></tr>"
        for name, value in rows
        if value
    )
    div = f'<div xmlns="http://www.w3.org/1999/xhtml"><table><tbody>{cells}</tbody></table></div>'
    return {"status": "generated", "div": div}
