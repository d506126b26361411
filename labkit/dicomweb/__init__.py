"""DICOMweb (PS3.18): a service over any source of objects, and a client.

::

    app = dicomweb_app(ArchiveSource(archive), ALLOW_ALL, base_url="http://127.0.0.1:8042/dicom-web")
    web = DicomwebClient("http://127.0.0.1:8042/dicom-web")
    web.studies(PatientName="Rossi*")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.dicomweb.app import dicomweb_app, wado_app
from labkit.dicomweb.archive_source import ArchiveSource
from labkit.dicomweb.problems import WebError
from labkit.dicomweb.source import Instance, Outcome, Page, Place, Search, Source

if TYPE_CHECKING:
    from labkit.dicomweb.client import DicomwebClient

__all__ = [
    "ArchiveSource",
    "DicomwebClient",
    "Instance",
    "Outcome",
    "Page",
    "Place",
    "Search",
    "Source",
    "WebError",
    "dicomweb_app",
    "wado_app",
]


def __getattr__(name: str) -> Any:
    """Load the client when it is asked for (PEP 562): the server starts without an HTTP client."""
    if name == "DicomwebClient":
        from labkit.dicomweb.client import DicomwebClient

        return DicomwebClient
    raise AttributeError(f"module 'labkit.dicomweb' has no attribute {name!r}")
