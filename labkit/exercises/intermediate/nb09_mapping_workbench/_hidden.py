"""Headers that the notebook never shows, to map with the learner's table or site."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydicom.dataset import Dataset

from labkit.exercises.headers import made
from labkit.fhir.mapping import MappedStudy, MappingTable, Site, StudyBuilder

ROOT = "1.2.826.0.1.3680043.10.2333"
CREATOR = "LAKESIDE RIS"


def header(number: int = 1, *, study: int = 1, series: int = 1, **elements: Any) -> Dataset:
    """One radiograph; ``Keyword=None`` leaves an element out."""
    values: dict[str, Any] = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1",
        "SOPInstanceUID": f"{ROOT}.{study}.{series}.{number}",
        "StudyInstanceUID": f"{ROOT}.{study}",
        "SeriesInstanceUID": f"{ROOT}.{study}.{series}",
        "Modality": "CR",
        "StudyDate": "20260713",
        "StudyDescription": "SHOULDER 2 VIEWS",
        "SeriesDescription": f"SHOULDER VIEW {series}",
        "ProtocolName": "SHOULDER",
        "SeriesNumber": series,
        "InstanceNumber": number,
        "PatientID": "LK-30001",
        "PatientName": "Fernhollow^Ida",
        **elements,
    }
    return made(**values)


def with_private(ds: Dataset, block: int, creator: str, element: int, value: str) -> Dataset:
    """Add a private element whose block is not where it usually is (PS3.5 7.8.1)."""
    ds.add_new((0x0009 << 16) | block, "LO", creator)
    ds.add_new((0x0009 << 16) | (block << 8) | element, "LO", value)
    return ds


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """A code triple (PS3.3 8.8)."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def mapped(
    headers: Sequence[Dataset], table: MappingTable | None = None, site: Site | None = None,
    fhir: str = "R4",
) -> list[MappedStudy]:  # fmt: skip
    """Map headers; the origin is a number, as file names would tell too much."""
    builder = StudyBuilder(table, site, fhir=fhir)
    for number, ds in enumerate(headers, 1):
        builder.add(ds, f"instance {number}")
    return builder.studies()
