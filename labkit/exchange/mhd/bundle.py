"""From documents to the Bundle of ITI-65: SubmissionSet, DocumentReferences and Binaries."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from labkit.exchange.mhd.content import digest
from labkit.exchange.mhd.model import URI, Document, Resource, Submission, uri
from labkit.exchange.mhd.rules import CANONICAL, LIST_TYPES, PREFIX

_KEPT = ("resourceType", "identifier", "name", "gender", "birthDate", "address", "telecom")
"""What of a person goes into a contained resource."""


def provide_bundle(
    documents: Sequence[Document],
    submission: Submission,
    *,
    subject: str,
    level: str = "minimal",
    source_patient: Mapping[str, Any] | None = None,
) -> Resource:
    """Make the transaction that submits documents (2:3.65.4.1.2).

    Nothing is checked: see `check_bundle`. The same arguments give the same Bundle.

    Parameters
    ----------
    documents
        New documents; one that `relates` by ``"replaces"`` has what it replaces superseded.
    subject
        The Patient they are about, as reference: ``"Patient/12"``.
    level
        ``"minimal"``, ``"comprehensive"`` or ``"uncontained"``.
    source_patient
        The Patient resource as the source has it (sourcePatientInfo).
    """
    base = uri(submission.unique_id)
    entries: list[Resource] = []
    items = []
    for number, document in enumerate(documents):
        reference, binary = _name(base, f"document {number}"), _name(base, f"binary {number}")
        resource = document_reference(
            document, subject, submission.date, binary, level=level, source_patient=source_patient
        )
        items.append({"item": {"reference": reference}})
        data = base64.b64encode(document.content).decode()
        content = {"resourceType": "Binary", "contentType": document.content_type, "data": data}
        entries.append(_entry(reference, resource))
        entries.append(_entry(binary, content))
        for code, target in document.relates:
            if code == "replaces":
                entries.append(_superseded(_name(base, f"patch of {target}"), target))
    submitted = _submission_set(submission, subject, level, items)
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [f"{CANONICAL}{PREFIX[level]}ProvideBundle"]},
        "type": "transaction",
        "entry": [_entry(_name(base, "submission"), submitted), *entries],
    }


def document_reference(
    document: Document,
    subject: str,
    date: str,
    url: str,
    *,
    level: str = "minimal",
    source_patient: Mapping[str, Any] | None = None,
) -> Resource:
    """Make the DocumentReference of a document that is to be had at `url`."""
    contained = _Contained(level)
    start, end = document.period
    context = {
        "event": [code.concept for code in document.events],
        "period": _said({"start": start, "end": end}),
        "facilityType": document.facility.concept if document.facility else None,
        "practiceSetting": document.setting.concept if document.setting else None,
        "sourcePatientInfo": contained.reference(source_patient, "patient", subject),
        "related": [{"identifier": dict(one)} for one in document.related],
    }
    attachment = {
        "contentType": document.content_type,
        "language": document.language,
        "url": url,
        "size": len(document.content),
        "hash": digest(document.content),
        "title": document.title,
        "creation": document.creation,
    }
    author = contained.reference(document.author, "author")
    whole = {
        "resourceType": "DocumentReference",
        "meta": {"profile": [f"{CANONICAL}{PREFIX[level]}DocumentReference"]},
        "contained": contained.resources,
        "masterIdentifier": {"use": "usual", "system": URI, "value": uri(document.unique_id)},
        "status": "current",
        "type": document.type.concept if document.type else None,
        "category": [document.category.concept] if document.category else None,
        "subject": {"reference": subject},
        "date": date if "T" in date else "",  # an instant, or nothing
        "author": [author] if author else None,
        "authenticator": contained.reference(document.authenticator, "authenticator"),
        "relatesTo": [
            {"code": code, "target": {"reference": target}} for code, target in document.relates
        ],
        "description": document.description,
        "securityLabel": [code.concept for code in document.security],
        "content": [
            _said(
                {
                    "attachment": _said(attachment, keep=("size",)),
                    "format": document.format.coding if document.format else None,
                }
            )
        ],
        "context": _said(context),
    }
    return _said(whole)


def _submission_set(
    submission: Submission, subject: str, level: str, items: list[Resource]
) -> Resource:
    contained = _Contained(level)
    source_id = {"system": URI, "value": uri(submission.source_id)}
    extensions = [{"url": f"{CANONICAL}ihe-sourceId", "valueIdentifier": source_id}]
    if submission.designation:
        concept = submission.designation.concept
        url = f"{CANONICAL}ihe-designationType"
        extensions.append({"url": url, "valueCodeableConcept": concept})
    author = contained.reference(submission.author, "author")
    if author and submission.author and submission.author["resourceType"] == "Organization":
        # List.source cannot be an Organization in R4; IHE has an extension for it.
        author = {"extension": [{"url": f"{CANONICAL}ihe-authorOrg", "valueReference": author}]}
    return _said(
        {
            "resourceType": "List",
            "meta": {"profile": [f"{CANONICAL}{PREFIX[level]}SubmissionSet"]},
            "contained": contained.resources,
            "extension": extensions,
            "identifier": [{"use": "usual", "system": URI, "value": uri(submission.unique_id)}],
            "status": "current",
            "mode": "working",
            "title": submission.title,
            "code": {"coding": [{"system": LIST_TYPES, "code": "submissionset"}]},
            "subject": {"reference": subject},
            "date": submission.date,
            "source": author,
            "entry": items,
        }
    )


def _superseded(full_url: str, target: str) -> Resource:
    """The patch that goes with a replacement (IHE.MHD.Patch.Parameters)."""
    parts = [
        {"name": "type", "valueCode": "replace"},
        {"name": "path", "valueString": "DocumentReference.status"},
        {"name": "value", "valueCode": "superseded"},
    ]
    patch = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}
    request = {"method": "PATCH", "url": target}
    return {"fullUrl": full_url, "resource": patch, "request": request}


class _Contained:
    """Collects what a resource contains, and gives references to it."""

    def __init__(self, level: str) -> None:
        self.level = level
        self.resources: list[Resource] = []

    def reference(
        self, resource: Mapping[str, Any] | None, name: str, instead: str = ""
    ) -> Resource | None:
        """Contain a resource and refer to it; uncontained, refer to where it is, if it is."""
        if resource is None:
            return None
        own = f"{resource['resourceType']}/{resource['id']}" if resource.get("id") else instead
        if self.level == "uncontained" and own:
            return {"reference": own}
        kept = {key: resource[key] for key in _KEPT if key in resource}
        self.resources.append({**kept, "id": name})
        return {"reference": f"#{name}"}


def _name(base: str, what: str) -> str:
    """Name an entry; the same one for the same submission."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, f'{base} {what}')}"


def _entry(full_url: str, resource: Resource) -> Resource:
    request = {"method": "POST", "url": resource["resourceType"]}
    return {"fullUrl": full_url, "resource": resource, "request": request}


def _said(values: Mapping[str, Any], keep: tuple[str, ...] = ()) -> Resource:
    """Leave out what is not said: R4 has no empty elements."""
    return {name: v for name, v in values.items() if v or name in keep}
