"""Where mapping reads from: files, DICOM JSON, an archive, a DICOMweb server.

::

    for ds, origin in open_source("a/folder", Selection(modality=("CT",))):
        …
"""

from labkit.fhir.mapping.sources.address import open_source
from labkit.fhir.mapping.sources.base import Count, Header, LeftOut, Report, Source
from labkit.fhir.mapping.sources.received import received
from labkit.fhir.mapping.sources.selection import Selection

__all__ = ["Count", "Header", "LeftOut", "Report", "Selection", "Source", "open_source", "received"]
