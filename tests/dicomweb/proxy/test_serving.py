"""The façade over real HTTP: streaming, clients that leave, clients of other people."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import httpx
import pytest
import requests
from pydicom import dcmread

from labkit.dicom import encoded
from labkit.dicomweb import DicomwebClient
from tests.contract.dicomweb.servers import serving
from tests.contract.pacs.cases import small, studies, uid
from tests.dicomweb.proxy.conftest import WHOLE, StartFacade, StartPacs, StartStub, until


@contextmanager
def web(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        yield client


def test_objects_flow_before_the_study_is_complete(stub: StartStub, facade: StartFacade) -> None:
    behind, go_on = stub(), threading.Event()
    behind.objects = [small(1, 1, number) for number in range(1, 6)]
    behind.before = lambda service, number: bool(number == 2 and go_on.wait(20)) and None
    source = facade(behind).source
    path = f"/studies/{uid(1)}"
    with (
        serving(source) as url,
        web(url) as client,
        client.stream("GET", path, headers=WHOLE) as answer,
    ):
        pieces, seen = answer.iter_raw(), b""
        while seen.count(b"DICM") < 2:
            seen += next(pieces)
        assert not go_on.is_set()
        go_on.set()
        assert (seen + b"".join(pieces)).count(b"DICM") == 5


def test_one_who_leaves_ends_the_retrieve(stub: StartStub, facade: StartFacade) -> None:
    behind, go_on = stub(), threading.Event()
    behind.objects = [small(1, 1, number) for number in range(1, 6)]
    behind.before = lambda service, number: bool(number == 2 and go_on.wait(60)) and None
    source = facade(behind).source
    with serving(source) as url, web(url) as client:
        with client.stream("GET", f"/studies/{uid(1)}", headers=WHOLE) as answer:
            next(answer.iter_raw())
        until(lambda: all(f.cancelled for f in source._fetcher._flights))
        go_on.set()
        until(lambda: source.stats()["retrieves"]["under_way"] == 0)
    assert behind.cancelled.wait(20)


def test_an_answer_that_breaks_does_not_look_complete(stub: StartStub, facade: StartFacade) -> None:
    behind = stub()
    behind.objects, behind.send = [small(1, 1, n) for n in range(1, 6)], 3
    source = facade(behind, retrieve="c-get").source
    with serving(source) as url, web(url) as client, pytest.raises(httpx.RemoteProtocolError):
        client.get(f"/studies/{uid(1)}", headers=WHOLE)


def test_our_client_works(pacs: StartPacs, facade: StartFacade) -> None:
    behind = pacs()
    with serving(facade(behind).source) as url, DicomwebClient(url) as client:
        assert not client.store(studies()).get("FailedSOPSequence")
        assert len(client.studies(PatientID="CONTRACT*")) == 4
        assert len(list(client.retrieve(uid(1)))) == 3
        assert len(client.metadata(uid(1))) == 3


def test_dicomweb_client_works_unchanged(pacs: StartPacs, facade: StartFacade) -> None:
    """PyPI's `dicomweb-client`, as it comes."""
    others = pytest.importorskip("dicomweb_client.api")
    behind = pacs()
    behind.hold(*studies())
    with serving(facade(behind).source) as url:
        session = requests.Session()
        session.trust_env = False
        client = others.DICOMwebClient(url, session=session)
        found = client.search_for_studies(search_filters={"PatientID": "CONTRACT1"})
        assert [match["0020000D"]["Value"] for match in found] == [[uid(1)]]
        assert len(client.search_for_series(uid(1))) == 2
        assert len(client.search_for_instances(uid(1))) == 3
        assert len(client.retrieve_study(uid(1))) == 3
        assert len(client.retrieve_series_metadata(uid(1), uid(1, 1))) == 2
        frames = client.retrieve_instance_frames(
            uid(1), uid(1, 1), uid(1, 1, 1), frame_numbers=[1],
            media_types=("application/octet-stream",),
        )  # fmt: skip
        assert frames == [bytes(4)]
        picture = client.retrieve_instance_rendered(
            uid(1), uid(1, 1), uid(1, 1, 1), media_types=("image/png",)
        )
        assert picture.startswith(b"\x89PNG")
        client.store_instances([dcmread(BytesIO(encoded(small(70))))])
        assert client.search_for_studies(search_filters={"PatientID": "CONTRACT70"})
