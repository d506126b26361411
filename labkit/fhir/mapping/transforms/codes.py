"""Codes: modality, SOP class, code sequences, and which system a designator stands for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import UID

from labkit.fhir.mapping.elements import Field
from labkit.fhir.mapping.links import Context
from labkit.fhir.mapping.trail import Omit
from labkit.fhir.mapping.transforms.plain import clean, is_code, is_uid

DCM = "http://dicom.nema.org/resources/ontology/DCM"
SNOMED = "http://snomed.info/sct"
#: Coding schemes whose FHIR system is fixed by HL7 (R4 terminologies-systems). SRT and SNM3 are
#: SNOMED's older codes (PS3.16 8.1): translated, not relabelled.
SYSTEMS = {
    "DCM": DCM,
    "SCT": SNOMED,
    "LN": "http://loinc.org",
    "UCUM": "http://unitsofmeasure.org",
    "RADLEX": "http://www.radlex.org",
    "I10": "http://hl7.org/fhir/sid/icd-10",
}
_RETIRED = ("SRT", "SNM3", "99SDM")


@lru_cache(maxsize=8)
def table(name: str) -> Mapping[str, Any]:
    """Return the rows of a generated table, see ``tables/README.md``."""
    text = (files("labkit.fhir.mapping") / "tables" / f"{name}.json").read_text("utf-8")
    rows: dict[str, Any] = json.loads(text)["rows"]
    return rows


def modality(fields: Sequence[Field], ctx: Context) -> dict[str, str] | Omit:
    """Return a modality as Coding of DCM; a code that PS3.16 CID 33 lacks keeps no display."""
    text = str((fields[0] or ("",))[0])
    if not is_code(text):
        return Omit("invalid", f"{text!r} is no code string (PS3.5 6.2, CS)")
    meaning = table("modalities").get(text, {}).get("meaning")
    return {"system": DCM, "code": text, **({"display": meaning} if meaning else {})}


def acquisition_modality(fields: Sequence[Field], ctx: Context) -> dict[str, str] | Omit:
    """Return a modality unless it is one of reports, states and notes (R4 binds CID 29)."""
    text = str((fields[0] or ("",))[0])
    row = table("modalities").get(text)
    if row and not row["acquisition"]:
        return Omit("policy", f"{text} acquires nothing: it is not in CID 29")
    return modality(fields, ctx)


def sop_class(fields: Sequence[Field], ctx: Any) -> dict[str, str] | Omit:
    """Return a SOP Class UID as Coding; its system is that of URIs (R4 imagingstudy sopClass)."""
    text = str((fields[0] or ("",))[0])
    if not is_uid(text):
        return Omit("invalid", f"{text!r} is no UID (PS3.5 9.1)")
    return _sop_class(text)


@lru_cache(maxsize=512)
def _sop_class(text: str) -> dict[str, str]:
    coding = {"system": "urn:ietf:rfc:3986", "code": f"urn:oid:{text}"}
    name = UID(text).name
    return {**coding, "display": name} if name != text else coding


def concepts(fields: Sequence[Field], ctx: Context) -> list[dict[str, Any]] | Omit:
    """Return each item of a code sequence as CodeableConcept."""
    found = [c for item in fields[0] or () if isinstance(item, Dataset)
             and (c := concept_of(item, ctx))]  # fmt: skip
    return found or Omit("empty-type-2")


def code_meaning(fields: Sequence[Field], ctx: Context) -> str | Omit:
    """Return the Code Meaning (0008,0104) of the first item of a code sequence."""
    item = (fields[0] or (None,))[0]
    text = clean(str(item.get("CodeMeaning") or "")) if isinstance(item, Dataset) else ""
    return text or Omit("empty-type-2")


def concept_of(item: Dataset, ctx: Context) -> dict[str, Any]:
    """Turn a code triple (PS3.3 8.8) into a CodeableConcept, or ``{}``.

    The site's code for it is added where the site file has one. A scheme without a known system
    gives no Coding: the meaning stays as text.
    """
    meaning = clean(str(item.get("CodeMeaning") or ""))
    coding = [c for c in (coding_of(item, ctx), _local(item, ctx)) if c]
    value = code_value(item)
    text = meaning or ("" if coding else clean(value))
    return {**({"coding": coding} if coding else {}), **({"text": text} if text else {})}


def coding_of(item: Dataset, ctx: Context) -> dict[str, str]:
    """Return the Coding of a code triple, or ``{}`` where no system is known for its scheme."""
    value, system = code_value(item), system_of(item, ctx)
    meaning = clean(str(item.get("CodeMeaning") or ""))
    if str(item.get("CodingSchemeDesignator") or "") in _RETIRED:
        value, system = snomed_of(value), SNOMED
    if not is_code(value) or not system:
        return {}
    version = clean(str(item.get("CodingSchemeVersion") or ""))
    return {"system": system, **({"version": version} if version else {}), "code": value,
            **({"display": meaning} if meaning else {})}  # fmt: skip


def code_value(item: Dataset) -> str:
    """Return Code Value, Long Code Value or URN Code Value: one of them (PS3.3 8.1)."""
    for keyword in ("CodeValue", "LongCodeValue", "URNCodeValue"):
        text = str(item.get(keyword) or "").strip(" \0")
        if text:
            return text
    return ""


def system_of(item: Dataset, ctx: Context) -> str:
    """Return the system of a Coding Scheme Designator: HL7's or the site's, else ``""``."""
    scheme = str(item.get("CodingSchemeDesignator") or "").strip()
    return ctx.site.scheme.get(scheme) or SYSTEMS.get(scheme, "")


def snomed_of(value: str) -> str:
    """Translate a SNOMED RT code into a SNOMED CT identifier (pydicom's table), or ``""``."""
    from pydicom.sr._snomed_dict import mapping

    found = mapping["SRT"].get(value, "")
    return str(found)


def _local(item: Dataset, ctx: Context) -> dict[str, str]:
    scheme = str(item.get("CodingSchemeDesignator") or "").strip()
    return dict(ctx.site.code.get(scheme, {}).get(code_value(item), {}))


TRANSFORMS = (modality, acquisition_modality, sop_class, concepts, code_meaning)
