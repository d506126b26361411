"""Metadata as ebXML RegRep 3.0 (ITI TF-3 4.2.5): from the model to the message.

An attribute is a Slot, a Classification or an ExternalIdentifier of its object. The order of the
parts of an object is the schema's: Slot, Name, Description, Classification, ExternalIdentifier.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from labkit.exchange.soap import xml
from labkit.exchange.xds.model import (
    Association,
    Author,
    Code,
    DocumentEntry,
    Folder,
    RegistryObject,
    Slots,
    Submission,
    SubmissionSet,
)
from labkit.exchange.xds.names import LCM, NSMAP, REFERENCE_IDS, rim, table

_AUTHOR = ("authorInstitution", "authorRole", "authorSpecialty", "authorTelecommunication")
_SPACE = uuid.UUID("a54d6aa5-d40d-43f9-88c5-b4633d873bdd")


def write_submission(submission: Submission) -> xml.Element:
    """Write ``lcm:SubmitObjectsRequest``."""
    request = xml.make(f"{{{LCM}}}SubmitObjectsRequest", NSMAP)
    listed = xml.add(request, rim("RegistryObjectList"))
    for each in submission.objects():
        write_object(listed, each)
    return request


def write_object(parent: xml.Element, what: RegistryObject) -> xml.Element:
    """Write one registry object into a ``rim:RegistryObjectList``."""
    if isinstance(what, DocumentEntry):
        return _entry(parent, what)
    if isinstance(what, Association):
        return _association(parent, what)
    return _package(parent, what)


def write_reference(parent: xml.Element, id_: str, home: str = "") -> None:
    """Write a ``rim:ObjectRef``."""
    element = xml.add(parent, rim("ObjectRef"), id=id_)
    if home:
        element.set("home", home)


def _object(parent: xml.Element, name: str, what: RegistryObject, **more: str) -> xml.Element:
    element = xml.add(parent, rim(name), id=what.entryUUID or "association", **more)
    if what.homeCommunityId:
        element.set("home", xml.writable(what.homeCommunityId))
    element.set("status", what.availabilityStatus)
    return element


def _entry(parent: xml.Element, entry: DocumentEntry) -> xml.Element:
    element = _object(
        parent, "ExtrinsicObject", entry, mimeType=entry.mimeType, objectType=entry.objectType
    )
    for name in (
        "creationTime",
        "languageCode",
        "serviceStartTime",
        "serviceStopTime",
        "sourcePatientId",
        "legalAuthenticator",
        "URI",
        "hash",
        "repositoryUniqueId",
    ):
        _slot(element, name, [getattr(entry, name)])
    _slot(element, "size", [] if entry.size is None else [str(entry.size)])
    _slot(element, "sourcePatientInfo", entry.sourcePatientInfo)
    _slot(element, REFERENCE_IDS, entry.referenceIdList)
    _more(element, entry.slots)
    _named(element, entry.title, entry.comments)
    _authors(element, "DocumentEntry", entry.author)
    for name in (
        "classCode",
        "confidentialityCode",
        "eventCodeList",
        "formatCode",
        "healthcareFacilityTypeCode",
        "practiceSettingCode",
        "typeCode",
    ):
        found = getattr(entry, name)
        _codes(element, "DocumentEntry", name, [found] if isinstance(found, Code) else found)
    _identifiers(element, "DocumentEntry", patientId=entry.patientId.cx, uniqueId=entry.uniqueId)
    return element


def _package(parent: xml.Element, package: SubmissionSet | Folder) -> xml.Element:
    element = _object(
        parent,
        "RegistryPackage",
        package,
        objectType="urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:RegistryPackage",
    )
    kind = type(package).__name__
    if isinstance(package, SubmissionSet):
        _slot(element, "submissionTime", [package.submissionTime])
        _slot(element, "intendedRecipient", package.intendedRecipient)
    else:
        _slot(element, "lastUpdateTime", [package.lastUpdateTime])
    _more(element, package.slots)
    _named(element, package.title, package.comments)
    if isinstance(package, SubmissionSet):
        _authors(element, kind, package.author)
        _codes(element, kind, "contentTypeCode", [package.contentTypeCode])
    else:
        _codes(element, kind, "codeList", package.codeList)
    _classified(element, classificationNode=table()["nodes"][kind])
    ids = {"patientId": package.patientId.cx, "uniqueId": package.uniqueId}
    if isinstance(package, SubmissionSet):
        ids["sourceId"] = package.sourceId
    _identifiers(element, kind, **ids)
    return element


def _association(parent: xml.Element, tie: Association) -> xml.Element:
    element = _object(
        parent,
        "Association",
        tie,
        associationType=tie.urn,
        sourceObject=tie.sourceObject,
        targetObject=tie.targetObject,
    )
    if not tie.entryUUID:
        element.set("id", f"association{len(parent)}")  # a symbolic id: the registry makes the UUID
    _slot(element, "SubmissionSetStatus", [tie.submissionSetStatus])
    _more(element, tie.slots)
    return element


def _slot(parent: xml.Element, name: str, values: Iterable[str]) -> None:
    kept = [value for value in values if value]
    if not kept:
        return
    listed = xml.add(xml.add(parent, rim("Slot"), name=name), rim("ValueList"))
    for value in kept:
        xml.add(listed, rim("Value"), value)


def _more(element: xml.Element, slots: Slots) -> None:
    for name, values in slots:
        _slot(element, name, values)


def _named(element: xml.Element, title: str, comments: str) -> None:
    for name, value in (("Name", title), ("Description", comments)):
        if value:
            xml.add(xml.add(element, rim(name)), rim("LocalizedString"), value=value)


def _classified(element: xml.Element, **attributes: str) -> xml.Element:
    owner = element.get("id")
    number = str(len(element))
    return xml.add(
        element,
        rim("Classification"),
        id=_id(owner, number),
        classifiedObject=owner,
        objectType="urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:Classification",
        **attributes,
    )


def _codes(element: xml.Element, kind: str, name: str, codes: Iterable[Code]) -> None:
    scheme = table()["schemes"][kind][name]
    for code in codes:
        found = _classified(element, classificationScheme=scheme, nodeRepresentation=code.code)
        _slot(found, "codingScheme", [code.scheme])
        _named(found, code.display, "")


def _authors(element: xml.Element, kind: str, authors: Iterable[Author]) -> None:
    scheme = table()["schemes"][kind]["author"]
    for author in authors:
        found = _classified(element, classificationScheme=scheme, nodeRepresentation="")
        _slot(found, "authorPerson", [author.authorPerson])
        for name in _AUTHOR:
            _slot(found, name, getattr(author, name))


def _identifiers(element: xml.Element, kind: str, **values: str) -> None:
    owner = element.get("id")
    for name, value in values.items():
        found = xml.add(
            element,
            rim("ExternalIdentifier"),
            id=_id(owner, name),
            registryObject=owner,
            objectType="urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:ExternalIdentifier",
            identificationScheme=table()["identifiers"][kind][name],
            value=value,
        )
        _named(found, f"XDS{kind}.{name}", "")


def _id(owner: str, part: str) -> str:
    """Name a part of an object: a UUID where the object has one, else a symbolic id too."""
    if not owner.startswith("urn:uuid:"):
        return f"{owner}.{part}"
    return f"urn:uuid:{uuid.uuid5(_SPACE, f'{owner}|{part}')}"
