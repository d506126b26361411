"""A source that answers wrongly: what the consumer does not take, and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from io import BytesIO

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ImplicitVRLittleEndian

from labkit.common import ALLOW_ALL
from labkit.common.serving import HOST, HttpService
from labkit.dicom.samples import sample
from labkit.exchange.images import ImagingConsumer
from labkit.exchange.images.answer import answered
from labkit.exchange.images.request import RAD69, RAD69_ANSWER
from labkit.exchange.manifests import Maker, gather
from labkit.exchange.parties import LAKESIDE, NORTH
from labkit.exchange.soap import Message, Operation, soap_app
from labkit.exchange.xds.messages import DocumentRequest, Retrieved


def hand() -> Dataset:
    return sample("dx-hand").datasets()[0]


def file_of(ds: Dataset) -> bytes:
    stream = BytesIO()
    ds.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


@pytest.fixture
def serve() -> Iterator[Callable[[list[Retrieved]], ImagingConsumer]]:
    """Makes a consumer of a source that answers the same whatever is asked."""
    services = []

    def start(says: list[Retrieved]) -> ImagingConsumer:
        def lie(message: Message) -> Message:
            return answered(message, RAD69_ANSWER, says, [])

        service = HttpService("liar")
        service.bind()
        service.start(soap_app({RAD69: Operation(lie, "RAD-69")}, ALLOW_ALL))
        services.append(service)
        return ImagingConsumer({NORTH.images: f"http://{HOST}:{service.port}/"})

    yield start
    for service in services:
        service.stop()


def said(data: bytes, *, uid: str = "", repository: str = NORTH.images) -> Retrieved:
    request = DocumentRequest(repository, uid or hand().SOPInstanceUID)
    return Retrieved(request, "application/dicom", data)


def changed(**values: str) -> bytes:
    ds = hand()
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    if "SOPInstanceUID" in values:
        ds.file_meta.MediaStorageSOPInstanceUID = values["SOPInstanceUID"]
    return file_of(ds)


def in_implicit() -> bytes:
    ds = hand()
    ds.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    return file_of(ds)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda: said(changed(SOPInstanceUID="1.2.3")), "in it is another object"),
        (lambda: said(changed(StudyInstanceUID="1.2.3")), "another study or series"),
        (lambda: said(changed(SeriesInstanceUID="1.2.3")), "another study or series"),
        (lambda: said(changed(PatientID="NG-100231")), "another patient"),
        (lambda: said(in_implicit()), "was not listed"),
        (lambda: said(b"<html>Please log in</html>"), "no DICOM file"),
        (lambda: said(b""), "no DICOM file"),
        (lambda: said(file_of(hand())[:300]), "no DICOM file|another object"),
        (lambda: said(file_of(hand()), uid="1.2.3"), "was not asked for"),
        (lambda: said(file_of(hand()), repository=LAKESIDE.images), "somewhere else"),
    ],
)
def test_an_answer_that_is_not_what_was_asked_for(
    serve: Callable[[list[Retrieved]], ImagingConsumer], answer: Callable[[], Retrieved], why: str
) -> None:
    manifest = gather([hand()], "xds-i.b", maker=Maker.of(NORTH))
    got = serve([answer()]).retrieve(manifest)
    assert not got.files
    assert len(got.errors) == 1
    assert re.search(why, got.errors[0].context)


def test_what_comes_twice_counts_once_and_the_truth_is_taken(
    serve: Callable[[list[Retrieved]], ImagingConsumer],
) -> None:
    manifest = gather([hand()], "xds-i.b", maker=Maker.of(NORTH))
    true = said(file_of(hand()))
    got = serve([true, true]).retrieve(manifest)
    assert list(got.files) == [hand().SOPInstanceUID]
    assert [error.context for error in got.errors] == ["it came twice"]
    assert "it came twice" in repr(got)
