"""A round of the platform, against an archive and a FHIR server that are real."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import JPEGLSLossless
from starlette.testclient import TestClient

from labkit.common.errors import UsageError
from labkit.dicom import sample
from labkit.dicom.transcode import transcode
from labkit.dicomweb import DicomwebClient
from labkit.exchange.ai import BleedFinder, choose_series, run
from labkit.fhir import FhirClient
from labkit.fhir.mapping.check import check_resource
from labkit.pacs import Archive
from tests.exchange.ai.conftest import NOW, SITE, Everything, soft
from tests.exchange.ai.servers import counting, refusing

LATER = NOW + timedelta(hours=3)


def test_a_round(
    web: DicomwebClient, fhir: FhirClient, bleed: list[Dataset], clear: list[Dataset],
    everything: Everything,
) -> None:  # fmt: skip
    web.store([*bleed, *clear])
    web.store(sample("cr-wrist").files)
    done = run(web, fhir=fhir, site=SITE, clock=lambda: NOW, StudyDate="20260101-")
    told = {r.accession: (r.state, r.volume_ml) for r in done}
    assert told["LK2600041"] == ("new", pytest.approx(16.59, abs=0.01))
    assert told["LK2600042"] == ("new", 0.0)
    assert told["LK2600028"] == ("refused", None)
    assert "refused   the study has CR and no CT" in repr(done)
    uid = bleed[0].StudyInstanceUID
    assert sorted(str(s.Modality) for s in web.series(uid)) == ["CT", "CT", "CT", "SEG", "SR"]
    there = everything()
    assert {kind: len(found) for kind, found in there.items()} == {
        "Patient": 2, "ImagingStudy": 2, "DiagnosticReport": 2, "Observation": 3, "Device": 1,
        "Provenance": 2,
    }  # fmt: skip
    for found in there.values():
        for resource in found:
            assert check_resource(resource) == []
            assert [i.severity for i in fhir.validate(resource)] == ["information"]
    assert {r["status"] for r in there["DiagnosticReport"] + there["Observation"]} == {
        "preliminary"
    }
    study = next(s for s in there["ImagingStudy"] if s["numberOfSeries"] == 5)
    assert {s["modality"]["code"] for s in study["series"]} == {"CT", "SEG", "SR"}
    (device,) = there["Device"]
    assert device["version"][0]["value"] == BleedFinder().version
    assert all(o["device"]["reference"].endswith(device["id"]) for o in there["Observation"])


def test_a_second_round_changes_nothing_and_moves_no_pixel(
    app: TestClient, fhir: FhirClient, bleed: list[Dataset], clear: list[Dataset],
    everything: Everything, archive: Archive,
) -> None:  # fmt: skip
    seen: list[str] = []
    web = counting(app, seen)
    web.store([*bleed, *clear])
    run(web, fhir=fhir, site=SITE, clock=lambda: NOW, StudyDate="20260115")
    first, held = everything(), sorted(str(e.SOPInstanceUID) for e in web.instances(limit=500))
    assert sum("/frames/" in line for line in seen) == 40
    seen.clear()
    again = run(web, fhir=fhir, site=SITE, clock=lambda: LATER, StudyDate="20260115")
    assert [r.state for r in again] == ["known", "known"]
    assert [r.volume_ml for r in again] == [pytest.approx(16.59, abs=0.01), 0.0]
    assert everything() == first
    assert sorted(str(e.SOPInstanceUID) for e in web.instances(limit=500)) == held
    assert not any(line.startswith("POST") or "/frames/" in line for line in seen)


def test_another_version_is_another_report_beside_the_first(
    web: DicomwebClient, fhir: FhirClient, bleed: list[Dataset], everything: Everything
) -> None:
    web.store(bleed)
    for finder in (BleedFinder(), BleedFinder(low=51.0)):
        run(web, finder, fhir=fhir, site=SITE, clock=lambda: NOW, AccessionNumber="LK2600041")
    there = everything()
    assert [len(there[k]) for k in ("ImagingStudy", "DiagnosticReport", "Device")] == [1, 2, 2]
    assert there["ImagingStudy"][0]["numberOfSeries"] == 7
    assert there["ImagingStudy"][0]["numberOfInstances"] == len(bleed) + 4


@pytest.mark.parametrize("way", ["frames", "series"])
def test_compressed_series(web: DicomwebClient, bleed: list[Dataset], way: Any) -> None:
    web.store([transcode(ds, JPEGLSLossless) for ds in bleed])
    (result,) = run(web, way=way, AccessionNumber="LK2600041")
    assert (result.state, result.volume_ml) == ("new", pytest.approx(16.59, abs=0.01))


def test_results_go_to_another_archive(
    archive: Archive, app: TestClient, bleed: list[Dataset], tmp_path: Any
) -> None:
    seen: list[str] = []
    old = counting(app, seen)
    old.store(bleed)
    modern = Archive(tmp_path / "modern")
    try:
        target = refusing(modern, lambda _: 0)
        (result,) = run(old, results=target, AccessionNumber="LK2600041")
        assert result.state == "new"
        assert sorted(str(s.Modality) for s in target.series(result.study)) == ["SEG", "SR"]
        assert len(old.series(result.study)) == 3
    finally:
        modern.close()


def test_a_study_that_the_ehr_knows_gets_our_series_and_keeps_what_it_has(
    web: DicomwebClient, fhir: FhirClient, bleed: list[Dataset], everything: Everything
) -> None:
    web.store(bleed)
    uid = bleed[0].StudyInstanceUID
    patient = fhir.create({
        "resourceType": "Patient",
        "identifier": [{"system": SITE.issuer["LAKESIDE"], "value": "1001234"}],
    })  # fmt: skip
    fhir.create({
        "resourceType": "ImagingStudy", "status": "available",
        "subject": {"reference": f"Patient/{patient['id']}"},
        "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{uid}"}],
        "note": [{"text": "seen by the night shift"}],
        "numberOfSeries": 1, "numberOfInstances": 20,
        "series": [{"uid": soft(bleed)[0].SeriesInstanceUID, "numberOfInstances": 20,
                    "modality": {"system": "http://dicom.nema.org/resources/ontology/DCM",
                                 "code": "CT"}}],
    })  # fmt: skip
    run(web, fhir=fhir, site=SITE, AccessionNumber="LK2600041")
    (study,) = everything()["ImagingStudy"]
    assert study["note"] == [{"text": "seen by the night shift"}]
    assert study["numberOfSeries"] == len(study["series"]) == 5
    assert study["meta"]["versionId"] == "2"
    assert len(everything()["Patient"]) == 1


def test_the_series_is_chosen_without_headers_or_pixels(
    app: TestClient, bleed: list[Dataset]
) -> None:
    seen: list[str] = []
    web = counting(app, seen)
    web.store(bleed)
    seen.clear()
    chosen = choose_series(web, bleed[0].StudyInstanceUID)
    assert chosen.SeriesInstanceUID == soft(bleed)[0].SeriesInstanceUID
    assert len(seen) == 1
    assert seen[0].endswith("/series")


def test_only_a_localiser_is_no_volume(web: DicomwebClient, bleed: list[Dataset]) -> None:
    web.store(bleed[:1])
    (result,) = run(web, AccessionNumber="LK2600041")
    assert (result.state, "TOPOGRAM" in result.reason) == ("refused", True)


def test_a_whole_archive_is_not_worked_on_by_leaving_something_out(web: DicomwebClient) -> None:
    with pytest.raises(UsageError, match="whole archive"):
        run(web)
