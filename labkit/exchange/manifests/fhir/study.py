"""The ImagingStudy of a FHIR manifest (MadoImagingStudy; R4 imagingstudy)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from labkit.exchange.manifests.fhir import names
from labkit.exchange.manifests.fhir.values import (
    Json,
    Systems,
    absent,
    coding,
    concept,
    identifier,
    moment,
)
from labkit.exchange.manifests.model import Instance, Manifest, Series
from labkit.fhir.mapping.transforms.codes import sop_class, table

Link = Callable[..., Json]


def imaging_study(said: Manifest, systems: Systems, link: Link) -> Json:
    """Write the study, its series and its instances."""
    study_uid = {"system": names.DCM, "code": "110180", "display": "Study Instance UID"}
    identifiers: list[Json] = [{
        "type": {"coding": [study_uid]}, "system": names.DICOM_UID,
        "value": f"urn:oid:{said.study_uid}",
    }]  # fmt: skip
    if said.study_id:
        identifiers.append({"type": {"text": names.STUDY_ID}, "value": said.study_id})
    procedures = [concept(code, systems) for code in said.procedures]
    if not procedures and said.study_description:  # mado-reqproc-1: something to show
        procedures = [{"text": said.study_description}]
    found: dict[str, Any] = {
        "resourceType": "ImagingStudy",
        "extension": [{"url": names.REGION, "valueCodeableConcept": concept(region, systems)}
                      for region in said.regions],
        "identifier": identifiers,
        "status": "available",
        "modality": [_modality(code) for code in said.modalities],
        "subject": link("Patient"),
        "started": moment(said.study_date, said.study_time, said.timezone),
        "basedOn": _orders(said, link),
        "referrer": link("Practitioner") if said.referrer else None,
        "endpoint": [link("Endpoint", "viewer")] if said.display_url else [],
        "numberOfSeries": len(said.series),
        "numberOfInstances": len(said.instance_uids),
        "procedureCode": procedures,
        "description": said.study_description,
        "series": [_series(series, said, systems, link) for series in said.series],
    }  # fmt: skip
    return {k: v for k, v in found.items() if v not in ("", None, [])}


def _orders(said: Manifest, link: Link) -> list[Json]:
    """Refer to each request, by its accession number too; to an accession number alone at least."""
    also = {"system": names.DCM, "code": "121022", "display": "Accession Number"}
    found = []
    for number, request in enumerate(said.requests):
        by = (
            {"identifier": identifier(request.accession, "ACSN", also)} if request.accession else {}
        )
        found.append({**link("ServiceRequest", str(number)), **by})
    alone = [a for a in said.accessions if all(r.accession != a for r in said.requests)]
    for accession in alone:
        found.append({"type": "ServiceRequest", "identifier": identifier(accession, "ACSN", also)})
    return found


def _series(series: Series, said: Manifest, systems: Systems, link: Link) -> Json:
    place = series.location
    there = bool(place.url or place.uid)
    found: dict[str, Any] = {
        "uid": series.uid,
        "number": series.number,
        "modality": _modality(series.modality) if series.modality else absent(),
        "description": series.description,
        "numberOfInstances": len(series.instances),
        "endpoint": [link("Endpoint", f"{place.uid} {place.url}")] if there else [],
        "bodySite": coding(series.region, systems) if series.region else None,
        "laterality": coding(series.laterality, systems) if series.laterality else None,
        "started": moment(series.date, series.time, said.timezone),
        "instance": [_instance(instance, systems) for instance in series.instances],
    }
    return {k: v for k, v in found.items() if v not in ("", None, [])}


def _instance(instance: Instance, systems: Systems) -> Json:
    extension: list[Json] = []
    if instance.frames is not None:
        extension.append({"url": names.FRAMES, "valueInteger": instance.frames})
    if instance.document_title:
        extension.append(
            {
                "url": names.DOCUMENT_TITLE,
                "valueCodeableConcept": concept(instance.document_title, systems),
            }
        )
    kind = sop_class(((instance.sop_class,),), None)
    found: dict[str, Any] = {
        "extension": extension,
        "uid": instance.uid,
        "sopClass": kind if isinstance(kind, dict) else absent(),
        "number": instance.number,
        "title": instance.description,
    }
    return {k: v for k, v in found.items() if v not in ("", None, [])}


def _modality(code: str) -> Json:
    meaning = table("modalities").get(code, {}).get("meaning", "")
    return {"system": names.DCM, "code": code, **({"display": meaning} if meaning else {})}
