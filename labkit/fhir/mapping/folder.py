"""``labkit.map_folder``: a folder in, a Bundle out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from labkit.common.errors import DataError
from labkit.fhir.mapping import MappingTable, Site, bundle, combine
from labkit.fhir.mapping.run import Run
from labkit.fhir.mapping.sources import Selection, open_source


def map_folder(
    path: str | Path | Sequence[str | Path],
    fhir: str = "R4",
    endpoint: str | None = None,
    *,
    table: str | Path | MappingTable | None = None,
    site: str | Path | Site | None = None,
    selection: Selection | None = None,
) -> dict[str, Any]:
    """Map the DICOM files of a folder to FHIR.

    Parameters
    ----------
    path
        A folder, a file, or several; also what ``labkit map`` takes: ``aet://…``, ``https://…``.
    fhir
        ``"R4"`` (4.0.1) or ``"R5"`` (5.0.0).
    endpoint
        Base address of the DICOMweb server that serves these studies; it becomes an Endpoint.
    table, site
        A mapping table and a site, or their files; by default the table of this package and a site
        of which nothing is known.
    selection
        Which studies; all by default.

    Returns
    -------
    dict
        A Bundle of type ``collection``. An ImagingStudy for each Study Instance UID, and the
        resources that it refers to.

    Raises
    ------
    DataError
        There is no such folder, or nothing in it could be mapped; the message has the first reason.

    Examples
    --------
    >>> bundle = labkit.map_folder("sample_data/ct-head")     # doctest: +SKIP
    >>> [entry["resource"]["resourceType"] for entry in bundle["entry"]]    # doctest: +SKIP
    ['ImagingStudy', 'Patient', ...]
    """
    source = open_source(path, selection)
    run = Run(source, (load_table(table),), load_site(site), fhir, endpoint)
    resources, _ = combine(study for (study,) in run)
    if not resources:
        first = next((left.reason for left in source.report.first), "there is no DICOM in it")
        raise DataError(
            f"nothing in {path} could be mapped: {first}",
            remedy="labkit.dicom.read(file) says of one file what is wrong with it",
        )
    return bundle(resources)


def load_table(table: str | Path | MappingTable | None) -> MappingTable:
    """Take a table as it is, or read it."""
    return table if isinstance(table, MappingTable) else MappingTable.load(table)


def load_site(site: str | Path | Site | None) -> Site:
    """Take a site as it is, or read it."""
    return site if isinstance(site, Site) else Site.load(site)
