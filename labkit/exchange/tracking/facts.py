"""What counts of a resource or a copy, and what kind of change lies between two of its states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labkit.exchange.tracking.model import STUDY, Facts

TYPES = ("Patient", "ImagingStudy", "DocumentReference")
"""FHIR types that are followed; Patient, since merges are told there (R4 patient, Patient.link)."""
_URN_UID = "urn:dicom:uid"
_IDENTITY: Mapping[str, tuple[str, ...]] = {
    STUDY: ("patient", "PatientName", "PatientBirthDate", "PatientSex", "accession"),
    "Patient": ("identifiers", "name", "birthDate", "gender"),
    "ImagingStudy": ("patient", "study", "accession"),
    "DocumentReference": ("patient", "studies"),
}
PERSONAL = frozenset(
    {"PatientName", "PatientBirthDate", "PatientSex", "name", "birthDate", "gender"}
)
"""Facts that are compared, and of which an event says only that they differ."""
_NEW = {"DocumentReference": "published", "Patient": "registered"}
_END = ("cancelled", "entered-in-error")


def facts_of(resource: Mapping[str, Any]) -> Facts:
    """Return what counts of a resource of one of `TYPES`.

    A resource is a server's word, and it may be malformed: what cannot be read is left empty.
    """
    made = {
        "Patient": _patient, "ImagingStudy": _imaging_study, "DocumentReference": _document,
    }[str(resource.get("resourceType"))]  # fmt: skip
    return made(resource)


def kind_of(type_: str, before: Facts | None, after: Facts | None) -> str:
    """Name the change between two states; an archive's departure is `deleted` until more is known.

    Parameters
    ----------
    before, after
        ``None``: not there.
    """
    if after is None:
        return "deleted"
    status, was = after.get("status", ""), (before or {}).get("status", "")
    if type_ == "Patient" and after["replaced_by"] and not (before or {}).get("replaced_by"):
        return "merged"
    if status != was and status in _END:
        return "withdrawn"
    if status != was and status == "superseded":
        return "superseded"
    if before is None:
        return _NEW.get(type_, "arrived")
    if type_ == STUDY and set(after["notes"]) - set(before["notes"]):
        return "rejected"
    if any(before.get(name) != after.get(name) for name in _IDENTITY[type_]):
        return "corrected"
    if type_ == "Patient" and before["replaced_by"] and not after["replaced_by"]:
        return "corrected"  # a merge was undone
    return "changed"


def changes(before: Facts | None, after: Facts | None) -> dict[str, tuple[Any, Any]]:
    """Return what differs; nothing where it is new or gone."""
    if before is None or after is None:
        return {}
    found: dict[str, tuple[Any, Any]] = {}
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            pair = (before.get(name), after.get(name))
            found[name] = ("…", "…") if name in PERSONAL else pair
    return found


def _patient(resource: Mapping[str, Any]) -> Facts:
    links = _items(resource, "link")
    return {
        "identifiers": sorted(_token(each) for each in _items(resource, "identifier")),
        "name": [_name(each) for each in _items(resource, "name")],
        "birthDate": str(resource.get("birthDate", "")),
        "gender": str(resource.get("gender", "")),
        "active": resource.get("active") is not False,
        "replaced_by": _linked(links, "replaced-by"),
        "replaces": _linked(links, "replaces"),
    }


def _imaging_study(resource: Mapping[str, Any]) -> Facts:
    uid = next((u for u in map(_uid, _items(resource, "identifier")) if u), "")
    accessions = [
        str(each.get("value", ""))
        for each in _items(resource, "identifier")
        if "ACSN" in {str(c.get("code")) for c in _items(each.get("type") or {}, "coding")}
    ]
    return {
        "study": uid,
        "patient": _reference(resource.get("subject")),
        "status": str(resource.get("status", "")),
        "accession": next(iter(accessions), ""),
        "series": resource.get("numberOfSeries"),
        "instances": resource.get("numberOfInstances"),
        "endpoints": sorted(_reference(each) for each in _items(resource, "endpoint")),
    }


def _document(resource: Mapping[str, Any]) -> Facts:
    content = next(iter(_items(resource, "content")), {})
    attachment = content.get("attachment")
    attachment = attachment if isinstance(attachment, Mapping) else {}
    context = resource.get("context")
    related = _items(context if isinstance(context, Mapping) else {}, "related")
    uids = [_uid(each.get("identifier")) for each in related]
    form = content.get("format")
    return {
        "patient": _reference(resource.get("subject")),
        "studies": [uid for uid in uids if uid],
        "status": str(resource.get("status", "")),
        "title": str(attachment.get("title") or resource.get("description") or ""),
        "format": str(form.get("code", "")) if isinstance(form, Mapping) else "",
        "content_type": str(attachment.get("contentType", "")),
        "url": str(attachment.get("url", "")),
        "replaces": sorted(
            _reference(each.get("target")) for each in _items(resource, "relatesTo")
            if each.get("code") == "replaces"
        ),
    }  # fmt: skip


def _items(resource: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = resource.get(name)
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _token(identifier: Mapping[str, Any]) -> str:
    return f"{identifier.get('system', '')}|{identifier.get('value', '')}"


def _uid(identifier: object) -> str:
    """Return a UID that an Identifier has (R4 imagingstudy, Notes; ``urn:oid:`` as MHD has it)."""
    if not isinstance(identifier, Mapping):
        return ""
    value = str(identifier.get("value", ""))
    if identifier.get("system") not in (_URN_UID, "urn:ietf:rfc:3986"):
        return ""
    uid = value.removeprefix("urn:oid:")
    return uid if uid and set(uid) <= set("0123456789.") else ""


def _reference(value: object) -> str:
    """Return a literal reference without its base, or the token of a logical one."""
    if not isinstance(value, Mapping):
        return ""
    said = str(value.get("reference", ""))
    if said:
        return "/".join(said.split("/_history")[0].split("/")[-2:])
    identifier = value.get("identifier")
    return _token(identifier) if isinstance(identifier, Mapping) else ""


def _name(name: Mapping[str, Any]) -> str:
    given = name.get("given")
    parts = [str(name.get("family", "")), *map(str, given if isinstance(given, list) else [])]
    return " ".join(filter(None, parts)) or str(name.get("text", ""))


def _linked(links: list[Mapping[str, Any]], kind: str) -> list[str]:
    return sorted(_reference(each.get("other")) for each in links if each.get("type") == kind)
