"""The FHIR form of a manifest (MADO): a document with an ImagingStudy, and where to get it."""

from labkit.exchange.manifests.fhir.names import FORMAT_CODE
from labkit.exchange.manifests.fhir.reading import from_fhir
from labkit.exchange.manifests.fhir.unsaid import unread, unsaid
from labkit.exchange.manifests.fhir.writing import to_fhir

__all__ = ["FORMAT_CODE", "from_fhir", "to_fhir", "unread", "unsaid"]
