"""Sharing documents by FHIR: IHE MHD 4.2.3 (R4), over any FHIR server.

::

    mhd = MhdClient(fhir_url, source_id=NORTH.source)
    mhd.provide([manifest_document(kos)], subject="Patient/thistlewick")    # ITI-65
    found = mhd.find_documents("Patient/thistlewick", event="CT")           # ITI-67
    mhd.retrieve(found[0]).content                                          # ITI-68
    check_bundle(bundle, "comprehensive")                                   # what is wrong with it
"""

from labkit.exchange.mhd.bundle import document_reference, provide_bundle
from labkit.exchange.mhd.check import check_bundle
from labkit.exchange.mhd.client import MhdClient
from labkit.exchange.mhd.content import digest
from labkit.exchange.mhd.evaluate import Problem
from labkit.exchange.mhd.imaging import fhir_manifest_document, manifest_document
from labkit.exchange.mhd.model import Code, Document, Submission
from labkit.exchange.mhd.outcomes import NotMhd, Provided, Retrieved
from labkit.exchange.mhd.rules import LEVELS, attributes_of_xds

__all__ = [
    "LEVELS", "Code", "Document", "MhdClient", "NotMhd", "Problem", "Provided", "Retrieved",
    "Submission", "attributes_of_xds", "check_bundle", "digest", "document_reference",
    "fhir_manifest_document", "manifest_document", "provide_bundle",
]  # fmt: skip
