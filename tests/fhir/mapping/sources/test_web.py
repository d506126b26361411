"""A DICOMweb server as a source: Orthanc, and servers that behave otherwise."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from labkit.common.errors import HttpError, NetworkError
from labkit.dicom import sample
from labkit.fhir.mapping.sources import Selection, open_source
from labkit.fhir.mapping.sources.web import TOKEN, WebSource
from tests.fhir.mapping.sources.conftest import STORIES, USER


@pytest.mark.peers
def test_orthanc(dicomweb: str) -> None:
    source = open_source(dicomweb, page=2)
    files = [path for slug in STORIES for path in sample(slug).files]
    assert source.count().studies == 3
    found = list(source)
    assert len({ds.SOPInstanceUID for ds, _ in found}) == len(found) == len(files)
    assert all("PixelData" not in ds for ds, _ in found)
    assert not source.report.first and not source.partial
    assert "labkit" not in found[0][1]  # no password in what people see


@pytest.mark.peers
@pytest.mark.parametrize("how", ["study", "accession", "modality", "date"])
def test_selecting_at_orthanc(dicomweb: str, how: str) -> None:
    brain = sample("mr-brain")
    wanted = {
        "study": Selection(study=(brain.study_uid,)),
        "accession": Selection(accession=(brain.accession,)),
        "modality": Selection(modality=("MR",)),
        "date": Selection(date=brain.date),
    }[how]
    there = [sample(slug) for slug in STORIES]
    expected = {s.study_uid for s in there if how == "date" and s.date == brain.date}
    found = {ds.StudyInstanceUID for ds, _ in open_source(dicomweb, wanted)}
    assert found == (expected | {brain.study_uid})


@pytest.mark.peers
def test_refused_by_orthanc(dicomweb: str) -> None:
    with pytest.raises(HttpError, match="401") as caught:
        list(open_source(dicomweb.replace(f"{USER}@", "")))
    assert TOKEN in caught.value.remedy


def uid(value: str) -> dict[str, Any]:
    return {"vr": "UI", "Value": [value]}


def server(studies: int, *, paging: bool = True, bad: str = "") -> httpx.MockTransport:
    """A server with one instance a study; one may fail, or answer in HTML."""

    def answer(request: httpx.Request) -> httpx.Response:
        parts = request.url.path.split("/")[2:]
        rows = [{"0020000D": uid(f"1.{n}")} for n in range(studies)]
        if parts == ["studies"]:
            if paging:
                at, size = (int(request.url.params[k]) for k in ("offset", "limit"))
                rows = rows[at : at + min(size, 2)]
            return httpx.Response(200, json=rows) if rows else httpx.Response(204)
        if parts[1] == "1.1" and bad:
            return httpx.Response(503) if bad == "503" else httpx.Response(200, text="<html>")
        row = {"0020000D": uid(parts[1]), "0020000E": uid(parts[1] + ".1")}
        if parts[-1] == "metadata":
            row |= {"00080018": uid(parts[1] + ".1.1"),
                    "7FE00010": {"vr": "OW", "BulkDataURI": "http://elsewhere/"}}  # fmt: skip
            return httpx.Response(200, json=[row, {"00080018": 7}])
        return httpx.Response(200, json=[row])

    return httpx.MockTransport(answer)


@pytest.mark.parametrize("paging", [True, False])
def test_pages(paging: bool) -> None:
    source = WebSource("http://s/dw/", page=5, transport=server(7, paging=paging))
    assert [ds.StudyInstanceUID for ds, _ in source] == [f"1.{n}" for n in range(7)]
    assert source.report.counts == {"broken": 7}


@pytest.mark.parametrize("bad", ["503", "html"])
def test_a_study_that_fails_is_reported(bad: str) -> None:
    source = WebSource("http://s/dw", transport=server(3, bad=bad))
    source.done = {"1.0"}
    assert [ds.StudyInstanceUID for ds, _ in source] == ["1.2"]
    assert source.incomplete == {"1.1"}
    assert source.report.counts["failed"] == source.report.counts["done before"] == 1


def test_nobody_there() -> None:
    def gone(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no")

    with pytest.raises(NetworkError, match="did not answer"):
        list(WebSource("http://s", transport=httpx.MockTransport(gone)))
    wrong = httpx.MockTransport(lambda _: httpx.Response(404))
    with pytest.raises(HttpError, match="404") as caught:
        WebSource("http://s", transport=wrong).count()
    assert "/studies" in caught.value.remedy


def test_a_token_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.headers["authorization"], dict(request.url.params)))
        return httpx.Response(200, content=json.dumps([]))

    monkeypatch.setenv(TOKEN, "secret")
    wanted = Selection(study=("1.2", "1.3"))
    assert list(WebSource("http://s", wanted, transport=httpx.MockTransport(answer))) == []
    assert seen[0][0] == "Bearer secret"
    assert seen[0][1]["StudyInstanceUID"] == "1.2,1.3"
