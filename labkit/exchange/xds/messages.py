"""The messages of ITI-41, ITI-42, ITI-18 and ITI-43, written and read.

What gateways send each other (ITI-38, ITI-39) has the same bodies under other actions, and so has
the retrieval of images (RAD-69).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from labkit.common.errors import DataError
from labkit.exchange.soap import Attachment, Attachments, Message, xml
from labkit.exchange.xds.ebxml_read import read_objects, read_submission
from labkit.exchange.xds.ebxml_write import write_object, write_reference, write_submission
from labkit.exchange.xds.model import RegistryObject, Submission
from labkit.exchange.xds.names import LCM, NSMAP, QUERY, rim, rs, xdsb
from labkit.exchange.xds.problems import Answer, RegistryError, XdsError, refuse
from labkit.exchange.xds.query import OBJECT_REF
from labkit.exchange.xds.response import read_response, registry_response

SUBMIT = f"{{{LCM}}}SubmitObjectsRequest"
QUERY_RESPONSE = f"{{{QUERY}}}AdhocQueryResponse"
MOST_DOCUMENTS = 1000
"""Documents that one request may ask for or bring."""


@dataclass(frozen=True)
class DocumentRequest:
    """Which document is wanted, and where it is (ITI TF-2 3.43.4.1.2).

    Attributes
    ----------
    repositoryUniqueId, uniqueId, homeCommunityId
        As the document's entry has them; the community may be ``""`` within one.
    """

    repositoryUniqueId: str  # noqa: N815 - as IHE spells it
    uniqueId: str  # noqa: N815
    homeCommunityId: str = ""  # noqa: N815


@dataclass(frozen=True)
class Retrieved:
    """A document that was retrieved.

    Attributes
    ----------
    request
        What was asked for.
    mimeType
        As the repository says it.
    data
        Its bytes.
    """

    request: DocumentRequest
    mimeType: str  # noqa: N815
    data: bytes

    @property
    def uniqueId(self) -> str:  # noqa: N802
        """The document's identifier."""
        return self.request.uniqueId


def write_provide(
    submission: Submission, documents: Mapping[str, Attachment], files: Attachments
) -> xml.Element:
    """Write ``xds:ProvideAndRegisterDocumentSetRequest``.

    Parameters
    ----------
    documents
        By the id of the DocumentEntry that describes each.
    files
        Takes up the documents as attachments.
    """
    request = xml.make(xdsb("ProvideAndRegisterDocumentSetRequest"), NSMAP)
    request.append(write_submission(submission))
    for id_, document in documents.items():
        element = xml.add(request, xdsb("Document"), id=id_)
        files.include(element, document.content_type, document.data)
    return request


def read_provide(message: Message) -> tuple[Submission, dict[str, bytes]]:
    """Read ``xds:ProvideAndRegisterDocumentSetRequest``: metadata, and documents by entry.

    Raises
    ------
    XdsError
        It cannot be read, or documents and metadata do not belong together.
    """
    request = message.body
    if request is None or request.tag != xdsb("ProvideAndRegisterDocumentSetRequest"):
        raise refuse("XDSRepositoryMetadataError", "the request provides no document set")
    submitted = request.find(SUBMIT)
    if submitted is None:
        raise refuse("XDSRepositoryMetadataError", "the request has no SubmitObjectsRequest")
    try:
        submission = read_submission(submitted)
    except XdsError as error:
        # The same problem has the name of who finds it (ITI TF-3 Table 4.2.4.1-2).
        here = "XDSRepositoryMetadataError"
        raise XdsError(replace(each, code=here) for each in error.errors) from error
    entries = {entry.entryUUID for entry in submission.entries}
    documents: dict[str, bytes] = {}
    errors: list[RegistryError] = []
    for element in request.iterchildren(xdsb("Document")):
        id_ = str(element.get("id", ""))
        if id_ not in entries or id_ in documents:
            what = "a document has no DocumentEntry" if id_ not in entries else "it is there twice"
            errors.append(RegistryError("XDSMissingDocumentMetadata", f"{id_[:80]}: {what}"))
            continue
        try:
            documents[id_] = message.content(element)
        except DataError as error:
            errors.append(RegistryError("XDSMissingDocument", f"{id_[:80]}: {error.message}"))
            documents[id_] = b""
    errors += [
        RegistryError("XDSMissingDocument", f"{id_}: a DocumentEntry has no document")
        for id_ in entries - documents.keys()
    ]
    if errors:
        raise XdsError(errors)
    return submission, documents


