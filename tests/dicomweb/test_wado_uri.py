"""The older service: everything is in the query."""

from io import BytesIO

from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset
from starlette.testclient import TestClient


def asked(ds: Dataset, **more: str) -> dict[str, str]:
    uids = {"studyUID": ds.StudyInstanceUID, "seriesUID": ds.SeriesInstanceUID}
    return {"requestType": "WADO", **uids, "objectUID": ds.SOPInstanceUID, **more}


def test_an_object_and_its_picture(wado: TestClient, ds: Dataset) -> None:
    got = wado.get("/", params=asked(ds, contentType="application/dicom"))
    assert got.headers["content-type"] == "application/dicom"
    assert dcmread(BytesIO(got.content)).SOPInstanceUID == ds.SOPInstanceUID
    small = asked(ds, rows="40", columns="50", windowCenter="40", windowWidth="80")
    picture = wado.get("/", params=small)
    assert picture.headers["content-type"] == "image/jpeg"
    assert max(Image.open(BytesIO(picture.content)).size) <= 50


def test_what_cannot_be_is_told(wado: TestClient, ds: Dataset) -> None:
    for params, status in (
        ({}, 400), (asked(ds, objectUID=""), 400), (asked(ds, objectUID="1.2.3"), 404),
        (asked(ds, contentType="text/csv"), 406), (asked(ds, frameNumber="9"), 404),
        (asked(ds, contentType="application/dicom", transferSyntax="1.2.3"), 406),
    ):  # fmt: skip
        answer = wado.get("/", params=params)
        assert answer.status_code == status and answer.json()["detail"], params
