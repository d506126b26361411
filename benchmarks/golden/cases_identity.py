"""Identifiers, references to patients and orders, and what belongs to what."""

from __future__ import annotations

from benchmarks.golden.headers import CT, ROOT, code, header, item, rejection
from benchmarks.golden.model import Case, count, has, is_, lacks, mentions

DCM = "http://dicom.nema.org/resources/ontology/DCM"
_ISO = item(UniversalEntityID="1.2.40.0.13", UniversalEntityIDType="ISO")
_LOCAL = item(LocalNamespaceEntityID="NORTHGEN")
_NOTES = "FHIR R4 imagingstudy.html#notes"
_PATIENT = "PS3.3 C.7.1.1"

CASES: tuple[Case, ...] = (
    Case(
        "study-uid", "study UID", "The README of a converter shows urn:DICOM:uid.", _NOTES,
        lambda: [header()],
        (has("ImagingStudy.identifier.system", "urn:dicom:uid"),
         has("ImagingStudy.identifier.value", f"urn:oid:{ROOT}.1")),
    ),
    Case(
        "study-uid-beside-accession", "study UID",
        "One converter gives the accession or the study UID, never both.", _NOTES,
        lambda: [header()],
        (has("ImagingStudy.identifier.value", f"urn:oid:{ROOT}.1", "A1"),),
    ),
    Case(
        "study-uid-leading-zero", "study UID",
        "A component with a leading zero is no UID, and no urn:oid: can carry it.", "PS3.5 9.1",
        lambda: [header(StudyInstanceUID="1.2.03.4"), header(study=2)],
        (count("ImagingStudy.status", 1), lacks("ImagingStudy.identifier.value",
                                                "urn:oid:1.2.03.4")),
    ),
    Case(
        "two-studies", "study UID", "Two studies in one folder are two.", "PS3.3 A.1.2",
        lambda: [header(), header(study=2), header(2)],
        (count("ImagingStudy.status", 2),
         has("ImagingStudy.identifier.value", f"urn:oid:{ROOT}.1", f"urn:oid:{ROOT}.2")),
    ),
    Case(
        "no-study-uid", "study UID", "A file without it is told, and the rest goes on.",
        "PS3.3 C.7.2.1", lambda: [header(StudyInstanceUID=None), header(2)],
        (count("ImagingStudy.status", 1), is_("ImagingStudy.series.instance.uid",
                                              f"{ROOT}.1.1.2")),
    ),
    Case(
        "series-uid-bare", "UIDs below", "series.uid is an id, not a URI.",
        "FHIR R4 imagingstudy series.uid", lambda: [header()],
        (is_("ImagingStudy.series.uid", f"{ROOT}.1.1"),
         is_("ImagingStudy.series.instance.uid", f"{ROOT}.1.1.1")),
    ),
    Case(
        "same-instance-twice", "UIDs below", "An instance that came twice is one.",
        "PS3.3 C.12.1", lambda: [header(), header(), header(2)],
        (count("ImagingStudy.series.instance.uid", 2), is_("ImagingStudy.numberOfInstances", 2)),
    ),
    Case(
        "study-id", "study ID", "(0020,0010) is in the official table and often left out.",
        "PS3.3 C.7.2.1", lambda: [header(StudyID="RP7")],
        (has("ImagingStudy.identifier.value", "RP7"),),
    ),
    Case(
        "accession-type", "accession", "The type is ACSN of HL7 v2 table 0203.",
        "FHIR R4 imagingstudy identifier", lambda: [header()],
        (has("ImagingStudy.identifier.type.coding.code", "ACSN"),
         has("ImagingStudy.identifier.type.coding.system",
             "http://terminology.hl7.org/CodeSystem/v2-0203")),
    ),
    Case(
        "accession-issuer-iso", "accession",
        "(0008,0051), which the official table misprints, says whose number it is.",
        "PS3.3 C.7.2.1, Table 10-17",
        lambda: [header(IssuerOfAccessionNumberSequence=[_ISO])],
        (has("ImagingStudy.identifier.system", "urn:oid:1.2.40.0.13"),),
    ),
    Case(
        "accession-issuer-local", "accession",
        "A local name is no URI: it is told as assigner, and no system is made of it.",
        "PS3.3 Table 10-17", lambda: [header(IssuerOfAccessionNumberSequence=[_LOCAL])],
        (is_("ImagingStudy.identifier.system", "urn:dicom:uid"),
         has("ImagingStudy.identifier.assigner.display", "NORTHGEN")),
    ),
    Case(
        "accession-empty", "accession", "Type 2: there, and empty. No identifier of nothing.",
        "PS3.5 7.4.2", lambda: [header(AccessionNumber="")],
        (lacks("ImagingStudy.identifier.type.coding.code", "ACSN"),
         is_("ImagingStudy.basedOn.identifier.value")),
    ),
    Case(
        "accession-r5", "accession", "R5 moved it to basedOn.", "FHIR R5 imagingstudy basedOn",
        lambda: [header()],
        (lacks("ImagingStudy.identifier.value", "A1"),
         is_("ImagingStudy.basedOn.identifier.value", "A1")), fhir="R5",
    ),
    Case(
        "order-r4", "order", "The accession number names the order.",
        "FHIR R4 imagingstudy basedOn", lambda: [header()],
        (is_("ImagingStudy.basedOn.identifier.value", "A1"),),
    ),
    Case(
        "orders-several", "order", "One study may answer two orders, in items of (0040,0275).",
        "PS3.3 C.7.3.1, Table 10-9",
        lambda: [header(AccessionNumber="", RequestAttributesSequence=[
            item(AccessionNumber="A1"), item(AccessionNumber="A2")])],
        (is_("ImagingStudy.basedOn.identifier.value", "A1", "A2"),),
    ),
    Case(
        "patient-id", "patient", "Type MR, and the value.", _PATIENT, lambda: [header()],
        (has("Patient.identifier.value", "NG-1"),
         has("Patient.identifier.type.coding.code", "MR")),
    ),
    Case(
        "patient-issuer-qualifiers", "patient",
        "(0010,0024) has the universal ID of who issued the number.", "PS3.3 Table 10-18",
        lambda: [header(IssuerOfPatientIDQualifiersSequence=[_ISO])],
        (has("Patient.identifier.system", "urn:oid:1.2.40.0.13"),),
    ),
    Case(
        "patient-issuer-site", "patient", "A site knows the system of a local name.", _PATIENT,
        lambda: [header()], (has("Patient.identifier.system", "https://north.example/id"),),
        site='[issuer]\nNORTHGEN = "https://north.example/id"\n',
    ),
    Case(
        "patient-issuer-unknown", "patient", "No system is made up for a local name.", _PATIENT,
        lambda: [header()], (is_("Patient.identifier.system"),),
    ),
    Case(
        "patient-two-issuers", "patient", "One ID at two issuers is two patients.", _PATIENT,
        lambda: [header(), header(study=2, IssuerOfPatientID="LAKESIDE")],
        (count("Patient.id", 2),),
    ),
    Case(
        "patient-two-in-one-study", "patient",
        "The Patient is not that of the first instance: the study names two.", "PS3.3 A.1.2",
        lambda: [header(), header(2, PatientID="NG-2")],
        (is_("ImagingStudy.subject.reference"), is_("ImagingStudy.subject.identifier.value"),
         count("ImagingStudy.subject", 1)),
    ),
    Case(
        "patient-without-id", "patient", "subject is required: by display, for nobody is known.",
        "FHIR R4 imagingstudy subject", lambda: [header(PatientID="")],
        (mentions("ImagingStudy.subject.display", "Rossi"), is_("ImagingStudy.subject.reference")),
    ),
    Case(
        "patient-nothing", "patient", "Even without a name the resource is valid.",
        "FHIR R4 imagingstudy subject", lambda: [header(PatientID=None, PatientName="")],
        (count("ImagingStudy.subject", 1), is_("ImagingStudy.subject.reference")),
    ),
    Case(
        "patient-other-ids", "patient", "Other IDs have issuers of their own.", _PATIENT,
        lambda: [header(OtherPatientIDsSequence=[
            item(PatientID="LK-9", IssuerOfPatientIDQualifiersSequence=[_ISO])])],
        (has("Patient.identifier.value", "NG-1", "LK-9"),
         has("Patient.identifier.system", "urn:oid:1.2.40.0.13")),
    ),
    Case(
        "rejected-instance", "rejection",
        "A note 113001 withdraws an instance; neither it nor the note is shown.",
        "IHE RAD, RAD-66; PS3.16 CID 7010",
        lambda: [header(), rejection([f"{ROOT}.1.1.1"], "113001", "Rejected for Quality Reasons"),
                 header(2)],
        (is_("ImagingStudy.series.instance.uid", f"{ROOT}.1.1.2"),
         is_("ImagingStudy.numberOfInstances", 1), is_("ImagingStudy.numberOfSeries", 1)),
    ),
    Case(
        "rejected-study", "rejection", "A study of the wrong patient is entered in error.",
        "IHE RAD, RAD-66; FHIR R4 imagingstudy status",
        lambda: [header(), rejection([f"{ROOT}.1.1.1"], "113037",
                                     "Rejected for Patient Safety Reasons")],
        (is_("ImagingStudy.status", "entered-in-error"), is_("ImagingStudy.numberOfInstances", 0)),
    ),
    Case(
        "key-objects-kept", "rejection", "A note that images are good withdraws nothing.",
        "PS3.16 CID 7010",
        lambda: [header(), rejection([f"{ROOT}.1.1.1"], "113000", "Of Interest")],
        (is_("ImagingStudy.numberOfInstances", 2), is_("ImagingStudy.status", "available")),
    ),
    Case(
        "sop-class", "SOP class", "The system of a SOP class is that of URIs.",
        "FHIR R4 imagingstudy sopClass", lambda: [header()],
        (is_("ImagingStudy.series.instance.sopClass.system", "urn:ietf:rfc:3986"),
         is_("ImagingStudy.series.instance.sopClass.code", f"urn:oid:{CT}")),
    ),
    Case(
        "endpoint-base", "endpoint", "The address is the base of the service, no /studies.",
        "FHIR R4 endpoint address", lambda: [header()],
        (is_("Endpoint.address", "https://pacs.example/dicom-web"),
         is_("Endpoint.connectionType.code", "dicom-wado-rs"),
         count("ImagingStudy.endpoint.reference", 1)),
        endpoint="https://pacs.example/dicom-web",
    ),
    Case(
        "order-code", "order", "An order that the site wants created has its procedure.",
        "PS3.3 Table 10-9",
        lambda: [header(RequestAttributesSequence=[item(
            AccessionNumber="A1",
            RequestedProcedureCodeSequence=[code("30799-1", "LN", "CT Head")])])],
        (has("ServiceRequest.code.coding.code", "30799-1"), has("ServiceRequest.intent", "order")),
        site='[policy]\nServiceRequest = "create"\n',
    ),
)  # fmt: skip