def write_found(
    found: Iterable[RegistryObject],
    errors: Iterable[RegistryError] = (),
    *,
    returns: str,
    partly: bool = False,
) -> xml.Element:
    """Write ``query:AdhocQueryResponse``.

    Parameters
    ----------
    returns
        ``"LeafClass"`` or ``"ObjectRef"``, as of the query.
    partly
        Whether there is an answer in spite of errors, even if it is empty: one community of
        several has answered.
    """
    objects = list(found)
    response = registry_response(errors, something=partly or bool(objects), name=QUERY_RESPONSE)
    listed = xml.add(response, rim("RegistryObjectList"))
    for each in objects:
        if returns == OBJECT_REF:
            write_reference(listed, each.entryUUID, each.homeCommunityId)
        else:
            write_object(listed, each)
    return response


def read_found(response: xml.Element | None) -> Answer[RegistryObject]:
    """Read ``query:AdhocQueryResponse`` to a query for metadata.

    Raises
    ------
    XdsError
        The query failed, or what it found cannot be read.
    """
    errors = read_response(response, "AdhocQueryResponse")
    assert response is not None
    listed = response.find(rim("RegistryObjectList"))
    found, _ = read_objects(listed) if listed is not None else ([], [])
    return Answer(found, errors)


def read_references(response: xml.Element | None) -> Answer[tuple[str, str]]:
    """Read ``query:AdhocQueryResponse`` to a query for ``ObjectRef``: entryUUID and home of each.

    Raises
    ------
    XdsError
        The query failed.
    """
    errors = read_response(response, "AdhocQueryResponse")
    assert response is not None
    found = response.iterfind(f"{rim('RegistryObjectList')}/{rim('ObjectRef')}")
    return Answer(((str(e.get("id", "")), str(e.get("home", ""))) for e in found), errors)


def write_retrieve(requests: Iterable[DocumentRequest]) -> xml.Element:
    """Write ``xds:RetrieveDocumentSetRequest``."""
    body = xml.make(xdsb("RetrieveDocumentSetRequest"), NSMAP)
    for each in requests:
        _identified(xml.add(body, xdsb("DocumentRequest")), each)
    return body


def read_retrieve(body: xml.Element | None) -> list[DocumentRequest]:
    """Read ``xds:RetrieveDocumentSetRequest``.

    Raises
    ------
    XdsError
        It cannot be read, or asks for too much.
    """
    if body is None or body.tag != xdsb("RetrieveDocumentSetRequest"):
        raise refuse("XDSRepositoryError", "the request retrieves no document set")
    found = [_identity(each) for each in body.iterchildren(xdsb("DocumentRequest"))]
    if not found or len(found) > MOST_DOCUMENTS:
        raise refuse(
            "XDSRepositoryError",
            f"a request is for 1 to {MOST_DOCUMENTS} documents, not {len(found)}",
        )
    if any(not each.repositoryUniqueId or not each.uniqueId for each in found):
        raise refuse(
            "XDSRepositoryError", "a DocumentRequest has RepositoryUniqueId and DocumentUniqueId"
        )
    return found


def write_retrieved(
    documents: Iterable[Retrieved], errors: Iterable[RegistryError], files: Attachments
) -> xml.Element:
    """Write ``xds:RetrieveDocumentSetResponse``; `files` takes up the documents."""
    found = list(documents)
    body = xml.make(xdsb("RetrieveDocumentSetResponse"), NSMAP)
    body.append(registry_response(errors, something=bool(found)))
    for each in found:
        element = xml.add(body, xdsb("DocumentResponse"))
        _identified(element, each.request)
        xml.add(element, xdsb("mimeType"), each.mimeType)
        files.include(xml.add(element, xdsb("Document")), each.mimeType, each.data)
    return body


def read_retrieved(message: Message) -> Answer[Retrieved]:
    """Read ``xds:RetrieveDocumentSetResponse``.

    Raises
    ------
    XdsError
        Nothing was retrieved.
    DataError
        A document is not in the message.
    """
    body = message.body
    if body is None or body.tag != xdsb("RetrieveDocumentSetResponse"):
        raise XdsError([RegistryError("XDSRepositoryError", "the answer is no document set")])
    errors = read_response(body.find(rs("RegistryResponse")))
    found = []
    for element in body.iterchildren(xdsb("DocumentResponse")):
        document = element.find(xdsb("Document"))
        kind = xml.text_of(element.find(xdsb("mimeType")))
        data = b"" if document is None else message.content(document)
        found.append(Retrieved(_identity(element), kind, data))
    return Answer(found, errors)


def _identified(element: xml.Element, which: DocumentRequest) -> None:
    if which.homeCommunityId:
        xml.add(element, xdsb("HomeCommunityId"), which.homeCommunityId)
    xml.add(element, xdsb("RepositoryUniqueId"), which.repositoryUniqueId)
    xml.add(element, xdsb("DocumentUniqueId"), which.uniqueId)


def _identity(element: xml.Element) -> DocumentRequest:
    return DocumentRequest(
        xml.text_of(element.find(xdsb("RepositoryUniqueId"))),
        xml.text_of(element.find(xdsb("DocumentUniqueId"))),
        xml.text_of(element.find(xdsb("HomeCommunityId"))),
    )
