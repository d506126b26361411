"""DICOM headers to FHIR resources, by a table that is data.

::

    builder = StudyBuilder(MappingTable.load(), Site.load("site.toml"), fhir="R4")
    for path in folder.glob("*.dcm"):
        builder.add(dcmread(path, stop_before_pixels=True), path.name)
    for study in builder.studies():
        study.imaging_study           # the ImagingStudy as a dict
        study.bundle("transaction")   # ready to be sent to a FHIR server
        study.trail.why("ImagingStudy.started")

See ``docs/mapping.md`` for the rules.
"""

from __future__ import annotations

from labkit.fhir.mapping.builder import StudyBuilder
from labkit.fhir.mapping.frozen import Frozen, Mapped
from labkit.fhir.mapping.links import Context, Copy, Link
from labkit.fhir.mapping.merge import Merged, merge
from labkit.fhir.mapping.site import Site
from labkit.fhir.mapping.study import MappedStudy, bundle, combine
from labkit.fhir.mapping.table import MappingTable, Row
from labkit.fhir.mapping.trail import Entry, Omission, Omit, Problem, Trail

__all__ = [
    "Context",
    "Copy",
    "Entry",
    "Frozen",
    "Link",
    "Mapped",
    "MappedStudy",
    "MappingTable",
    "Merged",
    "Omission",
    "Omit",
    "Problem",
    "Row",
    "Site",
    "StudyBuilder",
    "Trail",
    "bundle",
    "combine",
    "merge",
]
