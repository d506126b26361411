"""RAD-69 and RAD-75 with IPF on the other side, in each of the four roles.

What IPF gets or gives is a whole Part 10 file; every message is held to IHE's schemas and to IPF's
own validators (``problem``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from labkit.common import ALLOW_ALL
from labkit.dicom.samples import sample
from labkit.dicomweb import ArchiveSource
from labkit.exchange.images import (
    ImageRequest,
    ImagingConsumer,
    ImagingDocumentSource,
    SourceImages,
    operations,
)
from labkit.exchange.parties import LAKESIDE, NORTH
from labkit.exchange.xca import InitiatingGateway, Neighbour, RespondingGateway
from labkit.pacs import Archive
from tests.contract.xds.exchange import ABROAD, FAILURE, PARTIAL, SLUG, SUCCESS, serve
from tests.contract.xds.peer_process import Ipf

pytestmark = pytest.mark.peers


@dataclass(frozen=True)
class Ours:
    """Where Lakeside's imaging document source and its responding gateway are."""

    source: str
    gateway: str


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ours]:
    with ExitStack() as stack:
        archive = Archive(tmp_path_factory.mktemp("lakeside"))
        stack.callback(archive.close)
        archive.add_files(sample(SLUG).paths())
        source = ImagingDocumentSource(LAKESIDE, SourceImages(ArchiveSource(archive)), ALLOW_ALL)
        images = serve(stack, operations(source))
        gateway = RespondingGateway(LAKESIDE, "http://nowhere/", {}, {LAKESIDE.images: images})
        yield Ours(images, serve(stack, gateway.operations()))


def studies(home: str = "", *more: str, repository: str = LAKESIDE.images) -> list[dict[str, Any]]:
    """A whole study as IPF is to ask for it, and further UIDs in its first series."""
    found: dict[str, Any] = {}
    for ds in sample(SLUG).datasets():
        study = found.setdefault(ds.StudyInstanceUID, {"uid": ds.StudyInstanceUID, "series": []})
        if not any(one["uid"] == ds.SeriesInstanceUID for one in study["series"]):
            study["series"].append({"uid": ds.SeriesInstanceUID, "documents": []})
        series = next(one for one in study["series"] if one["uid"] == ds.SeriesInstanceUID)
        uids = [ds.SOPInstanceUID, *more]
        more = ()
        for uid in uids:
            series["documents"].append({"repository": repository, "uid": uid, "home": home or None})
    return list(found.values())


def digest(file: bytes) -> str:
    """SHA-256 of a file's data set; who sends it may write File Meta Information of its own."""
    assert file[128:132] == b"DICM"
    length = int.from_bytes(file[140:144], "little")  # File Meta Information Group Length
    return hashlib.sha256(file[144 + length :]).hexdigest()


def digests() -> dict[str, str]:
    """As `digest`, of each object of the study by its SOP Instance UID."""
    pairs = zip(sample(SLUG).paths(), sample(SLUG).datasets(), strict=True)
    return {str(ds.SOPInstanceUID): digest(path.read_bytes()) for path, ds in pairs}


def syntax() -> str:
    return str(sample(SLUG).datasets()[0].file_meta.TransferSyntaxUID)


def got(answer: dict[str, Any]) -> dict[str, str]:
    assert "failed" not in answer, answer
    assert answer["problem"] is None
    return {one["uid"]: digest(Path(one["path"]).read_bytes()) for one in answer["documents"]}


def test_ipf_retrieves_from_our_source(ipf: Ipf, ours: Ours, tmp_path: Path) -> None:
    answer = ipf.ask(
        "RAD-69",
        into=str(tmp_path),
        url=ours.source,
        studies=studies(),
        transferSyntaxes=[syntax()],
    )
    assert got(answer) == digests() and answer["status"] == SUCCESS
    assert {one["mimeType"] for one in answer["documents"]} == {"application/dicom"}
    assert {one["repository"] for one in answer["documents"]} == {LAKESIDE.images}


