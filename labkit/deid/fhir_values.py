"""Values of FHIR R4: codes, dates, identifiers, and what they look like."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from labkit.deid.dates import moved as moved_date

#: Elements whose value is a code of the specification itself.
CODES = frozenset({
    "status", "intent", "priority", "use", "type", "mode", "comparator", "resourceType", "class",
    "unit", "code", "system", "docStatus", "contentType",
})  # fmt: skip
#: Free text that Clean Descriptors keeps safe words of.
TEXTS = frozenset({"description", "conclusion", "text", "title", "comment", "valueString"})
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9./+{}\[\]%^*-]{0,31}|%|\{[a-zA-Z]+\}")
_UID = re.compile(r"(urn:oid:)?[0-2](\.(0|[1-9][0-9]*)){3,}")
_DATE = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?(T[0-9:.]+(?:Z|[+-]\d{2}:\d{2})?)?")
_YEAR = re.compile(r"\d{4}")
_DATE_KEY = re.compile(r"(date|time|start|end|started|issued|authoredOn|recorded|created|instant)$",
                       re.IGNORECASE)  # fmt: skip
_PUBLIC = (
    "http://snomed.info/sct", "http://loinc.org", "http://dicom.nema.org/", "http://hl7.org/fhir/",
    "http://terminology.hl7.org/", "http://unitsofmeasure.org", "http://radlex.org",
    "http://www.nlm.nih.gov/research/umls/rxnorm", "http://hl7.org/fhir/sid/icd-", "urn:ietf:",
)  # fmt: skip


def looks_like_code(text: str) -> bool:
    """Say whether a text can be a code: one word, no number of its own."""
    return bool(_CODE.fullmatch(text)) or text.startswith(_PUBLIC)


def looks_like_uid(text: str) -> bool:
    """Say whether a text is a UID, bare or as a URN."""
    return bool(_UID.fullmatch(text))


def looks_like_date(key: str, text: str) -> bool:
    """Say whether a text is a FHIR date, dateTime or instant; a bare year by its element's name."""
    return bool(_DATE.fullmatch(text) or (_YEAR.fullmatch(text) and _DATE_KEY.search(key)))


def moved(text: str, days: int) -> str | None:
    """Move a date by whole days, as precise as it was; ``None`` where there is no such date."""
    match = _DATE.fullmatch(text)
    if match is None:
        new = moved_date(int(text), 7, 1, days)
        return f"{new.year:04d}" if new else None
    new = moved_date(int(match[1]), int(match[2]), int(match[3] or 1), days)
    if new is None:
        return None
    return (new.isoformat() if match[3] else new.isoformat()[:7]) + (match[4] or "")


def coding(node: dict[str, Any]) -> dict[str, Any] | None:
    """Keep a Coding of a public code system, without its display; others name their site."""
    system, code = str(node.get("system", "")), str(node.get("code", ""))
    if not system.startswith(_PUBLIC) or not code or len(code) > 80 or " " in code:
        return None
    return {"system": system, "code": code}


def media_type(text: Any) -> str:
    """Keep a media type without its parameters."""
    kept = str(text or "").split(";")[0].strip()
    return kept if re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", kept) else "application/octet-stream"


def patient_id(patient: dict[str, Any], known: Collection[str]) -> str:
    """Say which DICOM Patient ID a Patient has.

    Its identifier that a DICOM object had too; else the one of type MR; else the first.
    """
    identifiers = [i for i in patient.get("identifier") or [] if i.get("value")]
    for identifier in identifiers:
        if str(identifier["value"]).strip() in known:
            return str(identifier["value"]).strip()
    for identifier in identifiers:
        for one in (identifier.get("type") or {}).get("coding") or []:
            if one.get("code") == "MR":
                return str(identifier["value"]).strip()
    return str(identifiers[0]["value"]).strip() if identifiers else str(patient.get("id", ""))
