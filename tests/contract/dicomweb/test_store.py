"""STOW-RS (PS3.18 10.5)."""

import httpx
from pydicom.dataset import Dataset

from labkit.dicom import encoded
from labkit.dicomweb import DicomwebClient
from labkit.dicomweb.multipart import Writer
from tests.contract.pacs.cases import small, uid


def send(
    web: httpx.Client, bodies: list[bytes], path: str = "/studies", kind: str = "application/dicom"
) -> httpx.Response:
    writer = Writer()
    content = b"".join(p for body in bodies for p in writer.part({"Content-Type": kind}, [body]))
    headers = {"Content-Type": writer.content_type(kind), "Accept": "application/dicom+json"}
    return web.post(path, content=content + writer.end(), headers=headers)


def said(answer: httpx.Response) -> Dataset:
    body = answer.json()
    return Dataset.from_json(body[0] if isinstance(body, list) else body)


def test_10_5_3_1_all_stored_is_200(web: httpx.Client) -> None:
    answer = send(web, [encoded(small(60)), encoded(small(60, 1, 2))])
    assert answer.status_code == 200
    done = said(answer).ReferencedSOPSequence
    assert {item.ReferencedSOPInstanceUID for item in done} == {uid(60, 1, 1), uid(60, 1, 2)}
    assert all(item.RetrieveURL for item in done)


def test_i_2_2_retrieve_url_of_the_study(web: httpx.Client) -> None:
    assert said(send(web, [encoded(small(61))])).RetrieveURL.endswith(f"/studies/{uid(61)}")


def test_10_5_1_1_into_its_study(web: httpx.Client) -> None:
    assert send(web, [encoded(small(62))], f"/studies/{uid(62)}").status_code == 200


def test_10_5_3_1_another_study_than_the_url_is_409(web: httpx.Client) -> None:
    answer = send(web, [encoded(small(63))], f"/studies/{uid(64)}")
    assert answer.status_code == 409
    (failed,) = said(answer).FailedSOPSequence
    assert failed.ReferencedSOPInstanceUID == uid(63, 1, 1) and failed.FailureReason


def test_10_5_3_1_some_stored_is_202(web: httpx.Client) -> None:
    answer = send(web, [encoded(small(65)), b"this is no DICOM at all"])
    assert answer.status_code == 202
    assert len(said(answer).ReferencedSOPSequence) == 1


def test_10_5_2_another_media_type_is_415(web: httpx.Client) -> None:
    assert send(web, [b"text"], kind="text/plain").status_code == 415


def test_10_5_3_1_no_object_is_400(web: httpx.Client) -> None:
    assert send(web, []).status_code == 400


def test_what_is_stored_is_found_at_once(web: httpx.Client, client: DicomwebClient) -> None:
    send(web, [encoded(small(66))])
    (study,) = client.studies(StudyInstanceUID=uid(66))
    assert study.PatientID == "CONTRACT66"


def test_rfc_2046_a_quoted_boundary_and_no_last_line_break(web: httpx.Client) -> None:
    """RFC 2046 5.1.1: the body may end with its last boundary."""
    body = b"\r\n--b\r\nContent-Type: application/dicom\r\n\r\n" + encoded(small(67)) + b"\r\n--b--"
    kind = 'multipart/related; type="application/dicom"; boundary="b"'
    answer = web.post("/studies", content=body, headers={"Content-Type": kind, "Accept": "*/*"})
    assert answer.status_code == 200
