"""Imaging manifests: key object selections and FHIR documents that list a study's objects.

::

    document = build(datasets, "mado", maker=Maker.of(NORTH, url=dicomweb))   # a KOS
    manifest = read(part10(document))                                         # what it says
"""

from labkit.exchange.manifests.build import build
from labkit.exchange.manifests.change import Replacement, replacement, without
from labkit.exchange.manifests.check import check
from labkit.exchange.manifests.fhir import from_fhir, to_fhir, unread, unsaid
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
from labkit.exchange.manifests.resolve import Resolution, Whereabouts, resolve
from labkit.exchange.manifests.shown import to_json
from labkit.exchange.manifests.writing import part10, write

__all__ = [
    "FLAVOURS", "Instance", "Issued", "Location", "Maker", "Manifest", "Problem", "Replacement",
    "Request", "Resolution", "Series", "Subject", "Whereabouts", "build", "check", "from_fhir",
    "gather", "part10", "read", "replacement", "resolve", "to_fhir", "to_json", "unread",
    "unsaid", "without", "write",
]  # fmt: skip
