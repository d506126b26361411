"""The body of a RAD-69 request, written and read."""

from __future__ import annotations

import pytest

from labkit.common.errors import DataError
from labkit.exchange.images import ImageRequest, ImagingRequest
from labkit.exchange.images.request import MOST, XDSB, XDSI
from labkit.exchange.soap import xml

ONE = ImageRequest("1.2.1", "1.2.1.1", "1.2.1.1.1", "2.25.1", "urn:oid:2.25.9")
TWO = ImageRequest("1.2.1", "1.2.1.1", "1.2.1.1.2", "2.25.1")
OTHER = ImageRequest("1.2.2", "1.2.2.1", "1.2.2.1.1", "2.25.2")


def test_what_is_written_is_read() -> None:
    request = ImagingRequest((ONE, TWO, OTHER), ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.70"))
    again = ImagingRequest.read(xml.parse(xml.to_bytes(request.write())))
    assert again == request


def test_it_has_the_shape_of_rad_tf_3() -> None:
    """Study and series are attributes of elements of RAD's namespace, the rest is ITI-43's."""
    body = ImagingRequest((OTHER, ONE, TWO), ("1.2.840.10008.1.2",)).write()
    studies = xml.children(body, f"{{{XDSI}}}StudyRequest")
    assert [study.get("studyInstanceUID") for study in studies] == ["1.2.1", "1.2.2"]
    series = xml.children(studies[0], f"{{{XDSI}}}SeriesRequest")
    assert [one.get("seriesInstanceUID") for one in series] == ["1.2.1.1"]
    documents = xml.children(series[0], f"{{{XDSB}}}DocumentRequest")
    assert [child.tag.rpartition("}")[2] for child in documents[0]] == [
        "HomeCommunityId", "RepositoryUniqueId", "DocumentUniqueId",
    ]  # fmt: skip
    assert [child.tag for child in documents[1]] == [
        f"{{{XDSB}}}RepositoryUniqueId", f"{{{XDSB}}}DocumentUniqueId",
    ]  # fmt: skip
    last = xml.children(body)[-1]
    assert last.tag == f"{{{XDSI}}}TransferSyntaxUIDList"


def test_a_request_of_another_maker_is_read() -> None:
    """With other prefixes, space around the values, and attributes that we do not know."""
    body = xml.parse(
        f"""<r:RetrieveImagingDocumentSetRequest xmlns:r="{XDSI}" xmlns:d="{XDSB}">
        <r:StudyRequest studyInstanceUID=" 1.2.1 " other="1">
        <r:SeriesRequest seriesInstanceUID="1.2.1.1">
        <d:DocumentRequest><d:RepositoryUniqueId>2.25.1</d:RepositoryUniqueId>
        <d:DocumentUniqueId> 1.2.1.1.2 </d:DocumentUniqueId></d:DocumentRequest>
        </r:SeriesRequest></r:StudyRequest>
        <r:TransferSyntaxUIDList><r:TransferSyntaxUID>1.2.840.10008.1.2</r:TransferSyntaxUID>
        </r:TransferSyntaxUIDList></r:RetrieveImagingDocumentSetRequest>""".encode()
    )
    assert ImagingRequest.read(body) == ImagingRequest((TWO,), ("1.2.840.10008.1.2",))


@pytest.mark.parametrize(
    ("old", "new", "missing"),
    [
        ('studyInstanceUID="1.2.1"', 'studyInstanceUID=" "', "studyInstanceUID"),
        ('seriesInstanceUID="1.2.1.1"', "", "seriesInstanceUID"),
        ("2.25.1<", "<", "RepositoryUniqueId"),
        ("1.2.1.1.1<", "<", "DocumentUniqueId"),
        ("1.2.840.10008.1.2<", "<", "TransferSyntaxUID is empty"),
        ("TransferSyntaxUIDList", "Others", "no TransferSyntaxUIDList"),
        ("StudyRequest", "Others", "no StudyRequest"),
        ("RetrieveImagingDocumentSetRequest", "Others", "the body is"),
    ],
)
def test_what_is_missing_is_named(old: str, new: str, missing: str) -> None:
    text = xml.to_bytes(ImagingRequest((ONE,), ("1.2.840.10008.1.2",)).write()).decode()
    assert old in text
    with pytest.raises(DataError, match=missing):
        ImagingRequest.read(xml.parse(text.replace(old, new).encode()))


def test_no_body_and_far_too_many() -> None:
    with pytest.raises(DataError, match="empty"):
        ImagingRequest.read(None)
    many = tuple(ImageRequest("1.2", "1.3", f"1.4.{n}", "2.25.1") for n in range(MOST + 1))
    with pytest.raises(DataError, match=f"{MOST} are taken"):
        ImagingRequest.read(ImagingRequest(many, ("1.2.840.10008.1.2",)).write())
