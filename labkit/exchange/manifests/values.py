"""Values of data sets, read however they are spelt: a manifest comes from somewhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.tag import Tag

from labkit.dicom.explain import modules_of
from labkit.dicom.reading import PARSE_ERRORS
from labkit.exchange.manifests.model import Issued
from labkit.exchange.manifests.terms import Code

_INTEGER = re.compile(r"[+-]?\d{1,10}")


def raw(ds: Dataset, keyword: str | int) -> Any:
    """Return a value, or ``None`` where there is none or it cannot be read."""
    try:
        if isinstance(keyword, int):
            tag = Tag(keyword)
            return ds[tag].value if tag in ds else None
        return ds.get(keyword)
    except PARSE_ERRORS:
        return None


def text(ds: Dataset, keyword: str | int) -> str:
    r"""Return a value as text without padding, several joined by ``\``; ``""`` for none."""
    value = raw(ds, keyword)
    if value is None:
        return ""
    if isinstance(value, bytes):
        value = value.decode("latin-1")  # a private element in Implicit VR: UN
    if isinstance(value, (MultiValue, list)):
        return "\\".join(str(part) for part in value)
    return str(value).strip(" \0")


def items(ds: Dataset, keyword: str | int) -> Iterator[Dataset]:
    """Yield the items of a sequence, none where it is no sequence."""
    value = raw(ds, keyword)
    if isinstance(value, (list, tuple)) or hasattr(value, "append"):
        yield from (item for item in value if isinstance(item, Dataset))


def first(ds: Dataset, keyword: str) -> Dataset | None:
    """Return the first item of a sequence."""
    return next(items(ds, keyword), None)


def integer(value: str) -> int | None:
    """Return the number that a text is, or ``None``."""
    return int(value) if _INTEGER.fullmatch(value.strip()) else None


def code(item: Dataset | None) -> Code | None:
    """Return the code triple of an item (PS3.3 8.8), whichever of its three values it has."""
    if item is None:
        return None
    value = next(
        (v for k in ("CodeValue", "LongCodeValue", "URNCodeValue") if (v := text(item, k))), ""
    )
    return Code(value, text(item, "CodingSchemeDesignator"), text(item, "CodeMeaning")) \
        if value else None  # fmt: skip


def coded(ds: Dataset, keyword: str) -> Code | None:
    """Return the code of a sequence's first item."""
    return code(first(ds, keyword))


def codes_of(ds: Dataset, keyword: str) -> tuple[Code, ...]:
    """Return the codes of all items of a sequence."""
    return tuple(found for item in items(ds, keyword) if (found := code(item)))


def issued(value: str, by: Dataset | None, name: str = "") -> Issued | None:
    """Return an identifier with its issuer, an item of the Hierarchic Designator Macro."""
    if not value:
        return None
    if by is None:
        return Issued(value, name=name)
    authority = text(by, "UniversalEntityID")
    kind = text(by, "UniversalEntityIDType") if authority else ""
    return Issued(value, authority, kind or "ISO", text(by, "LocalNamespaceEntityID") or name)


def accession_of(ds: Dataset) -> Issued | None:
    """Return Accession Number (0008,0050) with its issuer (0008,0051)."""
    return issued(text(ds, "AccessionNumber"), first(ds, "IssuerOfAccessionNumberSequence"))


def patient_id_of(ds: Dataset) -> Issued | None:
    """Return Patient ID (0010,0020) with its issuer: (0010,0021) and (0010,0024)."""
    by = first(ds, "IssuerOfPatientIDQualifiersSequence")
    return issued(text(ds, "PatientID"), by, text(ds, "IssuerOfPatientID"))


@cache
def value_type(sop_class: str) -> str:
    """Return how TID 2010 refers to an object: IMAGE, WAVEFORM or COMPOSITE (PS3.3 C.17.3.2.1)."""
    if modules_of(sop_class, "Rows"):
        return "IMAGE"
    return "WAVEFORM" if modules_of(sop_class, "WaveformSequence") else "COMPOSITE"
