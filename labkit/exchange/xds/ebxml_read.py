"""Metadata from ebXML RegRep 3.0 (ITI TF-3 4.2.5): from the message to the model.

What a stranger wrote is read here, so everything that is missing or in the wrong place is an
`XdsError` that names the object and the attribute, never an error of ours.
"""

from __future__ import annotations

from typing import Any

from labkit.common.errors import UsageError
from labkit.exchange.parties import PatientId
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
from labkit.exchange.xds.names import APPROVED, LCM, REFERENCE_IDS, rim, table
from labkit.exchange.xds.problems import RegistryError, XdsError, refuse

METADATA = "XDSRegistryMetadataError"
_ENTRY_SLOTS = {
    "creationTime", "languageCode", "serviceStartTime", "serviceStopTime", "sourcePatientId",
    "legalAuthenticator", "URI", "hash", "repositoryUniqueId", "size", "sourcePatientInfo",
    REFERENCE_IDS,
}  # fmt: skip
_SET_SLOTS = {"submissionTime", "intendedRecipient"}
_ASSOCIATION_SLOTS = {"SubmissionSetStatus"}


def read_submission(request: xml.Element | None) -> Submission:
    """Read ``lcm:SubmitObjectsRequest``.

    Raises
    ------
    XdsError
        The metadata cannot be read: each problem is in it.
    """
    there = request is not None and request.tag == f"{{{LCM}}}SubmitObjectsRequest"
    listed = request.find(rim("RegistryObjectList")) if request is not None and there else None
    if listed is None:
        raise refuse(METADATA, "the request is no SubmitObjectsRequest with a RegistryObjectList")
    found, warnings = read_objects(listed)
    sets = [each for each in found if isinstance(each, SubmissionSet)]
    if len(sets) != 1:
        raise refuse(METADATA, f"a submission has one SubmissionSet, this has {len(sets)}")
    return Submission(
        sets[0],
        tuple(each for each in found if isinstance(each, DocumentEntry)),
        tuple(each for each in found if isinstance(each, Folder)),
        tuple(each for each in found if isinstance(each, Association)),
        tuple(warnings),
    )


def read_objects(listed: xml.Element) -> tuple[list[RegistryObject], list[RegistryError]]:
    """Read a ``rim:RegistryObjectList``: its objects, and what in it was not understood.

    Raises
    ------
    XdsError
        An object cannot be read: all that cannot is named.
    """
    kinds = _kinds(listed)
    found: list[RegistryObject] = []
    errors: list[RegistryError] = []
    warnings: list[RegistryError] = []
    for element in xml.children(listed):
        name = element.tag.rpartition("}")[2]
        reader = _Reader(element, warnings)
        try:
            if name == "ExtrinsicObject":
                found.append(_entry(reader))
            elif name == "RegistryPackage":
                found.append(_package(reader, kinds))
            elif name == "Association":
                found.append(_association(reader))
            elif name not in ("Classification", "ObjectRef"):
                warnings.append(_not_kept(f"an object {name}", element.get("id", "")))
        except XdsError as error:
            errors += error.errors
    if errors:
        raise XdsError(errors)
    return found, warnings


def _kinds(listed: xml.Element) -> dict[str, str]:
    """Which package is a SubmissionSet and which a Folder: a classification says it (4.2.5.1.3)."""
    by_node = {uuid: kind for kind, uuid in table()["nodes"].items()}
    kinds: dict[str, str] = {}
    for element in listed.iter(rim("Classification")):
        kind = by_node.get(element.get("classificationNode", ""))
        if kind:
            kinds[element.get("classifiedObject", "")] = kind
    return kinds


