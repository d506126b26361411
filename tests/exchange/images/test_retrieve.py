"""RAD-69 over a real socket: what comes, what does not, and what is said of that."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from io import BytesIO

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import (
    JPEG2000,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from labkit.common import ALLOW_ALL, AccessRequest, Decision
from labkit.common.errors import NetworkError, UsageError
from labkit.dicom.samples import sample
from labkit.exchange.images import (
    ImageRequest,
    ImagingConsumer,
    ImagingDocumentSource,
    ImagingRequest,
    NotInTheseSyntaxes,
    SourceImages,
    in_one_of,
    requests_of,
)
from labkit.exchange.images.answer import came
from labkit.exchange.images.request import RAD69
from labkit.exchange.manifests import Maker, gather
from labkit.exchange.parties import LAKESIDE, NORTH
from labkit.exchange.soap import Message
from tests.exchange.images.conftest import file_of, wanted

NATIVE = (str(ExplicitVRLittleEndian), str(ImplicitVRLittleEndian))


def consumer(url: str) -> ImagingConsumer:
    return ImagingConsumer({NORTH.images: url})


def ask(
    source: ImagingDocumentSource, *asked: ImageRequest, syntaxes: Collection[str] = NATIVE
) -> Message:
    return source(Message(RAD69, ImagingRequest(asked, tuple(syntaxes)).write()))


@pytest.mark.parametrize("slug", ["dx-hand", "mg-screening", "us-heart"])
def test_a_study_comes_unchanged_where_its_transfer_syntax_is_listed(url: str, slug: str) -> None:
    asked = wanted(slug)
    stored = {str(ds.file_meta.TransferSyntaxUID) for ds in sample(slug).datasets()}
    got = consumer(url).retrieve(asked, transfer_syntaxes=sorted(stored))
    assert not got.errors
    assert list(got.files) == [one.instance for one in asked]
    for uid, data in got.files.items():
        original = file_of(slug, uid)
        ours, theirs = dcmread(BytesIO(data)), dcmread(original)
        assert ours == theirs and ours.file_meta.TransferSyntaxUID in stored


def test_a_manifest_is_enough(url: str) -> None:
    manifest = gather(sample("dx-hand").datasets(), "xds-i.b", maker=Maker.of(NORTH))
    assert requests_of(manifest) == wanted("dx-hand")
    got = consumer(url).retrieve(manifest)
    assert set(got.files) == set(manifest.instance_uids) and not got.errors
    assert len(got.files) == 1 and repr(got) == "1 image, 0 errors"


@pytest.mark.parametrize("target", [JPEGLosslessSV1, JPEGLSLossless, RLELossless])
def test_the_pixels_are_the_same_in_another_transfer_syntax(url: str, target: str) -> None:
    got = consumer(url).retrieve(wanted("dx-hand"), transfer_syntaxes=[target])
    for ds, stored in zip(got.datasets(), sample("dx-hand").datasets(), strict=True):
        assert ds.file_meta.TransferSyntaxUID == target
        assert ds.SOPInstanceUID == stored.SOPInstanceUID
        np.testing.assert_array_equal(ds.pixel_array, stored.pixel_array)


def test_the_first_of_the_list_that_does_no_harm_is_taken(url: str) -> None:
    """JPEG Baseline and JPEG 2000 would lose something; the third is taken."""
    listed = [JPEGBaseline8Bit, JPEG2000, RLELossless, ImplicitVRLittleEndian]
    got = consumer(url).retrieve(wanted("dx-hand"), transfer_syntaxes=listed)
    assert {ds.file_meta.TransferSyntaxUID for ds in got.datasets()} == {RLELossless}


@pytest.mark.parametrize("listed", [[JPEGBaseline8Bit], ["1.2.3.4"], ["no UID"]])
def test_an_image_that_cannot_be_had_without_loss_is_an_error_of_its_own(
    url: str, listed: list[str]
) -> None:
    asked = wanted("dx-hand")
    got = consumer(url).retrieve(asked, transfer_syntaxes=listed)
    assert not got.files
    assert [error.code for error in got.errors] == ["XDSRepositoryError"] * len(asked)
    assert {error.location for error in got.errors} == {one.instance for one in asked}
    assert "transfer syntax" in got.errors[0].context


def test_what_is_not_there_leaves_the_rest(url: str) -> None:
    first, *rest = wanted("dx-hand")
    unknown = ImageRequest(first.study, first.series, "1.2.3", NORTH.images)
    elsewhere = ImageRequest(first.study, first.series, first.instance, LAKESIDE.images)
    client = ImagingConsumer({NORTH.images: url, LAKESIDE.images: url})
    got = client.retrieve([unknown, *rest, elsewhere])
    assert set(got.files) == {one.instance for one in rest}
    assert {(error.code, error.location) for error in got.errors} == {
        ("XDSDocumentUniqueIdError", "1.2.3"), ("XDSUnknownRepositoryId", first.instance),
    }  # fmt: skip


def test_an_object_is_not_found_in_another_study_or_series(url: str) -> None:
    """As the toolkit of NIST asks it: the UIDs have to fit together."""
    hand, heart = wanted("dx-hand")[0], wanted("us-heart")[0]
    for study, series in ((hand.study, heart.series), (heart.study, hand.series)):
        got = consumer(url).retrieve([ImageRequest(study, series, hand.instance, NORTH.images)])
        assert not got.files
        assert [error.code for error in got.errors] == ["XDSDocumentUniqueIdError"]


def test_the_community_in_a_request_has_to_be_ours(source: ImagingDocumentSource) -> None:
    one = wanted("dx-hand")[0]
    ours = ImageRequest(one.study, one.series, one.instance, one.repository, NORTH.home)
    documents, errors = came(ask(source, ours))
    assert [document.request.homeCommunityId for document in documents] == [
        NORTH.home
    ] and not errors
    theirs = ImageRequest(one.study, one.series, one.instance, one.repository, LAKESIDE.home)
    documents, errors = came(ask(source, theirs))
    assert not documents and [error.code for error in errors] == ["XDSUnknownCommunity"]


def test_the_status_says_how_much_came(source: ImagingDocumentSource) -> None:
    one = wanted("dx-hand")[0]
    gone = ImageRequest(one.study, one.series, "1.2.3", one.repository)
    said = {}
    for name, asked in {"all": [one], "some": [one, gone], "none": [gone]}.items():
        body = ask(source, *asked).body
        said[name] = next(e.get("status") for e in body.iter("{*}RegistryResponse"))
    assert {name: status.rpartition(":")[2] for name, status in said.items()} == {
        "all": "Success", "some": "PartialSuccess", "none": "Failure",
    }  # fmt: skip


def test_nobody_gets_anything_by_default(images: SourceImages) -> None:
    source = ImagingDocumentSource(NORTH, images)
    documents, errors = came(ask(source, *wanted("dx-hand")))
    assert not documents and {error.code for error in errors} == {"XDSDocumentUniqueIdError"}


def test_the_policy_decides_by_study_and_a_refusal_looks_like_absence(images: SourceImages) -> None:
    hand, heart = wanted("dx-hand")[0], wanted("us-heart")[0]
    asked = []

    class NotTheHeart:
        def decide(self, request: AccessRequest) -> Decision:
            asked.append(request)
            return Decision(request.resource["StudyInstanceUID"] != heart.study, "not that one")

    source = ImagingDocumentSource(NORTH, images, NotTheHeart())
    syntaxes = (*NATIVE, str(JPEGBaseline8Bit))
    documents, errors = came(ask(source, hand, heart, syntaxes=syntaxes))
    assert [document.uniqueId for document in documents] == [hand.instance]
    missing = ImageRequest(heart.study, heart.series, "1.2.3", NORTH.images)
    _, of_missing = came(ask(source, missing))
    assert [error.code for error in errors] == [error.code for error in of_missing]
    assert errors[0].context == of_missing[0].context
    assert {request.action for request in asked} == {"RAD-69"}


class Broken:
    """A site whose archive is down."""

    def files(
        self, study: str, series: str, instances: Collection[str]
    ) -> Iterator[tuple[str, bytes]]:
        raise NetworkError("the archive does not answer", remedy="Start it.")
        yield


def test_an_archive_that_is_down_is_an_error_for_each_image() -> None:
    source = ImagingDocumentSource(NORTH, Broken(), ALLOW_ALL)  # type: ignore[arg-type]
    asked = wanted("dx-hand")
    documents, errors = came(ask(source, *asked))
    assert not documents
    assert {(error.code, error.context) for error in errors} == {
        ("XDSRepositoryError", "the archive does not answer")
    }
    assert {error.location for error in errors} == {one.instance for one in asked}


def test_an_answer_has_its_limit(images: SourceImages) -> None:
    asked = wanted("mg-screening")
    sizes = sorted(file_of("mg-screening", one.instance).stat().st_size for one in asked)
    source = ImagingDocumentSource(NORTH, images, ALLOW_ALL, largest=sizes[-1] + 2000)
    stored = {str(ds.file_meta.TransferSyntaxUID) for ds in sample("mg-screening").datasets()}
    documents, errors = came(ask(source, *asked, syntaxes=stored))
    assert documents and errors and len(documents) + len(errors) == len(asked)
    assert "fewer" in errors[0].context


def test_a_malformed_request_is_answered_in_the_terms_of_xds(source: ImagingDocumentSource) -> None:
    documents, errors = came(source(Message(RAD69, None)))
    assert not documents and [error.code for error in errors] == ["XDSRepositoryError"]


def test_a_manifest_without_location_or_an_unknown_source_is_refused(url: str) -> None:
    nowhere = gather(sample("dx-hand").datasets(), "xds-i.b")
    with pytest.raises(UsageError, match="Retrieve Location UID"):
        consumer(url).retrieve(nowhere)
    with pytest.raises(UsageError, match="whom to ask"):
        ImagingConsumer({}).retrieve(wanted("dx-hand"))


def test_an_object_without_pixels_takes_no_compressed_syntax() -> None:
    ds = dcmread(sample("dx-hand").paths()[0])
    del ds.PixelData
    file = BytesIO()
    ds.save_as(file, enforce_file_format=True)
    with pytest.raises(NotInTheseSyntaxes):
        in_one_of(file.getvalue(), [RLELossless])
    data = in_one_of(file.getvalue(), [RLELossless, ImplicitVRLittleEndian])
    assert dcmread(BytesIO(data)).file_meta.TransferSyntaxUID == ImplicitVRLittleEndian
