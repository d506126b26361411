"""DICOMweb (PS3.18): a service over any source of objects, and a client.

::

    app = dicomweb_app(ArchiveSource(archive), ALLOW_ALL, base_url="http://127.0.0.1:8042/dicom-web")
"""

from labkit.dicomweb.archive_source import ArchiveSource
from labkit.dicomweb.source import Instance, Outcome, Page, Place, Search, Source

__all__ = ["ArchiveSource", "Instance", "Outcome", "Page", "Place", "Search", "Source"]
