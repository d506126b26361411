"""No log of the lab has a patient's name, birth date or address: a marked one goes everywhere.

Patient IDs stay out as well. The logs are for whoever keeps the services running; who looked at
whom is the audit trail's to say, which is guarded (docs/security/audit.md).
"""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from pydicom.uid import generate_uid

from labkit.dicom import read
from labkit.dicom.samples import studies
from labkit.dimse import find, get, identifier, move, store, worklist
from labkit.lab import Lab

NAME, BIRTH, STREET, ID = "ZEBRAFINCH^QUAGGA", "19330307", "Okapi Alley 99", "WOMBATID77"
MARKS = ("ZEBRAFINCH", "QUAGGA", "19330307", "1933-03-07", "OKAPI", "WOMBATID77")


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    ds = read(next(s for s in studies() if "LEGACY" in s.preloaded_in).files[0])
    ds.PatientName, ds.PatientBirthDate, ds.PatientAddress = NAME, BIRTH, STREET
    ds.PatientID = ID
    ds.StudyInstanceUID, ds.SeriesInstanceUID = generate_uid(), generate_uid()
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    path = tmp_path / "marked.dcm"
    ds.save_as(path)
    return path


def test_a_marked_patient_leaves_no_trace_in_any_log(lab: Lab, marked: Path) -> None:
    mark = lab.mark()
    ds = read(marked)
    for peer in (lab.archive, lab.legacy, lab.router):
        store(peer, marked)
    for peer in (lab.archive, lab.legacy):
        for query in (
            identifier("STUDY", PatientName="ZEBRAFINCH*", PatientBirthDate=BIRTH, PatientID=ID),
            identifier("STUDY", PatientName=NAME, StudyInstanceUID=None),
        ):
            assert len(find(peer, query)) == 1
    move(lab.archive, identifier("STUDY", StudyInstanceUID=ds.StudyInstanceUID), "WORKSTN")
    get(lab.archive, identifier("STUDY", StudyInstanceUID=ds.StudyInstanceUID))
    worklist(lab.worklist, {"PatientName": "ZEBRAFINCH*", "PatientID": ID})
    for base in (lab.dicomweb.url, lab.proxy.url):
        for path in (
            "/studies?PatientName=ZEBRAFINCH*&PatientID=WOMBATID77",
            "/studies?PatientName=ZEBRAFINCH*&00100030=19330307",
            "/studies?PatientName=ZEBRAFINCH*&StudyDate=wrong",
            f"/studies/{ds.StudyInstanceUID}/metadata",
        ):
            httpx.get(base + path, trust_env=False, timeout=30)
    with lab.fhir.client() as fhir:
        made = fhir.create(
            {"resourceType": "Patient", "name": [{"family": "ZEBRAFINCH", "given": ["QUAGGA"]}],
             "birthDate": "1933-03-07", "address": [{"line": [STREET]}],
             "identifier": [{"value": ID}]})  # fmt: skip
    for path in ("Patient?family=ZEBRAFINCH&birthdate=1933-03-07", "Patient?identifier=WOMBATID77",
                 "Patient?name=ZEBRAFINCH&unheard=OKAPI", f"Patient/{made['id']}"):  # fmt: skip
        httpx.get(f"{lab.fhir.url}/{path}", trust_env=False, timeout=30)
    httpx.post(f"{lab.fhir.url}/Patient", json={"resourceType": "Patient", "gender": "ZEBRAFINCH"},
               trust_env=False)  # fmt: skip
    lab.send_hl7(
        "MSH|^~\\&|RIS|NG|PACS|NG|20260115080000||ADT^A08^ADT_A01|M1|P|2.5.1\r"
        f"EVN|A08|20260115080000\rPID|1||{ID}||{NAME}||{BIRTH}|F|||{STREET}\rPV1|1|O"
    )
    lab.send_hl7("MSH|^~\\&|RIS|NG|PACS|NG|20260115||ADT^A08|M2|P|2.5.1\rPID|1||" + NAME)
    lab.log("ARCHIVE", since=mark)  # until open associations have ended
    logs = sorted((Path(lab.workspace) / "logs").iterdir())
    assert len(logs) > 5
    found = [
        f"{path.name}: {line}"
        for path in logs
        for line in path.read_text("utf-8", "replace").splitlines()
        if any(word in line.upper() for word in MARKS)
    ]
    assert found == []
