"""Who looks for documents and retrieves them (ITI-18, ITI-43).

::

    with DocumentConsumer(registry_url, repositories={NORTH.repository: url}) as consumer:
        found = consumer.find_documents(patient, formatCode=KOS)
        documents = consumer.retrieve(found)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from labkit.common.errors import UsageError
from labkit.exchange.parties import PatientId
from labkit.exchange.soap import Message, SoapClient
from labkit.exchange.xds.asking import (
    Given,
    T,
    alone,
    attribute_of,
    by_id,
    only,
    slots_of,
)
from labkit.exchange.xds.definitions import DEFINITIONS, E, F, S
from labkit.exchange.xds.messages import (
    DocumentRequest,
    Retrieved,
    read_found,
    read_references,
    read_retrieved,
    write_retrieve,
)
from labkit.exchange.xds.model import (
    Association,
    DocumentEntry,
    Folder,
    RegistryObject,
    SubmissionSet,
)
from labkit.exchange.xds.names import APPROVED, RETRIEVE, STORED_QUERY, association
from labkit.exchange.xds.problems import Answer, RegistryError
from labkit.exchange.xds.query import LEAF_CLASS, OBJECT_REF, Groups, StoredQuery, write_query
from labkit.exchange.xds.retrieved import checked, request_of
from labkit.exchange.xds.source import Connect, Connections


class DocumentConsumer(Connections):
    """A consumer of one registry and its repositories, or of a gateway in their place.

    Parameters
    ----------
    registry_url
        Where stored queries are asked: a registry, or an initiating gateway.
    repositories
        Address of each repository by its repositoryUniqueId. A document says where it is by that
        id; which address the id has is known by configuration, as an affinity domain agrees it.
    gateway
        Where documents of other communities are retrieved: those whose homeCommunityId is not
        `home`.
    home
        homeCommunityId of one's own community.
    connect
        Makes the client of an address: how messages are secured, named and watched.
    """

    def __init__(
        self,
        registry_url: str,
        repositories: Mapping[str, str] | None = None,
        *,
        gateway: str = "",
        home: str = "",
        connect: Connect = SoapClient,
    ) -> None:
        super().__init__(connect)
        self.registry_url = registry_url
        self.repositories = dict(repositories or {})
        self.gateway = gateway
        self.home = home

    def find_documents(
        self, patient: PatientId, *, status: Given = APPROVED, **parameters: Given
    ) -> Answer[DocumentEntry]:
        """Find a patient's documents (FindDocuments).

        Parameters
        ----------
        status
            ``APPROVED``, ``DEPRECATED``, or both.
        parameters
            By the attribute's name, ``formatCode=…``, ``creationTimeFrom="2026"``: one value, a
            list of alternatives, or `every` of several.

        Raises
        ------
        XdsError
            The query was refused.
        SoapFault, NetworkError
            The registry was not reached, or did not take the message.
        UsageError
            The query has no such parameter.
        """
        return self._of(DocumentEntry, "FindDocuments", E, patient, status, parameters)

    def find_documents_by_reference_id(
        self, patient: PatientId, *references: str, status: Given = APPROVED, **parameters: Given
    ) -> Answer[DocumentEntry]:
        """Find a patient's documents by what they refer to (FindDocumentsByReferenceId).

        Parameters
        ----------
        references
            CXi, alternatives: an accession number with its issuer and type, for example.

        Raises
        ------
        XdsError, SoapFault, NetworkError, UsageError
            As of `find_documents`.
        """
        parameters["referenceIdList"] = references
        name = "FindDocumentsByReferenceId"
        return self._of(DocumentEntry, name, E, patient, status, parameters)

    def find_submission_sets(
        self, patient: PatientId, *, status: Given = APPROVED, **parameters: Given
    ) -> Answer[SubmissionSet]:
        """Find submissions about a patient (FindSubmissionSets); errors as of `find_documents`."""
        return self._of(SubmissionSet, "FindSubmissionSets", S, patient, status, parameters)

    def find_folders(
        self, patient: PatientId, *, status: Given = APPROVED, **parameters: Given
    ) -> Answer[Folder]:
        """Find a patient's folders (FindFolders); errors as of `find_documents`."""
        return self._of(Folder, "FindFolders", F, patient, status, parameters)

    def get_documents(
        self, uuids: Iterable[str] = (), *, unique_ids: Iterable[str] = (), home: str = ""
    ) -> Answer[DocumentEntry]:
        """Get documents by entryUUID, or by uniqueId (GetDocuments).

        Parameters
        ----------
        home
            homeCommunityId that the UUIDs are of: a gateway needs it.

        Raises
        ------
        XdsError, SoapFault, NetworkError
            As of `find_documents`.
        """
        return only(DocumentEntry, self.query(by_id("GetDocuments", E, uuids, unique_ids, home)))

    def get_documents_and_associations(
        self, uuids: Iterable[str] = (), *, unique_ids: Iterable[str] = (), home: str = ""
    ) -> Answer[RegistryObject]:
        """Get documents and their associations; parameters as of `get_documents`."""
        return self.query(by_id("GetDocumentsAndAssociations", E, uuids, unique_ids, home))

    def get_associations(self, uuids: Iterable[str], *, home: str = "") -> Answer[Association]:
        """Get the associations of objects (GetAssociations); errors as of `find_documents`."""
        asked = StoredQuery("GetAssociations", {"$uuid": (tuple(uuids),)}, home=home)
        return only(Association, self.query(asked))

    def get_submission_sets(
        self, uuids: Iterable[str], *, home: str = ""
    ) -> Answer[RegistryObject]:
        """Get the submission sets that objects are members of, with the associations."""
        return self.query(StoredQuery("GetSubmissionSets", {"$uuid": (tuple(uuids),)}, home=home))

    def get_submission_set_and_contents(
        self, uuid: str = "", *, unique_id: str = "", home: str = ""
    ) -> Answer[RegistryObject]:
        """Get a submission set and all that was submitted in it."""
        name = "GetSubmissionSetAndContents"
        return self.query(by_id(name, S, alone(uuid), alone(unique_id), home))

    def get_related_documents(
        self, uuid: str = "", *types: str, unique_id: str = "", home: str = ""
    ) -> Answer[RegistryObject]:
        """Get a document and those that are related to it, with the associations.

        Parameters
        ----------
        types
            Of association, ``"RPLC"``; by default all that are between two documents.
        """
        asked = by_id("GetRelatedDocuments", E, alone(uuid), alone(unique_id), home)
        wanted = types or ("APND", "RPLC", "XFRM", "XFRM_RPLC", "signs")
        groups: Groups = (tuple(association(each) for each in wanted),)
        more = {**asked.parameters, "$AssociationTypes": groups}
        return self.query(StoredQuery(asked.name, more, home=home))

    def query(self, asked: StoredQuery) -> Answer[RegistryObject]:
        """Ask a stored query for metadata.

        Raises
        ------
        XdsError, SoapFault, NetworkError
            As of `find_documents`.
        """
        asked = StoredQuery(asked.name, asked.parameters, LEAF_CLASS, asked.home)
        return read_found(self._ask(asked))

    def references(self, asked: StoredQuery) -> Answer[tuple[str, str]]:
        """Ask a stored query for entryUUIDs only: each with its homeCommunityId, if there is one.

        Raises
        ------
        XdsError, SoapFault, NetworkError
            As of `find_documents`.
        """
        asked = StoredQuery(asked.name, asked.parameters, OBJECT_REF, asked.home)
        return read_references(self._ask(asked))

    def retrieve(self, wanted: Iterable[DocumentEntry | DocumentRequest]) -> Answer[Retrieved]:
        """Retrieve documents from where they are (ITI-43).

        Returns
        -------
        Answer of Retrieved
            In its ``errors`` is what could not be had.

        Raises
        ------
        XdsError, SoapFault, NetworkError
            A repository gave nothing, or was not reached.
        UsageError
            A document's repository has no address here.
        DataError
            A document is not what its entry says (hash, size).
        """
        said: dict[str, DocumentEntry | None] = {}
        by_address: dict[str, list[DocumentRequest]] = {}
        for each in wanted:
            request = request_of(each)
            said[request.uniqueId] = each if isinstance(each, DocumentEntry) else None
            by_address.setdefault(self._address(request), []).append(request)
        found: list[Retrieved] = []
        errors: list[RegistryError] = []
        for address, requests in by_address.items():
            response = self.client(address).call(Message(RETRIEVE, write_retrieve(requests)))
            answer = read_retrieved(response)
            found += [checked(document, said) for document in answer]
            errors += answer.errors
        return Answer(found, errors)

    def _of(
        self,
        kind: type[T],
        name: str,
        prefix: str,
        patient: PatientId,
        status: Given,
        parameters: Mapping[str, Given],
    ) -> Answer[T]:
        known = DEFINITIONS[name].parameters
        made: dict[str, Groups] = {f"{prefix}PatientId": ((patient.cx,),)}
        for attribute, value in {**parameters, "status": status}.items():
            parameter = prefix + attribute[:1].upper() + attribute[1:]
            if parameter not in known:
                names = ", ".join(attribute_of(each, prefix) for each in known)
                raise UsageError(
                    f"{name} has no parameter {attribute!r}.", remedy=f"It has: {names}."
                )
            made[parameter] = slots_of(value)
        return only(kind, self.query(StoredQuery(name, made)))

    def _ask(self, asked: StoredQuery) -> object:
        client = self.client(self.registry_url)
        # ITI-18 is simple SOAP, the transactions that carry documents are MTOM (3.18.4.1.2.1).
        return client.call(Message(STORED_QUERY, write_query(asked)), mtom=False).body

    def _address(self, request: DocumentRequest) -> str:
        elsewhere = request.homeCommunityId and request.homeCommunityId != self.home
        if elsewhere and self.gateway:
            return self.gateway
        if request.repositoryUniqueId not in self.repositories:
            raise UsageError(
                f"No address is known of the repository {request.repositoryUniqueId!r}.",
                remedy="Give it in repositories={repositoryUniqueId: url}, or a gateway.",
            )
        return self.repositories[request.repositoryUniqueId]
