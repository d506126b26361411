"""RetrieveDocumentSetResponse: the answer of ITI-43, ITI-39, RAD-69 and RAD-75 (temporary)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labkit.common.errors import DataError
from labkit.exchange.soap import Attachments, Message, xml

XDSB = "urn:ihe:iti:xds-b:2007"
RS = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0"
_STATUS = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:"
_IHE_STATUS = "urn:ihe:iti:2007:ResponseStatusType:"
_SEVERITY = "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:"


@dataclass(frozen=True)
class RegistryError:
    code: str
    context: str
    location: str = ""
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.code}: {self.context}" + (f" ({self.location})" if self.location else "")


@dataclass(frozen=True)
class Retrieved:
    repository: str
    unique_id: str
    mime_type: str
    data: bytes
    home: str = ""


def retrieve_response(
    request: Message, action: str, documents: Sequence[Retrieved], errors: Sequence[RegistryError]
) -> Message:
    body = xml.make(f"{{{XDSB}}}RetrieveDocumentSetResponse", {"xdsb": XDSB, "rs": RS})
    failed = [e for e in errors if not e.warning]
    status = _STATUS + "Success"
    if failed:
        status = _IHE_STATUS + "PartialSuccess" if documents else _STATUS + "Failure"
    response = xml.add(body, f"{{{RS}}}RegistryResponse", status=status)
    if errors:
        listed = xml.add(response, f"{{{RS}}}RegistryErrorList")
        for error in errors:
            xml.add(
                listed,
                f"{{{RS}}}RegistryError",
                errorCode=error.code,
                codeContext=error.context,
                location=error.location,
                severity=_SEVERITY + ("Warning" if error.warning else "Error"),
            )
    attachments = Attachments()
    for one in documents:
        document = xml.add(body, f"{{{XDSB}}}DocumentResponse")
        if one.home:
            xml.add(document, f"{{{XDSB}}}HomeCommunityId", one.home)
        xml.add(document, f"{{{XDSB}}}RepositoryUniqueId", one.repository)
        xml.add(document, f"{{{XDSB}}}DocumentUniqueId", one.unique_id)
        xml.add(document, f"{{{XDSB}}}mimeType", one.mime_type)
        attachments.include(xml.add(document, f"{{{XDSB}}}Document"), one.mime_type, one.data)
    return request.reply(action, body, attachments)


def _errors(response: xml.Element, errors: Sequence[RegistryError]) -> None:
    if errors:
        listed = xml.add(response, f"{{{RS}}}RegistryErrorList")
        for error in errors:
            xml.add(
                listed,
                f"{{{RS}}}RegistryError",
                errorCode=error.code,
                codeContext=error.context,
                location=error.location,
                severity=_SEVERITY + ("Warning" if error.warning else "Error"),
            )


def read_errors(body: xml.Element) -> list[RegistryError]:
    return [
        RegistryError(
            e.get("errorCode", ""),
            e.get("codeContext", ""),
            e.get("location", ""),
            str(e.get("severity", "")).endswith("Warning"),
        )
        for e in body.iter(f"{{{RS}}}RegistryError")
    ]


def read_retrieve_response(message: Message) -> tuple[list[Retrieved], list[RegistryError]]:
    body = message.body
    if body is None or body.tag != f"{{{XDSB}}}RetrieveDocumentSetResponse":
        raise DataError("The answer is no RetrieveDocumentSetResponse.", remedy="ITI TF-2 3.43.5.")
    errors = [
        RegistryError(
            e.get("errorCode", ""),
            e.get("codeContext", ""),
            e.get("location", ""),
            str(e.get("severity", "")).endswith("Warning"),
        )
        for e in body.iter(f"{{{RS}}}RegistryError")
    ]
    documents = []
    for one in xml.children(body, f"{{{XDSB}}}DocumentResponse"):

        def said(name: str) -> str:
            return xml.text_of(one.find(f"{{{XDSB}}}{name}"))

        documents.append(
            Retrieved(
                said("RepositoryUniqueId"),
                said("DocumentUniqueId"),
                said("mimeType"),
                message.content(one.find(f"{{{XDSB}}}Document")),
                said("HomeCommunityId"),
            )
        )
    return documents, errors


@dataclass(frozen=True)
class DocumentRequest:
    repository: str
    unique_id: str
    home: str = ""


def read_document_requests(body: xml.Element | None) -> list[DocumentRequest]:
    if body is None or body.tag != f"{{{XDSB}}}RetrieveDocumentSetRequest":
        raise DataError("The body is no RetrieveDocumentSetRequest.", remedy="ITI TF-2 3.43.5.")
    return [
        DocumentRequest(
            xml.text_of(one.find(f"{{{XDSB}}}RepositoryUniqueId")),
            xml.text_of(one.find(f"{{{XDSB}}}DocumentUniqueId")),
            xml.text_of(one.find(f"{{{XDSB}}}HomeCommunityId")),
        )
        for one in xml.children(body, f"{{{XDSB}}}DocumentRequest")
    ]


def write_document_requests(requests: Sequence[DocumentRequest]) -> xml.Element:
    body = xml.make(f"{{{XDSB}}}RetrieveDocumentSetRequest", {"xdsb": XDSB})
    for one in requests:
        document = xml.add(body, f"{{{XDSB}}}DocumentRequest")
        if one.home:
            xml.add(document, f"{{{XDSB}}}HomeCommunityId", one.home)
        xml.add(document, f"{{{XDSB}}}RepositoryUniqueId", one.repository)
        xml.add(document, f"{{{XDSB}}}DocumentUniqueId", one.unique_id)
    return body


QUERY = "urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0"
RIM = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"


def query_response(
    request: Message,
    action: str,
    objects: Sequence[xml.Element],
    errors: Sequence[RegistryError],
    *,
    partly: bool = False,
) -> Message:
    failed = any(not error.warning for error in errors)
    status = "Success" if not failed else "PartialSuccess" if objects or partly else "Failure"
    space = _IHE_STATUS if status == "PartialSuccess" else _STATUS
    body = xml.make(
        f"{{{QUERY}}}AdhocQueryResponse",
        {"query": QUERY, "rim": RIM, "rs": RS},
        status=space + status,
    )
    _errors(body, errors)
    listed = xml.add(body, f"{{{RIM}}}RegistryObjectList")
    listed.extend(objects)
    return request.reply(action, body)


def read_query_response(message: Message) -> tuple[list[xml.Element], list[RegistryError]]:
    body = message.body
    if body is None or body.tag != f"{{{QUERY}}}AdhocQueryResponse":
        raise DataError("The answer is no AdhocQueryResponse.", remedy="ITI TF-2 3.18.4.1.3.")
    found = body.find(f"{{{RIM}}}RegistryObjectList")
    return ([] if found is None else xml.children(found)), read_errors(body)