class _Reader:
    """One object of a message: its slots, names, codes and identifiers, by the model's names."""

    def __init__(self, element: xml.Element, warnings: list[RegistryError]) -> None:
        self.element = element
        self.id = str(element.get("id", "")).strip()
        self._warnings = warnings
        self.slots: dict[str, tuple[str, ...]] = {}
        for slot in element.iterchildren(rim("Slot")):
            name = slot.get("name", "")
            if name in self.slots:
                raise self.error(f"the Slot {name[:80]!r} is there twice")
            self.slots[name] = _values(slot)

    def error(self, what: str) -> XdsError:
        return refuse(METADATA, f"{self.id or 'an object without id'}: {what}", self.id)

    def text(self, name: str, *, needed: bool = False) -> str:
        values = self.slots.get(name, ())
        if len(values) > 1:
            raise self.error(f"{name} has {len(values)} values, and may have one")
        if needed and not (values and values[0]):
            raise self.error(f"{name} is missing")
        return values[0] if values else ""

    def number(self, name: str) -> int | None:
        text = self.text(name)
        if text and not (text.isascii() and text.isdigit() and len(text) < 19):
            raise self.error(f"{name} is {text[:40]!r}, not a number of bytes")
        return int(text) if text else None

    def name(self, part: str) -> str:
        found = self.element.find(f"{rim(part)}/{rim('LocalizedString')}")
        return "" if found is None else str(found.get("value", ""))

    def more(self, known: set[str]) -> Slots:
        return tuple((name, values) for name, values in self.slots.items() if name not in known)

    def classified(self, kind: str) -> dict[str, list[xml.Element]]:
        names = {uuid: name for name, uuid in table()["schemes"][kind].items()}
        found: dict[str, list[xml.Element]] = {}
        for each in self.element.iterchildren(rim("Classification")):
            scheme = each.get("classificationScheme", "")
            if scheme in names:
                found.setdefault(names[scheme], []).append(each)
            elif scheme:
                self._warnings.append(_not_kept(f"a Classification of {scheme[:80]}", self.id))
        return found

    def codes(self, found: dict[str, list[xml.Element]], name: str) -> tuple[Code, ...]:
        return tuple(self._code(each, name) for each in found.get(name, ()))

    def code(self, found: dict[str, list[xml.Element]], name: str) -> Code:
        codes = self.codes(found, name)
        if len(codes) != 1:
            raise self.error(f"{name} is {'missing' if not codes else 'there more than once'}")
        return codes[0]

    def _code(self, element: xml.Element, name: str) -> Code:
        inner = _Reader(element, self._warnings)
        value, scheme = element.get("nodeRepresentation", ""), inner.text("codingScheme")
        if not value or not scheme:
            raise self.error(f"{name} has no code, or no codingScheme")
        return Code(value, scheme, inner.name("Name"))

    def authors(self, found: dict[str, list[xml.Element]]) -> tuple[Author, ...]:
        made = []
        for element in found.get("author", ()):
            inner = _Reader(element, self._warnings)
            made.append(
                Author(
                    inner.text("authorPerson"),
                    inner.slots.get("authorInstitution", ()),
                    inner.slots.get("authorRole", ()),
                    inner.slots.get("authorSpecialty", ()),
                    inner.slots.get("authorTelecommunication", ()),
                )
            )
        return tuple(made)

    def identifiers(self, kind: str) -> dict[str, str]:
        names = {uuid: name for name, uuid in table()["identifiers"][kind].items()}
        found: dict[str, str] = {}
        for each in self.element.iterchildren(rim("ExternalIdentifier")):
            name = names.get(each.get("identificationScheme", ""))
            if name in found:
                raise self.error(f"{name} is there twice")
            if name:
                found[name] = str(each.get("value", "")).strip()
        for name in names.values():
            if not found.get(name):
                raise self.error(f"{name} is missing")
        return found

    def patient(self, cx: str) -> PatientId:
        try:
            return PatientId.parse(cx)
        except UsageError as error:
            raise self.error(f"patientId is no CX with an OID: {cx[:80]!r}") from error

    def common(self) -> dict[str, Any]:
        return {
            "entryUUID": self.id,
            "homeCommunityId": self.element.get("home", ""),
            "availabilityStatus": self.element.get("status") or APPROVED,
        }


