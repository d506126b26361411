"""What goes wrong around the platform: holes, refusals, halves, other patients, busy servers."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from pydicom.dataset import Dataset
from starlette.testclient import TestClient

from labkit.dicomweb import DicomwebClient
from labkit.exchange.ai import BleedFinder, Patience, run
from labkit.fhir import FhirClient
from labkit.pacs import Archive
from tests.exchange.ai.conftest import BASE, NOW, SITE, Everything, soft
from tests.exchange.ai.servers import counting, refusing

LATER = NOW + timedelta(hours=3)


def test_what_cannot_be_worked_on_does_not_stop_the_rest(
    web: DicomwebClient, bleed: list[Dataset], clear: list[Dataset]
) -> None:
    hole = soft(bleed)[9].SOPInstanceUID
    web.store([*(ds for ds in bleed if ds.SOPInstanceUID != hole), *clear])
    told = {r.accession: r for r in run(web, StudyDate="20260115")}
    assert told["LK2600041"].state == "refused"
    assert "a slice is missing" in told["LK2600041"].reason
    assert told["LK2600042"].state == "new"


def test_nothing_is_posted_if_something_was_not_stored(
    archive: Archive, fhir: FhirClient, bleed: list[Dataset], everything: Everything
) -> None:
    archive_knows_no_seg = refusing(archive, lambda name: 0x0122 if "Segmentation" in name else 0)
    archive_knows_no_seg.store(bleed)
    (result,) = run(archive_knows_no_seg, fhir=fhir, site=SITE, clock=lambda: NOW,
                    AccessionNumber="LK2600041")  # fmt: skip
    assert result.state == "failed"
    assert "did not store SEG (0x0122)" in result.reason
    assert not any(everything().values())


def test_what_was_stored_by_half_is_finished_later(
    archive: Archive, web: DicomwebClient, fhir: FhirClient, bleed: list[Dataset],
    everything: Everything,
) -> None:  # fmt: skip
    refusing(archive, lambda _: 0).store(bleed)
    run(refusing(archive, lambda name: 0xA700 if "3D SR" in name else 0), clock=lambda: NOW,
        AccessionNumber="LK2600041")  # fmt: skip
    (result,) = run(web, fhir=fhir, site=SITE, clock=lambda: LATER, AccessionNumber="LK2600041")
    assert result.state == "new"
    assert result.report is not None
    assert result.segmentation is not None
    assert result.report.ContentTime == result.segmentation.ContentTime  # one result, one time
    assert len(everything()["DiagnosticReport"]) == 1


def test_the_study_of_another_patient_is_not_written_to(
    web: DicomwebClient, fhir: FhirClient, bleed: list[Dataset], everything: Everything
) -> None:
    web.store(bleed)
    run(web, fhir=fhir, site=SITE, AccessionNumber="LK2600041")
    (study,) = everything()["ImagingStudy"]
    other = fhir.create({
        "resourceType": "Patient",
        "identifier": [{"system": "https://north-general.example/patient-id", "value": "1001234"}],
    })  # fmt: skip
    fhir.update({**study, "subject": {"reference": f"Patient/{other['id']}"}})
    before = everything()
    (result,) = run(web, BleedFinder(low=51.0), fhir=fhir, site=SITE, AccessionNumber="LK2600041")
    assert result.state == "refused"
    assert "another patient" in result.reason
    assert everything() == before


def test_503_with_retry_after_is_obeyed(app: TestClient, bleed: list[Dataset]) -> None:
    counting(app, []).store(bleed)
    slow = {"left": 2}
    waits: list[float] = []

    def busy(request: httpx.Request) -> httpx.Response:
        if "/frames/" in request.url.path and slow["left"]:
            slow["left"] -= 1
            return httpx.Response(503, headers={"Retry-After": "7"})
        return app._transport.handle_request(request)

    patient = Patience(httpx.MockTransport(busy), sleep=waits.append)
    web = DicomwebClient(BASE, transport=patient)
    (result,) = run(web, AccessionNumber="LK2600041")
    assert (result.state, waits, patient.waits) == ("new", [7.0, 7.0], [7.0, 7.0])


def test_a_server_that_stays_busy_is_a_failure_and_not_for_ever(
    app: TestClient, bleed: list[Dataset]
) -> None:
    counting(app, []).store(bleed)
    asked: list[str] = []

    def busy(request: httpx.Request) -> httpx.Response:
        if "/metadata" in request.url.path:
            asked.append(request.url.path)
            return httpx.Response(503, headers={"Retry-After": "1"})
        return app._transport.handle_request(request)

    web = DicomwebClient(BASE, transport=Patience(
        httpx.MockTransport(busy), attempts=3, sleep=lambda _: None))  # fmt: skip
    (result,) = run(web, AccessionNumber="LK2600041")
    assert (result.state, len(asked)) == ("failed", 3)
    assert "503" in result.reason


@pytest.mark.parametrize(
    ("status", "said", "waited"),
    [
        (503, "3", [3.0]),
        (503, "Thu, 15 Jan 2026 08:00:20 GMT", [20.0]),
        (503, "Thu, 15 Jan 2026 07:00:00 GMT", [0.0]),
        (503, "soon", []),
        (503, "", []),
        (503, "3600", []),
        (500, "3", []),
    ],
)
def test_what_retry_after_can_say(status: int, said: str, waited: list[float]) -> None:
    answers = iter([httpx.Response(status, headers={"Retry-After": said} if said else {}),
                    httpx.Response(200)])  # fmt: skip
    patient = Patience(httpx.MockTransport(lambda _: next(answers)), sleep=lambda _: None,
                       clock=lambda: NOW)  # fmt: skip
    with httpx.Client(transport=patient) as client:
        assert client.get("http://x.test").status_code == (200 if waited else status)
    assert patient.waits == waited
