"""XDS.b: documents of many sites, found in one registry and kept in repositories (ITI TF-1 10).

A `DocumentSource` provides a document to a `Repository` (ITI-41), which keeps it and has it
registered in a `Registry` (ITI-42). A `DocumentConsumer` asks the registry (ITI-18) and retrieves
from the repository (ITI-43). Where the document is a manifest of images, it is XDS-I.b.
"""

from labkit.exchange.xds.apps import (
    patient_resource,
    registry_app,
    registry_operations,
    repository_app,
    repository_operations,
    study_of,
)
from labkit.exchange.xds.asking import every
from labkit.exchange.xds.consumer import DocumentConsumer
from labkit.exchange.xds.messages import DocumentRequest, Retrieved
from labkit.exchange.xds.model import (
    Association,
    Author,
    Code,
    DocumentEntry,
    Folder,
    RegistryObject,
    Submission,
    SubmissionSet,
)
from labkit.exchange.xds.names import APPROVED, DEPRECATED
from labkit.exchange.xds.problems import Answer, RegistryError, XdsError
from labkit.exchange.xds.query import StoredQuery
from labkit.exchange.xds.registry import Registry
from labkit.exchange.xds.repository import Repository
from labkit.exchange.xds.source import DocumentSource, RegistryClient

__all__ = [
    "APPROVED", "DEPRECATED", "Answer", "Association", "Author", "Code", "DocumentConsumer",
    "DocumentEntry", "DocumentRequest", "DocumentSource", "Folder", "Registry", "RegistryClient",
    "RegistryError", "RegistryObject", "Repository", "Retrieved", "StoredQuery", "Submission",
    "SubmissionSet", "XdsError", "every", "patient_resource", "registry_app",
    "registry_operations", "repository_app", "repository_operations", "study_of",
]  # fmt: skip
