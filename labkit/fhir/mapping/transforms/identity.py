"""Identifiers: a value, who issued it, and what kind it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydicom.dataset import Dataset

from labkit.fhir.mapping.elements import Field
from labkit.fhir.mapping.links import Context, Copy, Link
from labkit.fhir.mapping.trail import Omit
from labkit.fhir.mapping.transforms.plain import clean, is_uid

V2_0203 = "http://terminology.hl7.org/CodeSystem/v2-0203"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


def study_uid_identifier(fields: Sequence[Field], ctx: Context) -> dict[str, Any] | Omit:
    """Return the Study Instance UID as identifier (R4 imagingstudy.html#notes).

    ``urn:dicom:uid`` says what it is, ``urn:oid:`` makes the UID a URI.
    """
    text = _first(fields, 0)
    if not is_uid(text):
        return Omit("invalid", f"{text!r} is no UID (PS3.5 9.1)")
    return {"system": "urn:dicom:uid", "value": f"urn:oid:{text}"}


def study_id_identifier(fields: Sequence[Field], ctx: Context) -> dict[str, Any] | Omit:
    """Return the Study ID (0020,0010): unique in its department at best, so without a system."""
    text = clean(_first(fields, 0))
    return {"type": {"text": "Study ID"}, "value": text} if text else Omit("empty-type-2")


def accession_identifier(fields: Sequence[Field], ctx: Context) -> dict[str, Any] | Omit:
    """Return the Accession Number (0008,0050) with its issuer (0008,0051), type ACSN."""
    text = clean(_first(fields, 0))
    if not text:
        return Omit("empty-type-2")
    return typed("ACSN", text, issuer(_item(fields, 1), "", ctx))


def placer_identifier(fields: Sequence[Field], ctx: Context) -> dict[str, Any] | Omit:
    """Return the Placer Order Number (0040,2016) with its issuer (0040,0026), type PLAC."""
    text = clean(_first(fields, 0))
    return typed("PLAC", text, issuer(_item(fields, 1), "", ctx)) if text else Omit("empty-type-2")


def patient_identifier(fields: Sequence[Field], ctx: Context) -> dict[str, Any] | Omit:
    """Return the Patient ID (0010,0020) of its issuer: (0010,0024), (0010,0021) or the site's."""
    text = clean(_first(fields, 0))
    if not text:
        return Omit("empty-type-2")
    return typed("MR", text, issuer(_item(fields, 2), clean(_first(fields, 1)), ctx))


def other_patient_ids(fields: Sequence[Field], ctx: Context) -> list[dict[str, Any]]:
    """Return each Other Patient ID (0010,1002) with the issuer of its own item."""
    found = []
    for item in fields[0] or ():
        text = clean(str(item.get("PatientID") or ""))
        if text:
            by = issuer(
                _first_item(item, "IssuerOfPatientIDQualifiersSequence"),
                clean(str(item.get("IssuerOfPatientID") or "")), ctx,
            )  # fmt: skip
            found.append({k: v for k, v in {**by, "value": text}.items() if v})
    return found


def patient_link(fields: Sequence[Field], ctx: Context) -> Link | Omit:
    """Refer to the patient, by Patient ID and its issuer.

    One ID at two issuers is two patients (PS3.3 C.7.1.1). Where nobody says who issued it, two
    studies with the same ID may be of two people: each has a Patient of its own.
    """
    identifier = patient_identifier(fields, ctx)
    if isinstance(identifier, Omit):
        return identifier
    value = identifier["value"]
    owner = identifier.get("system") or identifier.get("assigner", {}).get("display", "")
    key = f"{owner}|{value}" if owner else f"{ctx.study_uid}|{value}"
    return Link("Patient", key, identifier, display=person_name(_first(fields, 3)))


def patient_display(fields: Sequence[Field], ctx: Context) -> dict[str, str] | Omit:
    """Name the patient in words where no ID tells which one it is."""
    text = person_name(_first(fields, 0))
    return {"display": text} if text else Omit("empty-type-2")


def location(fields: Sequence[Field], ctx: Context) -> Link | Omit:
    """Refer to where it was done: what the site file knows of the station, else words."""
    words = ", ".join(text for n in range(1, len(fields)) if (text := _text(fields, n)))
    station = _text(fields, 0)
    known = ctx.site.ae.get(station, {})
    if known.get("location"):
        return Link("Location", display=known.get("display", ""), reference=known["location"])
    return Link("Location", display=words) if words else Omit("absent")


def location_words(fields: Sequence[Field], ctx: Context) -> Link | Omit:
    """Name the place in words: DICOM has no identifier of a place."""
    words = ", ".join(text for n in range(len(fields)) if (text := _text(fields, n)))
    return Link("Location", display=words) if words else Omit("empty-type-2")


def endpoint_link(fields: Sequence[Field], ctx: Context) -> Link | Omit:
    """Refer to the DICOMweb service that the caller or the site file names."""
    if not ctx.endpoint:
        return Omit("absent", "no DICOMweb base is given: endpoint=, or dicomweb of the site file")
    return Link("Endpoint", ctx.endpoint, display="DICOMweb")


def endpoint_address(fields: Sequence[Field], ctx: Context) -> str:
    """Return the service base of DICOMweb (R4 endpoint: never with ``/studies``)."""
    return ctx.endpoint


def copy_subject(fields: Sequence[Field], ctx: Context) -> Copy:
    """Refer to the same subject as the ImagingStudy."""
    return Copy("subject")


def copy_based_on(fields: Sequence[Field], ctx: Context) -> Copy:
    """Refer to the same orders as the ImagingStudy."""
    return Copy("basedOn")


def study_reference(fields: Sequence[Field], ctx: Context) -> dict[str, str]:
    """Refer to the ImagingStudy of the same study."""
    return ctx.study()


def typed(code: str, value: str, by: dict[str, Any]) -> dict[str, Any]:
    """Make an Identifier with a type of HL7 v2 table 0203."""
    return {"type": {"coding": [{"system": V2_0203, "code": code}]}, **by, "value": value}


def issuer(item: Dataset | None, name: str, ctx: Context) -> dict[str, Any]:
    """Return ``system`` and ``assigner`` of an identifier, as far as they are known.

    `item` is one of an HL7v2 Hierarchic Designator Macro (PS3.3 Table 10-17): Universal Entity ID
    (0040,0032) with its type (0040,0033), Local Namespace Entity ID (0040,0031).
    """
    local = name
    if item is not None:
        system = universal(
            str(item.get("UniversalEntityID") or ""), str(item.get("UniversalEntityIDType") or "")
        )
        local = clean(str(item.get("LocalNamespaceEntityID") or "")) or name
        if system:
            return {"system": system, **_assigner(local, ctx)}
    system = ctx.site.issuer.get(local, "") if local else ctx.site.issuer.get("default", "")
    return {**({"system": system} if system else {}), **_assigner(local, ctx)}


def universal(value: str, kind: str) -> str:
    """Turn a Universal Entity ID into a URI; types that are none (DNS, X400 …) give ``""``."""
    value = value.strip()
    if kind == "ISO" and is_uid(value):
        return f"urn:oid:{value}"
    if kind == "UUID" and _UUID.fullmatch(value.lower()):
        return f"urn:uuid:{value.lower()}"
    return value if kind == "URI" and _URI.fullmatch(value) else ""


def _assigner(local: str, ctx: Context) -> dict[str, Any]:
    if not local:
        return {}
    known = ctx.site.organization.get(local)
    return {"assigner": {**({"reference": known} if known else {}), "display": local}}


def person_name(text: str) -> str:
    """Write a PN for people: ``Dr Anna Maria Rossi`` (PS3.5 6.2.1.2: the first group)."""
    for group in text.split("="):
        family, given, middle, prefix, suffix = [*group.split("^"), "", "", "", "", ""][:5]
        words = clean(" ".join(w.strip() for w in (prefix, given, middle, family) if w.strip()))
        if words:
            return f"{words}, {suffix.strip()}" if suffix.strip() else words
    return ""


def _text(fields: Sequence[Field], number: int) -> str:
    return clean(_first(fields, number))


def _first(fields: Sequence[Field], number: int) -> str:
    field = fields[number] if number < len(fields) else None
    return str(field[0]) if field else ""


def _item(fields: Sequence[Field], number: int) -> Dataset | None:
    field = fields[number] if number < len(fields) else None
    return field[0] if field and isinstance(field[0], Dataset) else None


def _first_item(item: Dataset, keyword: str) -> Dataset | None:
    found = item.get(keyword)
    return found[0] if found else None


def why_no_issuer(fields: Sequence[Field], ctx: Context) -> Omit | None:
    """Say why an identifier has no system, or return ``None`` where it has one."""
    if len(fields) > 2:
        name, by = clean(_first(fields, 1)), issuer(_item(fields, 2), clean(_first(fields, 1)), ctx)
    else:
        name, by = "", issuer(_item(fields, 1), "", ctx)
    if by.get("system"):
        return None
    name = name or by.get("assigner", {}).get("display", "")
    who = f"the issuer {name!r} has no system in the site file" if name else "nobody is named"
    return Omit("no-issuer", f"{who}: the identifier is unique only where it was issued")


#: Transforms that may leave part of a value out → the function that says why.
PARTIAL = {"accession_identifier": why_no_issuer, "patient_identifier": why_no_issuer}

TRANSFORMS = (
    study_uid_identifier, study_id_identifier, accession_identifier, patient_identifier,
    other_patient_ids, placer_identifier, patient_link, patient_display,
    location, location_words, endpoint_link, endpoint_address, copy_subject, copy_based_on,
    study_reference,
)  # fmt: skip