def test_what_is_not_there_is_an_error_beside_what_is(ipf: Ipf, ours: Ours, tmp_path: Path) -> None:
    answer = ipf.ask(
        "RAD-69",
        into=str(tmp_path),
        url=ours.source,
        studies=studies("", "2.25.17"),
        transferSyntaxes=[syntax()],
    )
    assert got(answer) == digests() and answer["status"] == PARTIAL
    assert [error["errorCode"] for error in answer["errors"]] == ["XDSDocumentUniqueIdError"]
    assert answer["errors"][0]["location"] == "2.25.17"


def test_no_listed_transfer_syntax_fits(ipf: Ipf, ours: Ours, tmp_path: Path) -> None:
    """RAD TF 4.69: in a syntax of the list, or an error; never in another."""
    answer = ipf.ask(
        "RAD-69",
        into=str(tmp_path),
        url=ours.source,
        studies=studies(),
        transferSyntaxes=["1.2.840.10008.1.2.4.100"],
    )
    assert got(answer) == {} and answer["status"] == FAILURE
    assert len(answer["errors"]) == len(digests())


def test_ipf_s_gateway_retrieves_through_ours(ipf: Ipf, ours: Ours, tmp_path: Path) -> None:
    answer = ipf.ask(
        "RAD-75",
        into=str(tmp_path),
        url=ours.gateway,
        studies=studies(LAKESIDE.home),
        transferSyntaxes=[syntax()],
    )
    assert got(answer) == digests() and answer["status"] == SUCCESS
    assert {one["home"] for one in answer["documents"]} == {LAKESIDE.home}


def test_our_gateway_says_that_a_request_is_for_another_community(
    ipf: Ipf, ours: Ours, tmp_path: Path
) -> None:
    answer = ipf.ask(
        "RAD-75",
        into=str(tmp_path),
        url=ours.gateway,
        studies=studies("urn:oid:2.25.17"),
        transferSyntaxes=[syntax()],
    )
    assert got(answer) == {} and answer["status"] == FAILURE
    assert {error["errorCode"] for error in answer["errors"]} == {"XDSUnknownCommunity"}


@pytest.fixture
def held(ipf: Ipf) -> Iterator[list[ImageRequest]]:
    """A study that IPF holds, and what to ask for to have it."""
    pairs = list(zip(sample(SLUG).paths(), sample(SLUG).datasets(), strict=True))
    for path, ds in pairs:
        ipf.ask("hold", uid=str(ds.SOPInstanceUID), path=str(path))
    ipf.received()
    yield [
        ImageRequest(ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID, Ipf.repository)
        for _, ds in pairs
    ]


def of(files: dict[str, bytes]) -> dict[str, str]:
    return {uid: digest(data) for uid, data in files.items()}


def test_our_consumer_retrieves_from_ipf(ipf: Ipf, held: list[ImageRequest]) -> None:
    consumer = ImagingConsumer({Ipf.repository: ipf.urls["RAD-69"]})
    images = consumer.retrieve(held, transfer_syntaxes=[syntax()])
    assert of(dict(images.files)) == digests() and not images.errors
    assert ipf.received() == [
        {"transaction": "RAD-69", "problem": None, "transferSyntaxes": [syntax()]}
    ]


def test_our_gateway_retrieves_from_ipf_s(ipf: Ipf, held: list[ImageRequest]) -> None:
    north = InitiatingGateway(NORTH)
    north.know(Neighbour(ABROAD, ipf.urls["RAD-75"]))
    with ExitStack() as stack:
        gateway = serve(stack, north.operations())
        abroad = [ImageRequest(o.study, o.series, o.instance, o.repository, Ipf.home) for o in held]
        images = ImagingConsumer({}, gateway=gateway).retrieve(abroad, transfer_syntaxes=[syntax()])
    assert of(dict(images.files)) == digests() and not images.errors
    assert [(one["transaction"], one["problem"]) for one in ipf.received()] == [("RAD-75", None)]
