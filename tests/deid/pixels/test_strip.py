"""Nothing stays in Pixel Data but pixels, and no pixel changes."""

import numpy as np
import pytest
from pydicom import uid as uids
from pydicom.encaps import encapsulate, generate_frames

from labkit.common.errors import DataError
from labkit.deid.pixels import strip
from labkit.dicom import encoded, read, sample, stored_values, transcode


def ct() -> object:
    return transcode(sample("ct-head-followup").datasets("CT")[4], uids.ExplicitVRLittleEndian)


def test_a_plain_image_is_left_alone() -> None:
    ds = ct()
    before = ds.PixelData
    assert strip(ds) == ()
    assert ds.PixelData == before


def test_bytes_behind_the_last_pixel_go() -> None:
    ds = ct()
    ds.PixelData += b"NAME"
    (change,) = strip(ds)
    assert change.why == "bytes behind the last pixel"
    assert b"NAME" not in ds.PixelData
    assert len(ds.PixelData) == ds.Rows * ds.Columns * 2


@pytest.mark.parametrize("signed", [0, 1])
def test_unused_bits_go_and_values_stay(signed: int) -> None:
    ds = ct()
    ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 12, 11, signed
    values = np.arange(ds.Rows * ds.Columns, dtype=np.int64) % 4096 - (2048 if signed else 0)
    words = (values & 0xFFFF).astype("<u2")
    ds.PixelData = words.tobytes()
    assert strip(ds) == ()
    ds.PixelData = (words ^ ((np.arange(len(words)) % 2) << 13).astype("<u2")).tobytes()
    assert len(strip(ds)) == 1
    assert ds.PixelData == words.tobytes()


@pytest.mark.parametrize(
    "syntax", [uids.JPEGBaseline8Bit, uids.JPEGLosslessSV1, uids.JPEGLSLossless,
               uids.JPEG2000Lossless],
)  # fmt: skip
def test_a_remark_in_a_frame_goes_and_pixels_stay(syntax: str) -> None:
    ds = sample("us-heart").datasets()[0]
    if syntax != uids.JPEGBaseline8Bit:
        ds = transcode(ct(), syntax)
    count = int(ds.get("NumberOfFrames", 1))
    frames = list(generate_frames(ds.PixelData, number_of_frames=count))
    before = stored_values(ds).copy()
    at, marker = (
        (2, b"\xff\xfe") if syntax != uids.JPEG2000Lossless else (_siz(frames[0]), b"\xff\x64")
    )
    remark = marker + b"\x00\x0c\x00\x01THE NAME"
    frames[0] = frames[0][:at] + remark + frames[0][at:] + b"BEHIND"
    ds.PixelData = encapsulate(frames)
    (change,) = strip(ds)
    assert change.why == "remarks in compressed frames"
    assert b"THE NAME" not in ds.PixelData and b"BEHIND" not in ds.PixelData
    assert (stored_values(read(encoded(ds))) == before).all()


def _siz(frame: bytes) -> int:
    """Return where the SIZ segment of a JPEG 2000 codestream ends."""
    return 4 + int.from_bytes(frame[4:6], "big")


def test_rle_is_written_again() -> None:
    ds = transcode(ct(), uids.RLELossless)
    before = stored_values(ds).copy()
    frames = list(generate_frames(ds.PixelData, number_of_frames=1))
    ds.PixelData = encapsulate([frames[0] + b"THE NAME"])
    assert strip(ds)
    assert b"THE NAME" not in ds.PixelData
    assert (stored_values(ds) == before).all()


def test_frames_behind_the_last_one_go() -> None:
    ds = transcode(ct(), uids.JPEGLSLossless)
    frame = next(generate_frames(ds.PixelData, number_of_frames=1))
    ds.PixelData = encapsulate([frame, b"\xff\xd8THE NAME\xff\xd9"])
    strip(ds)
    assert b"THE NAME" not in ds.PixelData


def test_what_cannot_be_understood_is_told() -> None:
    ds = transcode(ct(), uids.JPEGLSLossless)
    ds.PixelData = encapsulate([b"this is no codestream."])
    with pytest.raises(DataError, match="cannot be understood"):
        strip(ds)
