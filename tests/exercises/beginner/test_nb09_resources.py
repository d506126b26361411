"""Notebook 09: right answers other than the reference, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest

from labkit.lab import Lab
from tests.exercises.beginner.learner import attempt

RIGHT = [
    ("post-the-study", """
        hand = {
            "resourceType": "ImagingStudy",
            "status": "available",
            "subject": {"reference": f"{base}/Patient/brackenfold", "display": "Posy"},
            "identifier": [
                {"value": "NG2600106"},
                {"system": "urn:dicom:uid", "value": "urn:oid:" + ds.StudyInstanceUID},
            ],
            "series": [
                {
                    "uid": str(ds.SeriesInstanceUID),
                    "modality": {"system": DCM, "code": "DX"},
                    "instance": [
                        {
                            "uid": str(ds.SOPInstanceUID),
                            "sopClass": {
                                "system": "urn:ietf:rfc:3986",
                                "code": f"urn:oid:{ds.SOPClassUID}",
                            },
                        }
                    ],
                }
            ],
        }
        import json
        head = {"Content-Type": "application/fhir+json"}
        response = requests.post(f"{base}/ImagingStudy", data=json.dumps(hand), headers=head)
    """),
    ("mend-the-study", """
        refused["status"] = "available"
        refused["subject"] = refused.pop("patient")
        refused["identifier"] = [refused["identifier"]]
        mended = copy.deepcopy(refused)
    """),
    ("mend-the-study", """
        mended = {
            **refused,
            "status": "available",
            "subject": refused["patient"],
            "identifier": [refused["identifier"], {"value": "x"}],
            "description": "CT",
        }
        del mended["patient"]
    """),
    ("mend-the-study", """
        import json
        mended = json.loads(
            json.dumps(refused)
            .replace("completed", "available")
            .replace('"patient"', '"subject"')
        )
        mended["identifier"] = [mended["identifier"]]
    """),
    ("file-the-report", """
        title = sr.ConceptNameCodeSequence[0]
        code = {
            "system": "http://loinc.org",
            "code": title.CodeValue,
            "display": title.CodeMeaning,
        }
        report = {
            "resourceType": "DiagnosticReport",
            "status": "final",
            "code": {"coding": [code], "text": "CT head"},
            "subject": {"reference": f"{base}/Patient/quillfeather"},
            "imagingStudy": [{"reference": f"{base}/ImagingStudy/ct-head"}],
            "conclusion": conclusion,
        }
        response = requests.post(f"{base}/DiagnosticReport", json=report)
    """),
    ("file-the-report", """
        report = {
            "resourceType": "DiagnosticReport",
            "id": "mine",
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "18748-4"}]},
            "subject": {"reference": "Patient/quillfeather"},
            "imagingStudy": [{"reference": "ImagingStudy/ct-head"}],
            "effectiveDateTime": "2026-01-12",
            "conclusion": f"Findings. {conclusion} ",
        }
        response = requests.put(f"{base}/DiagnosticReport/mine", json=report)
    """),
    ("hand-over-the-pdf", """
        pdf = doc.EncapsulatedDocument.rstrip(b"\\0")
        document = {
            "resourceType": "DocumentReference",
            "status": "current",
            "subject": {"reference": "Patient/quillfeather"},
            "content": [
                {
                    "attachment": {
                        "contentType": "application/pdf",
                        "data": str(base64.b64encode(pdf), "ascii"),
                    }
                }
            ],
        }
        response = requests.post(f"{base}/DocumentReference", json=document)
    """),
]  # fmt: skip

WRONG = [
    ("post-the-study", """
        hand = {}
        response = requests.post(f"{base}/ImagingStudy", json=hand)
    """, ""),
    ("post-the-study", """
        hand = lab.fhir.client().read("Patient/brackenfold")
        response = requests.get(f"{base}/Patient/brackenfold")
    """, ""),
    ("post-the-study", """
        response = requests.post(
            f"{base}/ImagingStudy",
            json={
                "resourceType": "ImagingStudy",
                "status": "available",
                "subject": {"reference": "Patient/brackenfold"},
            },
        )
    """, ""),
    ("post-the-study", """
        hand = {"resourceType": "ImagingStudy"}
        response = requests.post(f"{base}/ImagingStudy", data=hand)
    """, ""),
    ("mend-the-study", """
        mended = {
            **refused,
            "status": "available",
            "subject": refused["patient"],
            "identifier": [{"value": refused["identifier"]["value"]}],
        }
        del mended["patient"]
    """, "dropped-the-identifier"),
    ("mend-the-study", """
        mended = {
            **refused,
            "status": "available",
            "subject": refused["patient"],
            "identifier": [refused["identifier"]],
        }
        del mended["patient"], mended["series"]
    """, ""),
    ("mend-the-study", "mended = {}", ""),
    ("mend-the-study", "mended = {**refused, 'status': 'available'}", "two-of-three"),
    ("file-the-report", """
        report = {
            "resourceType": "DiagnosticReport",
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "18748-4"}]},
            "subject": {"reference": "Patient/quillfeather"},
            "imagingStudy": [{"reference": "DiagnosticReport/ct-head"}],
            "conclusion": conclusion,
        }
        response = requests.post(f"{base}/DiagnosticReport", json=report)
    """, ""),
    ("file-the-report", """
        report = {
            "resourceType": "DiagnosticReport",
            "status": "final",
            "code": {"text": "CT report"},
            "subject": {"reference": "Patient/quillfeather"},
            "imagingStudy": [{"reference": "ImagingStudy/ct-head"}],
            "conclusion": conclusion,
        }
        response = requests.post(f"{base}/DiagnosticReport", json=report)
    """, ""),
    ("file-the-report", "response = requests.get(f'{base}/ImagingStudy/ct-head')", ""),
    ("file-the-report", """
        response = requests.post(
            f"{base}/DiagnosticReport",
            json={
                "resourceType": "DiagnosticReport",
                "imagingStudy": {"reference": "ImagingStudy/ct-head"},
            },
        )
    """, ""),
    ("hand-over-the-pdf", """
        response = requests.post(f"{base}/DocumentReference", data=doc.EncapsulatedDocument)
    """, ""),
    ("hand-over-the-pdf", """
        pdf = doc.EncapsulatedDocument[:-1]
        response = requests.post(
            f"{base}/DocumentReference",
            json={
                "resourceType": "DocumentReference",
                "status": "current",
                "content": [
                    {
                        "attachment": {
                            "contentType": "application/pdf",
                            "data": base64.b64encode(pdf).decode(),
                        }
                    }
                ],
            },
        )
    """, ""),
    ("hand-over-the-pdf", """
        pdf = doc.EncapsulatedDocument[:-1]
        response = requests.post(
            f"{base}/DocumentReference",
            json={
                "resourceType": "DocumentReference",
                "status": "current",
                "subject": {"reference": "Patient/quillfeather"},
                "content": [
                    {
                        "attachment": {
                            "contentType": "application/dicom",
                            "data": base64.b64encode(pdf).decode(),
                        }
                    }
                ],
            },
        )
    """, ""),
    ("hand-over-the-pdf", """
        response = requests.post(
            f"{base}/DocumentReference",
            json={"resourceType": "DocumentReference", "status": "current", "content": []},
        )
    """, ""),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "source"), RIGHT)
def test_another_right_answer_passes(lab: Lab, slug: str, source: str) -> None:
    verdict = attempt(lab, slug, source)
    assert verdict.outcome == "passed", repr(verdict)


@pytest.mark.parametrize(("slug", "source", "mistake"), WRONG)
def test_another_wrong_answer_does_not(lab: Lab, slug: str, source: str, mistake: str) -> None:
    verdict = attempt(lab, slug, source)
    assert verdict.outcome == "failed", repr(verdict)
    assert verdict.mistake == mistake, repr(verdict)
