"""URLs and codes of the FHIR form of a manifest (MADO implementation guide, July 2026; FHIR R4)."""

from __future__ import annotations

MADO = "https://profiles.ihe.net/RAD/MADO"
BUNDLE = f"{MADO}/StructureDefinition/MadoFhirBundle"
LOCATION_UID = f"{MADO}/StructureDefinition/MadoRetrieveLocationUIDExtension"
REGION = f"{MADO}/StructureDefinition/MadoAnatomicalRegionExtension"
FRAMES = f"{MADO}/StructureDefinition/MadoNumberOfFrames"
DOCUMENT_TITLE = f"{MADO}/StructureDefinition/MadoKeyObjectDocumentTitle"
DEVICE_TYPE = {
    "system": f"{MADO}/CodeSystem/MadoDeviceType", "code": "mado-creator",
    "display": "MADO Creator",
}  # fmt: skip
NO_ADDRESS = "http://notspecified"
"""Endpoint.address where only the Retrieve Location UID is known (MadoWadoEndpoint)."""
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
FORMAT_CODE = "urn:ihe:rad:MADO:fhir-manifest:2026"

DCM = "http://dicom.nema.org/resources/ontology/DCM"
V2_0203 = "http://terminology.hl7.org/CodeSystem/v2-0203"
URI = "urn:ietf:rfc:3986"
DICOM_UID = "urn:dicom:uid"
CONNECTION = "http://terminology.hl7.org/CodeSystem/endpoint-connection-type"
PAYLOAD = "http://terminology.hl7.org/CodeSystem/endpoint-payload-type"
IMAGING_STUDY = {
    "system": "http://loinc.org", "code": "18748-4", "display": "Diagnostic imaging study",
}  # fmt: skip
STUDY_ID = "Study ID"
PROCEDURE_ID = "Requested Procedure ID"
