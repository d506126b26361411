"""The FHIR side of the patient stories: who the patients are, and where the archives answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from labkit.dicom.samples import SamplePatient
from labkit.lab.description import NodeAddress

GENDER = {"F": "female", "M": "male", "O": "other"}
"""PS3.3 C.7.1.1 Patient's Sex to FHIR R4 administrative-gender."""
_REPRESENTATION = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation"
_ID_TYPES = "http://terminology.hl7.org/CodeSystem/v2-0203"
_GROUPS = ("ABC", "IDE", "SYL")
"""Alphabetic, ideographic, phonetic: the component groups of PN in their order (PS3.5 6.2.1)."""


def system_of(site: str) -> str:
    """Return the identifier system of a site's patient IDs.

    A Patient ID means nothing without its issuer (PS3.3 C.7.1.1); in FHIR the system says it.
    """
    return f"https://{re.sub('[^a-z]+', '-', site.lower())}.example/patient-id"


def patients(cast: Iterable[SamplePatient]) -> list[dict[str, Any]]:
    """Make one Patient for each registration of the cast, with its slug as id."""
    return [
        {
            "resourceType": "Patient",
            "id": person.slug,
            "identifier": [
                {
                    "use": "official",
                    "type": {"coding": [{"system": _ID_TYPES, "code": "MR"}]},
                    "system": system_of(person.site),
                    "value": person.patient_id,
                    "assigner": {"display": person.site},
                }
            ],
            "active": True,
            "name": list(human_names(person.name)),
            "gender": GENDER.get(person.sex, "unknown"),
            "birthDate": "-".join(
                (person.birth_date[:4], person.birth_date[4:6], person.birth_date[6:])
            ),
            "managingOrganization": {"display": person.site},
        }
        for person in cast
    ]


def human_names(name: str) -> Iterable[dict[str, Any]]:
    """Turn a PN value into HumanNames, one for each component group that is there."""
    for group, kind in zip(name.split("="), _GROUPS, strict=False):
        if not group:
            continue
        family, given, middle, prefix, suffix = (group.split("^") + [""] * 5)[:5]
        human: dict[str, Any] = {"use": "official"}
        if kind != "ABC":
            human = {"extension": [{"url": _REPRESENTATION, "valueCode": kind}]}
        parts = {
            "family": family,
            "given": [part for part in (given, middle) if part],
            "prefix": [prefix] if prefix else [],
            "suffix": [suffix] if suffix else [],
        }
        yield human | {key: value for key, value in parts.items() if value}


def endpoints(archives: Mapping[str, NodeAddress]) -> list[dict[str, Any]]:
    """Make one Endpoint for each archive.

    R4 has connection types for DICOMweb and none for DIMSE, so the coding is the lab's own.
    """
    return [
        {
            "resourceType": "Endpoint",
            "id": name.lower(),
            "status": "active",
            "connectionType": {
                "system": "https://labkit.example/connection-type",
                "code": "dimse",
                "display": "DICOM DIMSE services",
            },
            "name": f"{name} ({node.role}, {node.site})",
            "managingOrganization": {"display": node.site},
            "payloadType": [{"text": "DICOM"}],
            "payloadMimeType": ["application/dicom"],
            "address": f"dicom://{node.host}:{node.port}/{node.ae_title}",
        }
        for name, node in archives.items()
    ]