def _entry(r: _Reader) -> DocumentEntry:
    codes, ids = r.classified("DocumentEntry"), r.identifiers("DocumentEntry")
    return DocumentEntry(
        uniqueId=ids["uniqueId"],
        patientId=r.patient(ids["patientId"]),
        classCode=r.code(codes, "classCode"),
        typeCode=r.code(codes, "typeCode"),
        formatCode=r.code(codes, "formatCode"),
        healthcareFacilityTypeCode=r.code(codes, "healthcareFacilityTypeCode"),
        practiceSettingCode=r.code(codes, "practiceSettingCode"),
        confidentialityCode=r.codes(codes, "confidentialityCode"),
        eventCodeList=r.codes(codes, "eventCodeList"),
        author=r.authors(codes),
        mimeType=r.element.get("mimeType", ""),
        objectType=r.element.get("objectType", ""),
        creationTime=r.text("creationTime"),
        languageCode=r.text("languageCode"),
        sourcePatientId=r.text("sourcePatientId"),
        sourcePatientInfo=r.slots.get("sourcePatientInfo", ()),
        serviceStartTime=r.text("serviceStartTime"),
        serviceStopTime=r.text("serviceStopTime"),
        legalAuthenticator=r.text("legalAuthenticator"),
        referenceIdList=r.slots.get(REFERENCE_IDS, ()),
        URI="".join(r.slots.get("URI", ())),
        hash=r.text("hash").lower(),
        size=r.number("size"),
        repositoryUniqueId=r.text("repositoryUniqueId"),
        title=r.name("Name"),
        comments=r.name("Description"),
        slots=r.more(_ENTRY_SLOTS),
        **r.common(),
    )


def _package(r: _Reader, kinds: dict[str, str]) -> SubmissionSet | Folder:
    kind = kinds.get(r.id)
    if kind is None:
        raise r.error("a RegistryPackage is classified neither as SubmissionSet nor as Folder")
    codes, ids = r.classified(kind), r.identifiers(kind)
    named = {"title": r.name("Name"), "comments": r.name("Description"), **r.common()}
    if kind == "Folder":
        return Folder(
            uniqueId=ids["uniqueId"],
            patientId=r.patient(ids["patientId"]),
            codeList=r.codes(codes, "codeList"),
            lastUpdateTime=r.text("lastUpdateTime"),
            slots=r.more({"lastUpdateTime"}),
            **named,
        )
    return SubmissionSet(
        uniqueId=ids["uniqueId"],
        sourceId=ids["sourceId"],
        patientId=r.patient(ids["patientId"]),
        contentTypeCode=r.code(codes, "contentTypeCode"),
        submissionTime=r.text("submissionTime"),
        author=r.authors(codes),
        intendedRecipient=r.slots.get("intendedRecipient", ()),
        slots=r.more(_SET_SLOTS),
        **named,
    )


def _association(r: _Reader) -> Association:
    types = {urn: name for name, urn in table()["associations"].items()}
    urn = r.element.get("associationType", "")
    if urn not in types:
        raise r.error(f"an Association has the unknown type {urn[:80]!r}")
    source, target = r.element.get("sourceObject", ""), r.element.get("targetObject", "")
    if not source or not target:
        raise r.error("an Association has no sourceObject, or no targetObject")
    status = r.text("SubmissionSetStatus")
    return Association(
        types[urn], source, target, status, slots=r.more(_ASSOCIATION_SLOTS), **r.common()
    )


def _values(slot: xml.Element) -> tuple[str, ...]:
    found = slot.iterfind(f"{rim('ValueList')}/{rim('Value')}")
    return tuple(value for value in (xml.text_of(each) for each in found) if value)


def _not_kept(what: str, id_: str) -> RegistryError:
    return RegistryError("XDSExtraMetadataNotSaved", f"{what} is not kept", id_, warning=True)
