"""A document and what is said of it: the metadata of document sharing (ITI TF-3 4.2.3.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Resource = dict[str, Any]
URI = "urn:ietf:rfc:3986"
"""The system of identifiers that are URIs."""


@dataclass(frozen=True)
class Code:
    """A code of a system."""

    system: str
    code: str
    display: str = ""

    @property
    def coding(self) -> Resource:
        """FHIR Coding."""
        shown = {"display": self.display} if self.display else {}
        return {"system": self.system, "code": self.code, **shown}

    @property
    def concept(self) -> Resource:
        """FHIR CodeableConcept."""
        return {"coding": [self.coding]}


def uri(text: str) -> str:
    """Write an OID as a URI; leave a URI as it is."""
    return text if ":" in text else f"urn:oid:{text}"


@dataclass(frozen=True)
class Document:
    """One document to share.

    Attributes
    ----------
    content
        Its bytes.
    content_type
        Its media type: ``"application/dicom"``.
    unique_id
        Its identity for ever: an OID, or a URI. Of a DICOM object its SOP Instance UID.
    title, description
        For people.
    creation
        When its content was made (FHIR dateTime).
    language
        As in RFC 5646: ``"en"``.
    type, category
        The exact and the general kind (typeCode, classCode).
    format
        What a program has to understand (formatCode).
    facility, setting
        Of what kind the place is (healthcareFacilityTypeCode), and the specialty
        (practiceSettingCode).
    security
        confidentialityCode.
    events
        What was done; of a manifest, the modalities and regions (eventCodeList).
    period
        Start and end of the service (FHIR dateTime); ``""`` where not known.
    related
        Identifiers of what it belongs to, such as a study and an order (referenceIdList).
    author, authenticator
        Practitioner, Organization or Device resources.
    relates
        Links to documents that are there: ``(("replaces", "DocumentReference/12"),)``, with the
        codes of R4 document-relationship-type.
    """

    content: bytes = field(repr=False)
    content_type: str
    unique_id: str
    title: str = ""
    description: str = ""
    creation: str = ""
    language: str = ""
    type: Code | None = None
    category: Code | None = None
    format: Code | None = None
    facility: Code | None = None
    setting: Code | None = None
    security: tuple[Code, ...] = ()
    events: tuple[Code, ...] = ()
    period: tuple[str, str] = ("", "")
    related: tuple[Mapping[str, Any], ...] = ()
    author: Mapping[str, Any] | None = None
    authenticator: Mapping[str, Any] | None = None
    relates: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Submission:
    """Who submits what and when: the SubmissionSet (ITI TF-3 4.2.3.3).

    Attributes
    ----------
    source_id
        OID of the system that submits; not of the person.
    unique_id
        OID of this submission.
    date
        When (FHIR dateTime, with a time zone where it has a time).
    designation
        Of what kind it is (contentTypeCode).
    author
        A Practitioner, Organization or Device resource.
    """

    source_id: str
    unique_id: str
    date: str
    title: str = ""
    designation: Code | None = None
    author: Mapping[str, Any] | None = None
