"""What is mapped is taken by a FHIR server, as often as it is sent, and is there once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx

from labkit.common import ALLOW_ALL
from labkit.dicom import sample
from labkit.fhir import FhirStore, fhir_app
from labkit.fhir.mapping import Site, StudyBuilder

SITE = Site(zone="Europe/Rome")


async def _send_twice(store: FhirStore) -> dict[str, int]:
    app = fhir_app(store, ALLOW_ALL, base_url="http://lab")
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://lab") as client:
        for _ in (1, 2):
            builder = StudyBuilder(site=SITE, endpoint="https://pacs.example/web")
            for slug in ("ct-head", "mr-brain"):
                for ds in sample(slug).datasets():
                    builder.add(ds, str(ds.SOPInstanceUID))
            for study in builder.studies():
                answer = await client.post("/", json=study.bundle("transaction"))
                assert answer.status_code == 200, answer.text
        kinds = ("ImagingStudy", "Patient", "DiagnosticReport", "DocumentReference", "Endpoint")
        totals = {kind: (await client.get(f"/{kind}")).json()["total"] for kind in kinds}
        found = await client.get("/DiagnosticReport?subject:Patient.identifier=NG-100231")
        assert found.json()["total"] == 2  # one is structured, the other a PDF with its title
        return totals


def test_two_studies_of_one_patient_sent_twice(tmp_path: Path) -> None:
    store = FhirStore(tmp_path / "fhir.sqlite")
    try:
        totals = asyncio.run(_send_twice(store))
    finally:
        store.close()
    assert totals == {
        "ImagingStudy": 2, "Patient": 1, "DiagnosticReport": 2, "DocumentReference": 1,
        "Endpoint": 1,
    }  # fmt: skip
