"""Imaging documents: the source that answers RAD-69, and the consumer that asks (XDS-I.b).

::

    source = ImagingDocumentSource(NORTH, DicomwebImages(lab.dicomweb.client), policy)
    app = soap_app(operations(source), policy, node="North General")
    images = ImagingConsumer({NORTH.images: url}).retrieve(manifest)
"""

from labkit.exchange.images.consumer import Images, ImagingConsumer, requests_of
from labkit.exchange.images.encoding import NotInTheseSyntaxes, in_one_of
from labkit.exchange.images.request import ImageRequest, ImagingRequest
from labkit.exchange.images.service import ImagingDocumentSource, operations
from labkit.exchange.images.source import DicomwebImages, ImageSource, SourceImages

__all__ = [
    "DicomwebImages", "ImageRequest", "ImageSource", "Images", "ImagingConsumer",
    "ImagingDocumentSource", "ImagingRequest", "NotInTheseSyntaxes", "SourceImages", "in_one_of",
    "operations", "requests_of",
]  # fmt: skip
