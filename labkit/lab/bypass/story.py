"""What the house begins with: two studies of one patient, and all that tells of them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from pydicom import dcmread

from labkit.dicom import samples
from labkit.lab import stories
from labkit.lab.bypass.doors import Known, Resource

TARGET, OWN = "ct-head", "mr-brain"
"""The study that must not be seen, and one of the same patient that may be."""
EVE = "Practitioner/eve"
V3 = "http://terminology.hl7.org/CodeSystem/"
#: What tells of a study and is denied with it.
CLASSES = ("ImagingStudy", "ServiceRequest", "DiagnosticReport", "Observation",
           "DocumentReference")  # fmt: skip


def known(slug: str) -> Known:
    """Return what somebody outside may know of a sample study."""
    study = samples.sample(slug)
    first = dcmread(study.files[0], stop_before_pixels=True)
    return Known(
        study.study_uid, str(first.SeriesInstanceUID), str(first.SOPInstanceUID),
        str(first.SOPClassUID), study.accession, slug, study.patient, study.patient_id,
        len(study.files),
    )  # fmt: skip


def nothing(like: Known) -> Known:
    """Return a study that is nowhere, with identifiers of the same form."""
    return Known(
        "2.25.1111", "2.25.1112", "2.25.1113", like.sop_class, "NG0000000", f"{like.fhir_id[:-1]}0",
        like.patient, like.patient_id,
    )  # fmt: skip


def denial(study: Known, actor: str = EVE) -> Resource:
    """Return the patient's Consent: everybody may see everything, but one person not one study."""
    reference = {"reference": f"ImagingStudy/{study.fhir_id}"}
    role = {"coding": [{"system": V3 + "v3-ParticipationType", "code": "IRCP"}]}
    rule = {
        "type": "deny",
        "actor": [{"role": role, "reference": {"reference": actor}}],
        "class": [{"system": "http://hl7.org/fhir/resource-types", "code": c} for c in CLASSES],
        "data": [{"meaning": m, "reference": reference} for m in ("related", "dependents")],
    }
    return {
        "resourceType": "Consent",
        "id": "bypass",
        "status": "active",
        "scope": {"coding": [{"system": V3 + "consentscope", "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": f"Patient/{study.patient}"},
        "policyRule": {"coding": [{"system": V3 + "v3-ActCode", "code": "OPTIN"}]},
        "provision": {"type": "permit", "provision": [rule]},
    }


def resources() -> Iterator[Resource]:
    """Go through what the FHIR server begins with."""
    yield from stories.patients(samples.patients())
    yield from told_of(TARGET, OWN)


def told_of(target: str, own: str) -> Iterator[Resource]:
    """Go through what tells of two studies."""
    for slug in (target, own):
        yield from _about(slug)
    items = [{"item": {"reference": f"ImagingStudy/{slug}"}} for slug in (target, own)]
    patient = samples.sample(target).patient
    yield {
        "resourceType": "List", "id": f"list-{patient}", "status": "current", "mode": "working",
        "subject": {"reference": f"Patient/{patient}"}, "entry": items,
    }  # fmt: skip


def _about(slug: str) -> Iterator[Resource]:
    study = samples.sample(slug)
    subject = {"subject": {"reference": f"Patient/{study.patient}"}}
    here = {"reference": f"ImagingStudy/{slug}"}
    coded = {"code": {"text": study.description}}
    accession = {"system": "https://north-general.example/accession", "value": study.accession}
    day = f"{study.date[:4]}-{study.date[4:6]}-{study.date[6:]}"
    yield {
        "resourceType": "Endpoint", "id": f"pixels-{slug}", "status": "active",
        "connectionType": {"code": "dicom-wado-rs"}, "payloadType": [{"text": "DICOM"}],
        "address": "http://127.0.0.1/dicom-web",
    }  # fmt: skip
    yield {
        "resourceType": "ServiceRequest", "id": f"order-{slug}", "status": "completed",
        "intent": "order", "identifier": [accession], **subject,
    }  # fmt: skip
    yield {
        "resourceType": "ImagingStudy", "id": slug, "status": "available", "started": day,
        "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{study.study_uid}"},
                       accession],
        "basedOn": [{"reference": f"ServiceRequest/order-{slug}"}],
        "endpoint": [{"reference": f"Endpoint/pixels-{slug}"}],
        "description": study.description, **subject,
    }  # fmt: skip
    yield {
        "resourceType": "DiagnosticReport", "id": f"report-{slug}", "status": "final",
        "imagingStudy": [here], "conclusion": f"Report of {study.accession}", **coded, **subject,
    }  # fmt: skip
    finding: dict[str, Any] = {
        "resourceType": "Observation", "id": f"finding-{slug}", "status": "final",
        "derivedFrom": [here], **coded, **subject,
    }  # fmt: skip
    yield finding
    yield {**finding, "id": f"gone-{slug}"}
    yield {
        "resourceType": "Task", "id": f"task-{slug}", "status": "completed", "intent": "order",
        "focus": here, "for": subject["subject"],
    }  # fmt: skip
    yield {
        "resourceType": "Provenance", "id": f"of-{slug}", "target": [here],
        "recorded": f"{day}T08:00:00Z", "agent": [{"who": {"display": "North General"}}],
    }  # fmt: skip
    yield {
        "resourceType": "AuditEvent", "id": f"read-{slug}", "recorded": f"{day}T09:00:00Z",
        "type": {"code": "110104"}, "source": {"observer": {"display": "ARCHIVE"}},
        "agent": [{"requestor": True, "who": {"display": "Lanternwick"}}],
        "entity": [{"what": here}],
    }  # fmt: skip
    picture = base64.b64encode(f"key image of {study.accession}".encode()).decode()
    yield {
        "resourceType": "Binary", "id": f"note-{slug}", "contentType": "image/png",
        "securityContext": here, "data": picture,
    }  # fmt: skip
    yield {
        "resourceType": "DocumentReference", "id": f"doc-{slug}", "status": "current",
        "content": [{"attachment": {"url": f"Binary/note-{slug}"}}],
        "context": {"related": [here]}, **subject,
    }  # fmt: skip
