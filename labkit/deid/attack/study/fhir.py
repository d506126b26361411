"""What the FHIR server says of the same study (R4)."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from labkit.deid.attack.plants import BIRTH_DATE, STUDY_DATE, Plants


def _day(date: str) -> str:
    return f"{date[:4]}-{date[4:6]}-{date[6:]}"


def resources(plants: Plants) -> list[dict[str, Any]]:
    """Return Patient, ImagingStudy and DiagnosticReport."""
    word = plants.word
    subject = {"reference": f"Patient/{word('fhir-id').lower()}", "display": word("fhir-display")}
    narrative = f'<div xmlns="http://www.w3.org/1999/xhtml">Mrs {word("fhir-narrative")}</div>'
    patient = {
        "resourceType": "Patient", "id": word("fhir-id").lower(),
        "text": {"status": "generated", "div": narrative},
        "identifier": [{"system": "urn:example:ids", "value": plants.patient_id}],
        "name": [{"family": word("fhir-name"), "given": ["Ottilie"]}],
        "telecom": [{"system": "phone", "value": f"+00 {word('fhir-telecom')}"}],
        "address": [{"line": [f"1 {word('fhir-address')} Street"], "postalCode": "00000"}],
        "birthDate": _day(BIRTH_DATE), "gender": "female",
        "contact": [{"name": {"family": word("fhir-contact")}}],
        "extension": [{"url": "urn:example:x", "valueString": word("fhir-extension")}],
    }  # fmt: skip
    study = {
        "resourceType": "ImagingStudy", "id": "study", "status": "available", "subject": subject,
        "identifier": [{"system": "urn:dicom:uid",
                        "value": f"urn:oid:{plants.uid('study-victim')}"}],
        "started": f"{_day(STUDY_DATE)}T14:38:27+01:00", "description": word("fhir-description"),
        "note": [{"text": f"phone {word('fhir-note')}"}],
        "series": [{"uid": plants.uid("series-DX-victim"), "modality": {"code": "DX"},
                    "instance": [{"uid": plants.uid("cr"), "title": word("fhir-title"),
                                  "sopClass": {"code": "urn:oid:1.2.840.10008.5.1.4.1.1.1"}}]}],
    }  # fmt: skip
    letter = base64.b64encode(f"Dear Mrs {word('fhir-attachment')}, your chest".encode()).decode()
    report = {
        "resourceType": "DiagnosticReport", "id": "report", "status": "final", "subject": subject,
        "contained": [{"resourceType": "Practitioner", "id": "p",
                       "name": [{"family": word("fhir-contained")}]}],
        "resultsInterpreter": [{"reference": "#p"}],
        "code": {"text": "Chest"}, "imagingStudy": [{"reference": "ImagingStudy/study"}],
        "conclusion": f"Mrs {word('fhir-conclusion')} is well.",
        "presentedForm": [{"contentType": "text/plain", "data": letter}],
    }  # fmt: skip
    return [patient, study, report]


def write_fhir(plants: Plants, folder: Path) -> list[Path]:
    """Write them as one Bundle, ``study.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = [{"resource": resource} for resource in resources(plants)]
    path = folder / "study.json"
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    path.write_text(json.dumps(bundle, indent=1), encoding="utf-8")
    return [path]
