"""Values between DICOM and FHIR, both ways."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from labkit.exchange.manifests.fhir.names import ABSENT, V2_0203
from labkit.exchange.manifests.model import Issued
from labkit.exchange.manifests.terms import Code
from labkit.fhir.mapping.transforms.codes import SYSTEMS
from labkit.fhir.mapping.transforms.identity import universal
from labkit.fhir.mapping.transforms.times import fhir_date, with_time

Json = dict[str, Any]
Systems = Mapping[str, str]
"""Coding Scheme Designator → FHIR system, of schemes that HL7 has none for."""

_MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d))?"
)


def moment(date: str, time: str, zone: str) -> str:
    """Write DA, TM and an offset as dateTime: the date alone where there is no zone."""
    day = fhir_date(date)
    return with_time(day, time, zone, None) if day and time and zone else day  # type: ignore[arg-type]


def parted(text: str, zone: str = "") -> tuple[str, str, str]:
    """Read a dateTime as DA, TM and offset.

    Parameters
    ----------
    zone
        The offset that the answer is to be in, such as ``+0100``; the text's own by default.

    Returns
    -------
    tuple of str
        Each ``""`` as far as the text does not say it, or is no day and time with a zone.
    """
    found = _MOMENT.fullmatch(str(text))
    if not found:
        return "", "", ""
    date = "".join(found.group(1, 2, 3))
    if found[4] is None:
        return date, "", ""
    own = "+0000" if found[8] == "Z" else found[8].replace(":", "")
    fraction = found[7] or ""
    if zone and zone != own:
        at = datetime.strptime(f"{date}{found[4]}{found[5]}{found[6]}{own}", "%Y%m%d%H%M%S%z")
        return *_local(at, zone, fraction), zone
    return date, f"{found[4]}{found[5]}{found[6]}{fraction}", own


def _local(at: datetime, zone: str, fraction: str) -> tuple[str, str]:
    sign = -1 if zone[0] == "-" else 1
    offset = sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
    there = at.astimezone(timezone(offset))
    return there.strftime("%Y%m%d"), there.strftime("%H%M%S") + fraction


def coding(code: Code, systems: Systems) -> Json:
    """Write a code as Coding; one whose scheme has no system is words alone."""
    system = systems.get(code.scheme_designator) or SYSTEMS.get(code.scheme_designator, "")
    found = {"system": system, "code": code.value if system else "", "display": code.meaning}
    return {k: v for k, v in found.items() if v}


def concept(code: Code, systems: Systems) -> Json:
    """Write a code as CodeableConcept; without a system it is ``text``."""
    found = coding(code, systems)
    return {"coding": [found]} if "system" in found else {"text": code.meaning or code.value}


def code_of(found: Any, systems: Systems) -> Code | None:
    """Read a Coding; a system that has no Coding Scheme Designator here leaves words."""
    if not isinstance(found, dict):
        return None
    names = {system: scheme for scheme, system in {**SYSTEMS, **systems}.items()}
    words = str(found.get("display") or "")
    scheme = names.get(str(found.get("system") or ""), "")
    if scheme and found.get("code"):
        return Code(str(found["code"]), scheme, words or str(found["code"]))
    words = words or str(found.get("code") or "")
    return Code(words, "", words) if words else None


def code_of_concept(found: Any, systems: Systems) -> Code | None:
    """Read a CodeableConcept: its first Coding that is understood, else its words."""
    if not isinstance(found, dict):
        return None
    codes = [code_of(c, systems) for c in found.get("coding") or ()]
    known = [c for c in codes if c and c.scheme_designator]
    words = str(found.get("text") or "")
    if known:
        return known[0]
    return Code(words, "", words) if words else next((c for c in codes if c), None)


def identifier(issued: Issued, kind: str = "", also: Json | None = None) -> Json:
    """Write an identifier with its issuer; `kind` is of HL7 v2 table 0203."""
    system = universal(issued.authority, issued.kind)
    coded = [*([also] if also else []), *([{"system": V2_0203, "code": kind}] if kind else [])]
    return {
        **({"type": {"coding": coded}} if coded else {}),
        **({"system": system} if system else {}),
        "value": issued.value,
        **({"assigner": {"display": issued.name}} if issued.name else {}),
    }


def issued_of(found: Any) -> Issued | None:
    """Read an Identifier."""
    if not isinstance(found, dict) or not found.get("value"):
        return None
    system = str(found.get("system") or "")
    name = str((found.get("assigner") or {}).get("display") or "")
    for prefix, kind in (("urn:oid:", "ISO"), ("urn:uuid:", "UUID")):
        if system.startswith(prefix):
            return Issued(str(found["value"]), system.removeprefix(prefix), kind, name)
    return Issued(str(found["value"]), system, "URI" if system else "ISO", name)


def typed(resource: Json, kind: str) -> Json | None:
    """Return the identifier of a resource that has this type, a code or words."""
    for found in resource.get("identifier") or ():
        said = found.get("type") or {}
        if said.get("text") == kind or any(c.get("code") == kind for c in said.get("coding") or ()):
            return dict(found)
    return None


def organization(xon: str) -> Json:
    """Write an Institution Name, which may be an XON, as Organization.

    XON.10 is the identifier; where XON.6 names no authority it is an OID by itself (ITI TF-3
    4.2.3.1.7).
    """
    parts = [*xon.split("^"), *[""] * 10][:10]
    authority = parts[5].split("&")
    by = authority[1] if len(authority) > 1 else ""
    found: Json = {"resourceType": "Organization", "name": parts[0]}
    if parts[9] and by:
        found["identifier"] = [{"system": f"urn:oid:{by}", "value": parts[9]}]
    elif parts[9]:
        found["identifier"] = [{"system": "urn:ietf:rfc:3986", "value": f"urn:oid:{parts[9]}"}]
    return {k: v for k, v in found.items() if v}


def xon(found: Json) -> str:
    """Read an Organization as XON, or as its name where it has no OID."""
    name = str(found.get("name") or "")
    for each in found.get("identifier") or ():
        system, value = str(each.get("system") or ""), str(each.get("value") or "")
        if value.startswith("urn:oid:"):
            return f"{name}^^^^^^^^^{value.removeprefix('urn:oid:')}"
        if system.startswith("urn:oid:"):
            return f"{name}^^^^^&{system.removeprefix('urn:oid:')}&ISO^^^^{value}"
    return name


def person(names: Any) -> str:
    """Read HumanNames as PN: a component group each, by the extension of ISO 21090."""
    groups = {"ABC": "", "IDE": "", "SYL": ""}
    for name in names or ():
        code = next((str(e.get("valueCode")) for e in name.get("extension") or ()
                     if "valueCode" in e), "ABC")  # fmt: skip
        given = [str(g) for g in name.get("given") or ()]
        parts = [
            str(name.get("family") or ""), given[0] if given else "", " ".join(given[1:]),
            " ".join(name.get("prefix") or ()), " ".join(name.get("suffix") or ()),
        ]  # fmt: skip
        text = "^".join(parts).rstrip("^") or str(name.get("text") or "")
        if code in groups and not groups[code]:
            groups[code] = text
    return "=".join(groups.values()).rstrip("=")


def absent(reason: str = "unknown") -> Json:
    """Say that there is no value, and why."""
    return {"extension": [{"url": ABSENT, "valueCode": reason}]}
