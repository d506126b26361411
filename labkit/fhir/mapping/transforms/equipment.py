"""The equipment, and the service that gives its images out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from labkit.fhir.mapping.elements import Field
from labkit.fhir.mapping.links import Context, Link
from labkit.fhir.mapping.trail import Omit
from labkit.fhir.mapping.transforms.identity import study_uid_identifier, typed
from labkit.fhir.mapping.transforms.plain import clean, is_uid

_CONNECTION = "http://terminology.hl7.org/CodeSystem/endpoint-connection-type"
_PAYLOAD = "http://terminology.hl7.org/CodeSystem/endpoint-payload-type"


def device_link(fields: Sequence[Field], ctx: Context) -> dict[str, Any] | Omit:
    """Refer to the equipment (PS3.3 C.7.5.1) as performer of the series.

    Manufacturer and serial number identify it, as does a Device UID; a site file may know it by
    Station Name. A maker and a model alone are a kind of device, and stay words.
    """
    maker, model, serial, station, uid = (_text(fields, n) for n in range(5))
    known = ctx.site.ae.get(station, {}).get("device", "") if station else ""
    words = ctx.site.ae.get(station, {}).get("display", "") or " ".join(
        part for part in (maker, model, station) if part
    )
    if not words and not serial and not uid and not known:
        return Omit("empty-type-2")
    key, identifier = "", {}
    if uid and is_uid(uid):
        key, identifier = f"urn:oid:{uid}", {"system": "urn:dicom:uid", "value": f"urn:oid:{uid}"}
    elif maker and serial:
        key, identifier = f"{maker}|{model}|{serial}", typed("SNO", serial, {})
    return {"actor": Link("Device", key, identifier, display=words, reference=known)}


def device_serial(fields: Sequence[Field], ctx: Context) -> dict[str, Any] | Omit:
    """Return the Device Serial Number (0018,1000) as identifier."""
    text = clean(_first(fields, 0))
    return typed("SNO", text, {}) if text else Omit("empty-type-2")


def device_uid(fields: Sequence[Field], ctx: Context) -> dict[str, Any] | Omit:
    """Return the Device UID (0018,1002) as identifier."""
    return study_uid_identifier(fields, ctx)


def device_name(fields: Sequence[Field], ctx: Context) -> list[dict[str, str]]:
    """Return each Station Name (0008,1010) as the name that its users call it by."""
    element = "name" if ctx.fhir == "R4" else "value"
    texts = dict.fromkeys(clean(str(v)) for v in fields[0] or ())
    return [{element: text, "type": "user-friendly-name"} for text in texts if text]


def connection_type(fields: Sequence[Field], ctx: Any) -> dict[str, str]:
    """Return a constant of the table as Coding of endpoint-connection-type."""
    return {"system": _CONNECTION, "code": str((fields[0] or ("",))[0])}


def payload_type(fields: Sequence[Field], ctx: Any) -> dict[str, Any]:
    """Return a constant of the table as CodeableConcept of endpoint-payload-type."""
    coding = {"system": _PAYLOAD, "code": str((fields[0] or ("",))[0])}
    return {"coding": [coding], "text": "DICOM"}


def _text(fields: Sequence[Field], number: int) -> str:
    field = fields[number] if number < len(fields) else None
    return clean(str(field[0])) if field else ""


def _first(fields: Sequence[Field], number: int) -> str:
    field = fields[number] if number < len(fields) else None
    return str(field[0]) if field else ""


TRANSFORMS = (
    device_link, device_serial, device_uid, device_name, connection_type, payload_type,
)  # fmt: skip
