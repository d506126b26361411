"""Imaging manifests as documents: what RAD's profiles say of a KOS that is shared.

XDS-I.b (RAD TF-2 4.68.4.1.2) and MADO (RAD.MADO 1.1) name format, media type, uniqueId, events
and the related study.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from pydicom.uid import KeyObjectSelectionDocumentStorage

from labkit.common.errors import DataError
from labkit.exchange.manifests import Issued, Manifest, read
from labkit.exchange.mhd.model import Code, Document
from labkit.fhir.canonical import dumps

DICOM = "application/dicom"
FHIR_JSON = "application/fhir+json"
_DCM = "http://dicom.nema.org/resources/ontology/DCM"
_ID_TYPES = "http://terminology.hl7.org/CodeSystem/v2-0203"
KOS = Code(
    "http://dicom.nema.org/resources/ontology/DCMUID",
    KeyObjectSelectionDocumentStorage,
    "Key Object Selection Document",
)
"""Format of a manifest that is a KOS."""
FHIR_MANIFEST = Code(
    "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode",
    "urn:ihe:rad:MADO:fhir-manifest:2026",
)
"""Format of a manifest that is a FHIR document (MADO 1.1, trial)."""
IMAGING_STUDY = Code("http://loinc.org", "18748-4", "Diagnostic imaging study")
RADIOLOGY = Code("http://loinc.org", "18726-0", "Radiology studies (set)")


def manifest_document(kos: bytes, *, modalities: Sequence[str] = ()) -> Document:
    """Make a document of a KOS manifest in a Part 10 file.

    Parameters
    ----------
    kos
        The file, byte for byte as it is to be shared.
    modalities
        Modalities of the images (CID 29). A manifest of XDS-I.b has no place for them; ones that
        say them (MADO) need none here.

    Raises
    ------
    DataError
        It is no manifest.
    """
    manifest = read(kos)
    return Document(kos, DICOM, manifest.uid, format=KOS, **_said(manifest, modalities))


def fhir_manifest_document(
    bundle: Mapping[str, Any], manifest: Manifest, *, transforms: str = "", unique_id: str = ""
) -> Document:
    """Make a document of a manifest that is a FHIR document Bundle.

    Parameters
    ----------
    bundle
        Of type document.
    manifest
        What it says.
    transforms
        Reference of the DocumentReference of the same manifest as KOS, or ``""``.
    unique_id
        OID of this document; one made of ``Bundle.identifier`` where it is not given. That
        identifier itself is the SOP Instance UID of the KOS (MADO), and one uniqueId for two
        documents a registry refuses (ITI TF-3 4.2.4.1, XDSNonIdenticalHash).

    Raises
    ------
    DataError
        The Bundle is no document, or has no identifier.
    """
    named = str(bundle.get("identifier", {}).get("value", ""))
    if bundle.get("type") != "document" or not named:
        raise DataError(
            "This Bundle is no FHIR document with an identifier.",
            remedy="A document is immutable and named: Bundle.type document, Bundle.identifier.",
        )
    own = unique_id or f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, f'{named} {FHIR_JSON}').int}"
    content = dumps(dict(bundle)).encode("utf-8")
    relates = (("transforms", transforms),) if transforms else ()
    said = _said(manifest, manifest.modalities)
    return Document(content, FHIR_JSON, own, format=FHIR_MANIFEST, relates=relates, **said)


def _said(manifest: Manifest, modalities: Sequence[str]) -> dict[str, Any]:
    names = sorted(set(modalities) or set(manifest.modalities))
    started = _date_time(manifest.study_date, manifest.study_time, manifest.timezone)
    return {
        "title": manifest.study_description or manifest.title.meaning,
        "description": manifest.description,
        "creation": _date_time(manifest.created_date, manifest.created_time, manifest.timezone),
        "type": IMAGING_STUDY,
        "category": RADIOLOGY,
        "events": tuple(Code(_DCM, name) for name in names),
        "period": (started, ""),
        "related": (
            _study(manifest.study_uid),
            *(_accession(issued) for issued in manifest.accessions),
        ),
    }


def _study(uid: str) -> dict[str, Any]:
    kind = {"coding": [{"system": _DCM, "code": "110180", "display": "Study Instance UID"}]}
    return {"type": kind, "system": "urn:dicom:uid", "value": f"urn:oid:{uid}"}


def _accession(issued: Issued) -> dict[str, Any]:
    kind = {"coding": [{"system": _ID_TYPES, "code": "ACSN"}]}
    system = {"system": f"urn:oid:{issued.authority}"} if issued.authority else {}
    return {"type": kind, **system, "value": issued.value}


def _date_time(date: str, time: str, zone: str) -> str:
    """Write DA and TM as FHIR dateTime; a time needs its zone there."""
    if len(date) != 8:
        return ""
    day = f"{date[:4]}-{date[4:6]}-{date[6:]}"
    if len(time) < 6 or len(zone) != 5:
        return day
    return f"{day}T{time[:2]}:{time[2:4]}:{time[4:6]}{zone[:3]}:{zone[3:]}"
