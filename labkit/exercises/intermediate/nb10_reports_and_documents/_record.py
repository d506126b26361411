"""The record that this notebook's live exercises work on, and how the checks read it."""

from __future__ import annotations

import json
from typing import Any

import requests

NORTH = "https://north-general.example/patient-id"
LAKE = "https://lakeside-clinic.example/patient-id"
REPORT_UID = "2.25.23752482046215553071565227845000474394"  # the signed report of ct-head

FILED = f'''
        import requests
        from labkit.dicom import sample
        from labkit.fhir.mapping import Site, StudyBuilder
        base = lab.fhir.url
        site = Site.parse("""
        zone = "Europe/London"

        [issuer]
        NORTHGEN = "{NORTH}"
        LAKESIDE = "{LAKE}"

        [policy]
        Patient = "conditional"
        """)

        def mapped(headers):
            builder = StudyBuilder(site=site)
            for ds in headers:
                builder.add(ds)
            return builder.studies()[0]

        requests.post(base, json=mapped(sample("ct-head").datasets()).bundle("transaction"))
        report_uid = "urn:dicom:uid|urn:oid:{REPORT_UID}"
        answer = requests.get(f"{{base}}/DiagnosticReport", params={{"identifier": report_uid}})
        report = answer.json()["entry"][0]["resource"]
'''

ARCHIVE_OF_REPORTS = """
        def old(name, owner, day=1, status="final"):
            return {"resource": {
                "resourceType": "DiagnosticReport", "id": name, "status": status,
                "code": {"text": "Knee"}, "subject": {"reference": f"Patient/{owner}"},
                "effectiveDateTime": f"2025-{day // 28 + 1:02}-{day % 28 + 1:02}",
            }, "request": {"method": "PUT", "url": f"DiagnosticReport/{name}"}}

        entries = [old(f"knee-{n}", "larkwhistle", n) for n in range(60)]
        entries += [old("hand-1", "brackenfold"), old("bone-1", "marblethorpe")]
        entries += [old("hand-2", "brackenfold", status="entered-in-error")]
        requests.post(base, json={"resourceType": "Bundle", "type": "transaction",
                                  "entry": entries})
"""


def search(base: str, kind: str, **parameters: str) -> list[dict[str, Any]]:
    """Return what one page of a search finds."""
    answer = requests.get(f"{base}/{kind}", params=parameters, timeout=10)
    try:
        body = json.loads(answer.text)
    except ValueError:
        return []
    entries = body.get("entry", []) if isinstance(body, dict) else []
    return [e["resource"] for e in entries if isinstance(e.get("resource"), dict)]
