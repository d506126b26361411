"""DICOMweb as a part of the lab: its address, its log, and that it stops and starts."""

import httpx
import pytest

from labkit.common.errors import LabError
from labkit.lab.description import Description
from labkit.lab.dicomweb import EmbeddedDicomweb
from labkit.lab.embedded import EmbeddedLab


def get(url: str, **params: str) -> httpx.Response:
    return httpx.get(url, params=params, trust_env=False)


def test_it_serves_what_the_archive_holds(lab: EmbeddedLab) -> None:
    mark = lab.mark()
    with lab.dicomweb.client() as web:
        study = web.studies(limit=1)[0]
        (first, *_) = web.instances(study.StudyInstanceUID)
        held = {str(ds.SOPInstanceUID) for ds in lab.received("ARCHIVE")}
        assert first.SOPInstanceUID in held
    answer = get(
        lab.dicomweb.wado_url, requestType="WADO", studyUID=study.StudyInstanceUID,
        seriesUID=first.SeriesInstanceUID, objectUID=first.SOPInstanceUID,
        contentType="application/dicom",
    )  # fmt: skip
    assert answer.status_code == 200 and answer.content[128:132] == b"DICM"
    lines = str(lab.log("DICOMWEB", since=mark))
    assert "GET studies -> 200" in lines and "GET wado -> 200" in lines
    assert study.StudyInstanceUID not in repr(lab.dicomweb)
    outside = get(lab.dicomweb.url.replace("dicom-web", "elsewhere"))
    assert outside.status_code == 404 and "/dicom-web" in outside.text


def test_it_stops_and_starts_where_it_was(lab: EmbeddedLab) -> None:
    before = lab.dicomweb.url
    lab.stop_node("DICOMWEB")
    with pytest.raises(httpx.ConnectError):
        get(before)
    lab.start_node("DICOMWEB")
    assert lab.dicomweb.url == before and get(f"{before}/openapi.json").status_code == 200
    lab.stop_node("DICOMWEB")
    lab.reset()
    assert get(f"{before}/openapi.json").status_code == 200


def test_where_there_is_none_it_is_said() -> None:
    with pytest.raises(LabError, match="no DICOMweb"):
        EmbeddedDicomweb("")
    none = Description("0", 1, "u", "k", {}, "http://x/fhir")
    assert "dicomweb" not in none.public()
    some = Description("0", 1, "u", "k", {}, "http://x/fhir", dicomweb_url="http://x/dicom-web")
    assert some.public()["dicomweb"] == {"url": "http://x/dicom-web"}
