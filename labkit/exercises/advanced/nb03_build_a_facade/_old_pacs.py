"""An old PACS to ask, for the checks: strict about levels, and without optional keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydicom.dataset import Dataset

from labkit.common.errors import DimseError
from labkit.dimse import identifier

UNKNOWN = frozenset(
    (
        "ModalitiesInStudy",
        "NumberOfStudyRelatedSeries",
        "NumberOfStudyRelatedInstances",
        "NumberOfSeriesRelatedInstances",
    )
)
"""Optional keys that dcmqrscp 3.6.9 does not know (docs/conformance.md)."""

_UNIQUE = {
    "STUDY": ("StudyInstanceUID",),
    "SERIES": ("StudyInstanceUID", "SeriesInstanceUID"),
    "IMAGE": ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"),
}


class OldPacs:
    """Answers as a PACS does that has the unique and required keys, and is strict about levels.

    Parameters
    ----------
    objects
        What it holds.
    knows
        Optional keys that it returns beside them, already in the objects.

    Attributes
    ----------
    asked
        Every identifier that it was sent.
    """

    def __init__(self, objects: Iterable[Dataset], knows: Iterable[str] = ()) -> None:
        self.objects = list(objects)
        self.asked: list[Dataset] = []
        self._knows = frozenset(knows)

    def __call__(self, keys: Dataset, *_: Any) -> list[Dataset]:
        """Answer a C-FIND (PS3.4 C.4.1.3.1.1, hierarchical search)."""
        self.asked.append(keys)
        level = str(keys.get("QueryRetrieveLevel", ""))
        if level not in _UNIQUE or not all(keys.get(name) for name in _UNIQUE[level][:-1]):
            raise DimseError("C-FIND ended with 0xA900", status=0xA900)
        found: dict[str, Dataset] = {}
        for ds in self.objects:
            if all(not keys.get(n) or keys.get(n) == ds.get(n) for n in _UNIQUE[level]):
                found.setdefault(str(ds.get(_UNIQUE[level][-1])), self._match(ds, keys, level))
        return list(found.values())

    def _match(self, ds: Dataset, keys: Dataset, level: str) -> Dataset:
        known = [e.keyword for e in keys if e.keyword not in UNKNOWN - self._knows]
        values = {n: ds.get(n) for n in known if n not in ("QueryRetrieveLevel",)}
        return identifier(level, **{n: "" if v is None else v for n, v in values.items()})


def header(study: str, series: str, instance: str, **more: Any) -> Dataset:
    """Make a header with these UIDs."""
    ds = Dataset()
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID = study, series, instance
    for name, value in more.items():
        setattr(ds, name, value)
    return ds
