"""What a MappingWorkbench works on: headers, a table under edit, and what comes of them."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset

from labkit.common.errors import DataError, UsageError
from labkit.fhir.mapping import MappedStudy, MappingTable, Site, StudyBuilder, bundle, combine
from labkit.fhir.mapping.difference import Change, Differences
from labkit.fhir.mapping.sources import Header, open_source
from labkit.fhir.mapping.sources.base import without_pixels

MOST = 2_000
"""Most headers held at once: every edit maps all of them again."""

Given = str | Path | Dataset | Iterable[str | Path | Dataset]


@dataclass
class Session:
    """Headers and tables; `use` maps the headers by another table.

    Attributes
    ----------
    first, table
        The table at the beginning, and as it is now.
    studies
        What the table makes of the headers, in the order of their UIDs.
    skipped
        Why something that was given is not here.
    """

    headers: list[Header]
    first: MappingTable
    site: Site
    fhir: str
    skipped: list[str] = field(default_factory=list)
    table: MappingTable = field(init=False)
    studies: list[MappedStudy] = field(init=False)

    def __post_init__(self) -> None:
        self.table, self.studies = self.first, self._mapped(self.first)
        self._before = self.studies

    def use(self, table: MappingTable) -> None:
        """Map by this table from now on; where it cannot be used, nothing changes."""
        self.studies = self._mapped(table)
        self.table = table

    def turn(self, fhir: str) -> None:
        """Map to another version of FHIR."""
        before, self.fhir = self.fhir, fhir
        try:
            self._before, self.studies = self._mapped(self.first), self._mapped(self.table)
        except UsageError:
            self.fhir = before
            raise

    def study_of(self, ds: Dataset) -> MappedStudy | None:
        """Return the mapped study that an instance belongs to; a rejected instance has none."""
        uid = str(ds.get("StudyInstanceUID") or "")
        return next((study for study in self.studies if study.uid == uid), None)

    def bundle(self) -> dict[str, Any]:
        """Return everything as one Bundle."""
        return bundle(combine(self.studies)[0])

    def changes(self) -> list[Change]:
        """List what the table as it is now makes otherwise than the first."""
        found = Differences()
        if self.table is not self.first:
            after = {study.uid: study.resources for study in self.studies}
            for study in self._before:
                found.add(study.resources, after.get(study.uid, []))
        return found.changes

    def _mapped(self, table: MappingTable) -> list[MappedStudy]:
        builder = StudyBuilder(table, self.site, fhir=self.fhir)
        for ds, origin in self.headers:
            builder.add(ds, origin)
        return builder.studies()


def read_headers(source: Given) -> tuple[list[Header], list[str]]:
    """Take data sets as they are, and read what is a path or an address.

    Returns
    -------
    headers
        At most `MOST`.
    skipped
        What could not be read, or was too much.

    Raises
    ------
    DataError
        Nothing at all can be used.
    """
    headers: list[Header] = []
    skipped: list[str] = []
    for one in [source] if isinstance(source, (str, Path, Dataset)) else source:
        if isinstance(one, Dataset):
            name = str(getattr(one, "filename", "") or one.get("SOPInstanceUID") or "data set")
            headers.append(Header(_header_of(one), Path(name).name))
        elif isinstance(one, (str, Path)):
            opened = open_source(one)
            for ds, origin in opened:
                headers.append(Header(ds, origin if "://" in str(one) else Path(origin).name))
                if len(headers) >= MOST:
                    break
            skipped += [f"{Path(left.origin).name}: {left.reason}" for left in opened.report.first]
        else:
            raise UsageError(
                f"a workbench reads data sets and paths, not {type(one).__name__}",
                remedy="Give a folder, a file, a data set, or a list of them.",
            )
        if len(headers) >= MOST:
            skipped.append(f"only the first {MOST} headers are here")
            del headers[MOST:]
            break
    if not headers:
        why = skipped[0] if skipped else "nothing is there"
        raise DataError(f"there is no header to map: {why}", remedy="Give a folder of DICOM files.")
    return headers, skipped


def _header_of(ds: Dataset) -> Dataset:
    """Return a data set without its pixels; the one that was given stays as it is."""
    if not any(name in ds for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        return ds
    header = copy.copy(ds)
    header._dict = dict(ds._dict)  # elements are shared, values stay undecoded
    return without_pixels(header)
