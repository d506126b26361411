"""What part of the body a series and a study show, as codes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from pydicom.dataset import Dataset

from labkit.exchange.manifests.terms import Code
from labkit.exchange.manifests.values import code, first, text
from labkit.fhir.mapping.transforms.codes import table


def series_region(ds: Dataset) -> Code | None:
    """Return the Target Region of a series: coded, by PS3.16 Annex L, or in words (TID 1602)."""
    found = code(first(ds, "AnatomicRegionSequence"))
    part = text(ds, "BodyPartExamined")
    if found or not part:
        return found
    row = table("body_parts").get(part) or high_level().get(part)
    return Code(row["code"], "SCT", row["meaning"]) if row else Code(part, "", part)


def series_side(ds: Dataset) -> Code | None:
    """Return the laterality of a series as CID 244 has it."""
    row = table("laterality").get(text(ds, "Laterality") or text(ds, "ImageLaterality"))
    return Code(row["code"], "SCT", row["meaning"]) if row else None


def study_regions(found: Iterable[Dataset], by: Mapping[str, str]) -> tuple[Code, ...]:
    """Return the high-level regions of a study, each once.

    Parameters
    ----------
    by
        Body Part Examined → that of a high-level region.
    """
    regions: dict[str, Code] = {}
    for ds in found:
        part = text(ds, "BodyPartExamined")
        row = high_level().get(by.get(part, part))
        if row:
            regions[row["code"]] = Code(row["code"], "SCT", row["meaning"])
    return tuple(regions.values())


@cache
def high_level() -> dict[str, dict[str, str]]:
    """Return CID IHE-MADO1, by Body Part Examined (MADO Table 6.X.6.4-1)."""
    source = files("labkit.exchange.manifests") / "tables" / "regions.json"
    rows: dict[str, dict[str, str]] = json.loads(source.read_text("utf-8"))["rows"]
    return rows
