"""Imaging manifests: key object selections and FHIR documents that list a study's objects.

::

    document = build(datasets, "mado", maker=Maker.of(NORTH, url=dicomweb))   # a KOS
    manifest = read(part10(document))                                         # what it says
"""

from labkit.exchange.manifests.build import build
from labkit.exchange.manifests.check import check
from labkit.exchange.manifests.gather import gather
from labkit.exchange.manifests.maker import Maker
from labkit.exchange.manifests.model import (
    FLAVOURS,
    Instance,
    Issued,
    Location,
    Manifest,
    Problem,
    Request,
    Series,
    Subject,
)
from labkit.exchange.manifests.reading import read
from labkit.exchange.manifests.writing import part10, write

__all__ = [
    "FLAVOURS", "Instance", "Issued", "Location", "Maker", "Manifest", "Problem", "Request",
    "Series", "Subject", "build", "check", "gather", "part10", "read", "write",
]  # fmt: skip
