"""Every way from one transfer syntax to another, and what a lossy one has to say of itself."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread, uid
from pydicom.dataset import Dataset

from labkit.common.errors import DataError, UsageError
from labkit.dicom import encoded, read, real_file, sample, stored_values, transcode, writable
from labkit.dicom.codecs import NATIVE, WRITERS

LOSSLESS = [*NATIVE, *(syntax for syntax, writer in WRITERS.items() if not writer.method)]
LOSSY = [syntax for syntax, writer in WRITERS.items() if writer.method]


YBR = "SC_ybr_full_422_uncompressed"


def example(name: str) -> Dataset:
    return read(real_file(name))


def again(ds: Dataset) -> Dataset:
    """What a receiver has of it."""
    return dcmread(io.BytesIO(encoded(ds)))


@pytest.mark.parametrize("syntax", LOSSLESS, ids=lambda s: uid.UID(s).keyword)
@pytest.mark.parametrize(
    "name",
    ["CT_small", "MR_small_bigendian", "SC_rgb_rle_2frame", "examples_palette", YBR],
)
def test_lossless_means_every_value_and_the_same_uid(name: str, syntax: str) -> None:
    ds = example(name)
    before = stored_values(ds)
    new = again(transcode(ds, syntax))
    assert new.file_meta.TransferSyntaxUID == syntax
    assert new.SOPInstanceUID == ds.SOPInstanceUID == new.file_meta.MediaStorageSOPInstanceUID
    assert new.get("LossyImageCompression") == ds.get("LossyImageCompression")
    assert np.array_equal(stored_values(new), before)


def test_the_original_is_left_alone() -> None:
    ds = example("CT_small")
    before = encoded(ds)
    transcode(ds, uid.JPEG2000)
    assert encoded(ds) == before


def test_back_and_forth_gives_the_same_bytes() -> None:
    ds = example("MR_small")
    there = transcode(ds, uid.ExplicitVRBigEndian)
    assert there.PixelData != ds.PixelData  # OW turns round; pydicom keeps its bytes as they are
    assert encoded(transcode(there, uid.ExplicitVRLittleEndian)) == encoded(ds)
    assert transcode(ds, ds.file_meta.TransferSyntaxUID) == ds


@pytest.mark.parametrize("syntax", LOSSY, ids=lambda s: uid.UID(s).keyword)
def test_lossy_makes_another_image_and_says_so(syntax: str) -> None:
    ds = example("examples_rgb_color")
    new = again(transcode(ds, syntax))
    assert new.SOPInstanceUID != ds.SOPInstanceUID
    assert new.file_meta.MediaStorageSOPInstanceUID == new.SOPInstanceUID
    assert new.LossyImageCompression == "01"
    assert new.LossyImageCompressionMethod == WRITERS[syntax].method
    assert float(new.LossyImageCompressionRatio) > 1
    assert new.ImageType[0] == "DERIVED"
    source = new.SourceImageSequence[0]
    assert source.ReferencedSOPInstanceUID == ds.SOPInstanceUID
    assert source.PurposeOfReferenceCodeSequence[0].CodeMeaning == "Uncompressed predecessor"
    difference = np.abs(stored_values(new).astype(int) - stored_values(ds).astype(int))
    assert 0 < difference.mean() < 8


def test_once_lossy_always_lossy() -> None:
    first = transcode(example("examples_rgb_color"), uid.JPEGBaseline8Bit)
    back = transcode(first, uid.ExplicitVRLittleEndian)
    assert back.LossyImageCompression == "01" and back.SOPInstanceUID == first.SOPInstanceUID
    twice = transcode(back, uid.JPEG2000)
    assert list(twice.LossyImageCompressionMethod) == ["ISO_10918_1", "ISO_15444_1"]
    assert len(twice.LossyImageCompressionRatio) == 2
    purpose = twice.SourceImageSequence[0].PurposeOfReferenceCodeSequence[0]
    assert purpose.CodeMeaning == "Lossy compressed predecessor"


def test_near_lossless_keeps_its_promise() -> None:
    ds = example("examples_rgb_color")
    for near in (1, 3):
        new = transcode(ds, uid.JPEGLSNearLossless, near=near)
        difference = np.abs(stored_values(new).astype(int) - stored_values(ds).astype(int))
        assert difference.max() == near


def test_quality_and_ratio_are_obeyed() -> None:
    ds = example("examples_rgb_color")
    for syntax, settings in (
        (uid.JPEGBaseline8Bit, ({"quality": 95}, {"quality": 20})),
        (uid.JPEG2000, ({"ratio": 4}, {"ratio": 40})),
    ):
        large, small = (len(transcode(ds, syntax, **one).PixelData) for one in settings)  # type: ignore[arg-type]
        assert small < large / 2


@pytest.mark.parametrize(
    ("name", "syntax", "said"),
    [
        ("CT_small", uid.JPEGBaseline8Bit, "16 bits allocated; this one takes 8"),
        ("CT_small", uid.JPEGLSNearLossless, "signed values"),
        ("examples_palette", uid.JPEG2000, "PALETTE COLOR"),
        ("liver_1frame", uid.RLELossless, "1 bits allocated"),
        ("rtdose", uid.JPEG2000Lossless, "32 bits allocated"),
        ("rtdose", uid.ExplicitVRBigEndian, "32 bits"),
        ("CT_small", uid.HTJ2KLossless, "High-Throughput JPEG 2000"),
        ("CT_small", "1.2.840.10008.1.1", "cannot be written here"),
        ("CT_small", "1.2.3", "cannot be written here"),
    ],
)
def test_what_cannot_be_written(name: str, syntax: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        transcode(example(name), syntax)
    assert caught.value.remedy


def test_without_pixels_only_the_encoding_changes() -> None:
    report = next(ds for ds in sample("ct-chest").datasets("SR"))
    new = again(transcode(report, uid.JPEG2000))
    assert new.file_meta.TransferSyntaxUID == uid.JPEG2000
    assert new.SOPInstanceUID == report.SOPInstanceUID and "LossyImageCompression" not in new


def test_a_data_set_without_file_meta() -> None:
    ds = example("CT_small")
    del ds.file_meta
    with pytest.raises(UsageError, match="which transfer syntax"):
        transcode(ds, uid.RLELossless)


def test_pixels_that_cannot_be_decoded() -> None:
    ds = transcode(example("CT_small"), uid.JPEG2000Lossless)
    ds.PixelData = ds.PixelData[:16] + b"\0" * 40
    ds["PixelData"].is_undefined_length = True
    with pytest.raises(DataError, match="cannot be decoded"):
        transcode(ds, uid.ExplicitVRLittleEndian)


def test_writable_names_what_there_is() -> None:
    assert writable()["RLE Lossless"] == uid.RLELossless
    assert len(writable()) == len(NATIVE) + len(WRITERS)


DCMDJPEG = Path("/usr/bin/dcmdjpeg")


@pytest.mark.skipif(not DCMDJPEG.exists(), reason="DCMTK is not installed")
@pytest.mark.parametrize("syntax", [uid.JPEGLosslessSV1, uid.JPEGLossless, uid.JPEGBaseline8Bit])
def test_dcmtk_reads_our_jpeg(syntax: Any, tmp_path: Path) -> None:
    name = "SC_rgb_rle" if syntax == uid.JPEGBaseline8Bit else "CT_small"
    ds = example(name)
    (tmp_path / "in.dcm").write_bytes(encoded(transcode(ds, syntax)))
    command = [str(DCMDJPEG), str(tmp_path / "in.dcm"), str(tmp_path / "out.dcm")]
    done = subprocess.run(command, capture_output=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    difference = stored_values(dcmread(tmp_path / "out.dcm")).astype(int) - stored_values(ds)
    assert np.abs(difference).max() <= (8 if syntax == uid.JPEGBaseline8Bit else 0)
