"""Storage: what is acknowledged is there, as it was sent (PS3.4 B)."""

from hashlib import sha256
from io import BytesIO

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from labkit.dimse import store
from labkit.pacs.part10 import file_meta
from tests.contract.pacs.cases import FILES, fetch, real, small
from tests.contract.pacs.servers import Target

PADDING = 0xFFFCFFFC  # Data Set Trailing Padding has no meaning (PS3.10 7.2)


@pytest.mark.parametrize("name", FILES)
def test_stored_completely(target: Target, name: str) -> None:
    """Every attribute, private ones too, as level 2 (full) of PS3.4 B.4.1 has it."""
    ds, _ = real(name)
    sent = store(target.peer, str(ds.filename))
    assert not sent.failed, sent
    syntax = ds.file_meta.TransferSyntaxUID
    (data,) = fetch(target.peer, ds, syntax)
    kept = dcmread(BytesIO(file_meta(ds.SOPClassUID, ds.SOPInstanceUID, syntax) + data))
    for each in (ds, kept):
        for tag in [tag for tag in each if tag.tag.element == 0 or tag.tag == PADDING]:
            del each[tag.tag]
    assert Dataset(kept) == Dataset(ds)


@pytest.mark.parametrize("name", FILES)
def test_stored_byte_for_byte(target: Target, name: str) -> None:
    """More than the standard asks: a digest taken before sending is good after retrieval."""
    ds, data = real(name)
    store(target.peer, str(ds.filename))
    fetched = fetch(target.peer, ds, ds.file_meta.TransferSyntaxUID)
    # Digests, since where CI is set pytest would work for minutes on the difference of the bytes.
    assert [sha256(each).hexdigest() for each in fetched] == [sha256(data).hexdigest()]


def test_the_same_object_again_is_a_success(target: Target) -> None:
    assert store(target.peer, small(50)).stored
    assert store(target.peer, small(50)).stored
    assert len(fetch(target.peer, small(50), ExplicitVRLittleEndian)) == 1


def test_what_is_acknowledged_is_kept_when_a_uid_comes_twice(target: Target) -> None:
    """Either the second object is refused, or it is the one that is there afterwards."""
    store(target.peer, small(51))
    other = small(51, PixelData=b"\x01\x02\x03\x04")
    accepted = bool(store(target.peer, other).stored)
    (kept,) = fetch(target.peer, other, ExplicitVRLittleEndian)
    assert (b"\x01\x02\x03\x04" in kept) is accepted


@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SeriesInstanceUID"])
def test_an_object_that_lacks_a_uid_is_refused(target: Target, keyword: str) -> None:
    sent = store(target.peer, small(52, **{keyword: ""}))
    assert not sent.stored


def test_an_object_in_small_pieces(target: Target) -> None:
    ds = small(53, Rows=512, Columns=512, PixelData=bytes(range(256)) * 1024)
    assert store(target.peer, ds).stored
    (kept,) = fetch(target.peer, ds, ExplicitVRLittleEndian)
    assert kept.endswith(ds.PixelData)
