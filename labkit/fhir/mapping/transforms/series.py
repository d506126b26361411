"""What a series shows: body site, side, specimen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydicom.dataset import Dataset

from labkit.fhir.mapping.elements import Field
from labkit.fhir.mapping.links import Context, Link
from labkit.fhir.mapping.trail import Omit
from labkit.fhir.mapping.transforms.codes import SNOMED, coding_of, table
from labkit.fhir.mapping.transforms.identity import issuer
from labkit.fhir.mapping.transforms.plain import clean, is_uid


def body_site_code(fields: Sequence[Field], ctx: Context) -> dict[str, str] | Omit:
    """Return the first item of Anatomic Region Sequence (0008,2218), which is coded already."""
    item = (fields[0] or (None,))[0]
    coding = coding_of(item, ctx) if isinstance(item, Dataset) else {}
    return coding or Omit("no-code", "the scheme of the anatomic region has no known system")


def body_site(fields: Sequence[Field], ctx: Context) -> dict[str, str] | Omit:
    """Look Body Part Examined (0018,0015) up in PS3.16 Table L-1; an unknown term has no code."""
    text = str((fields[0] or ("",))[0]).upper()
    row = table("body_parts").get(text)
    if row is None:
        return Omit("no-code", f"{text!r} is not a Body Part Examined of PS3.16 Table L-1")
    return {"system": SNOMED, "code": row["code"], "display": row["meaning"]}


def body_site_of_site(fields: Sequence[Field], ctx: Context) -> dict[str, str] | Omit:
    """Look Body Part Examined up in the site's own codes: ``[code.BodyPartExamined.SCHAEDEL]``."""
    text = str((fields[0] or ("",))[0])
    known = ctx.site.code.get("BodyPartExamined", {}).get(text)
    return dict(known) if known else Omit("no-code", f"the site file has no code for {text!r}")


def laterality(fields: Sequence[Field], ctx: Any) -> dict[str, str] | Omit:
    """Return Laterality as SNOMED CT, PS3.16 CID 244.

    R4's example value set has other codes for left and right (419161000, 419465000). Its binding is
    an example, and R5 asks for these.
    """
    text = str((fields[0] or ("",))[0]).upper()
    row = table("laterality").get(text)
    if row is None:
        return Omit("no-code", f"{text!r} is not L, R, B or U")
    return {"system": SNOMED, "code": row["code"], "display": row["meaning"]}


def specimens(fields: Sequence[Field], ctx: Context) -> list[Link] | Omit:
    """Refer to each specimen of Specimen Description Sequence (0040,0560) by its identifier."""
    found = []
    for item in fields[0] or ():
        value = clean(str(item.get("SpecimenIdentifier") or ""))
        uid = str(item.get("SpecimenUID") or "")
        if value:
            issuers = item.get("IssuerOfTheSpecimenIdentifierSequence")
            by = issuer(issuers[0] if issuers else None, "", ctx) if issuers else {}
            found.append(Link("Specimen", "", {**by, "value": value}))
        elif is_uid(uid):
            identifier = {"system": "urn:dicom:uid", "value": f"urn:oid:{uid}"}
            found.append(Link("Specimen", "", identifier))
    return found or Omit("empty-type-2")


TRANSFORMS = (body_site_code, body_site, body_site_of_site, laterality, specimens)
