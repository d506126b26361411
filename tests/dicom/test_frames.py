"""Frames and stacks: pixel values as pydicom and numpy have them, order, windows, odd files."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

from labkit.common.errors import DataError, UsageError
from labkit.dicom.frames import Frame, Window, numbers, value_range
from labkit.dicom.pixels import rendered
from labkit.dicom.stacks import stacks


def read(name: str) -> Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(str(get_testdata_file(name)), force=True)


def grey(
    values: np.ndarray, *, position: float | None = None, **attributes: object
) -> Dataset:  # a made-up image
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    ds.SeriesInstanceUID = "1.2.3"
    frames = values if values.ndim == 3 else values[None]
    ds.NumberOfFrames, ds.Rows, ds.Columns = frames.shape
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated = ds.BitsStored = values.dtype.itemsize * 8
    ds.HighBit = ds.BitsStored - 1
    ds.PixelRepresentation = int(values.dtype.kind == "i")
    if position is not None:
        ds.ImagePositionPatient = [0, 0, position]
        ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    ds.PixelData = values.tobytes()
    return ds


CODED = [
    "CT_small.dcm", "MR_small.dcm", "MR_small_bigendian.dcm", "MR_small_RLE.dcm", "693_J2KI.dcm",
    "MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm", "JPEG2000.dcm", "rtdose.dcm",
    "JPGExtended.dcm", "examples_overlay.dcm", "liver_1frame.dcm", "image_dfl.dcm",
]  # fmt: skip


@pytest.mark.parametrize("name", CODED)
def test_grey_values_are_pydicoms(name: str) -> None:
    ds = read(name)
    frame = stacks(ds)[0].frames[0]
    wanted = ds.pixel_array if int(ds.get("NumberOfFrames", 1)) == 1 else ds.pixel_array[0]
    assert np.array_equal(frame.pixels(), wanted)
    slope, intercept = frame.rescale
    assert np.array_equal(frame.values(), wanted * slope + intercept)


@pytest.mark.parametrize(
    "name",
    ["examples_rgb_color.dcm", "SC_rgb_rle.dcm", "SC_rgb_jpeg_gdcm.dcm", "examples_ybr_color.dcm",
     "SC_ybr_full_422_uncompressed.dcm", "SC_rgb_small_odd.dcm"],
)  # fmt: skip
def test_colour_is_rgb(name: str) -> None:
    ds = read(name)
    frame = stacks(ds)[0].frames[-1]
    whole = pydicom.pixels.pixel_array(ds)
    assert frame.is_colour and frame.windows == []
    wanted = whole if whole.ndim == 3 else whole[-1]
    assert np.array_equal(frame.pixels(), wanted)
    assert np.array_equal(frame.shown(Window(0, 1), invert=True), 255 - wanted)


def test_palette_colours_come_from_the_table() -> None:
    ds = read("examples_palette.dcm")
    frame = stacks(ds)[0].frames[0]
    table = pydicom.pixels.apply_color_lut(ds.pixel_array, ds)
    assert frame.is_colour
    assert np.array_equal(frame.pixels(), table >> 8 if table.dtype == np.uint16 else table)


def test_monochrome1_is_turned_round() -> None:
    values = np.array([[0, 100], [200, 255]], np.uint8)
    frame = Frame(grey(values, PhotometricInterpretation="MONOCHROME1"), 0)
    window = frame.full_window()
    assert np.array_equal(frame.shown(window), 255 - values)
    assert np.array_equal(frame.shown(window, invert=True), values)


def test_signed_32_bit_float_and_many_frames() -> None:
    signed = np.array([[[-32768, -1], [0, 32767]]], np.int16)
    assert Frame(grey(signed, RescaleSlope=2, RescaleIntercept=-1), 0).values().min() == -65537
    wide = np.arange(8, dtype=np.uint32).reshape(2, 2, 2) * 500_000_000
    stack = stacks(grey(wide))[0]
    assert [int(f.pixels().max()) for f in stack.frames] == [1_500_000_000, 3_500_000_000]
    real = grey(np.zeros((2, 2), np.float32))
    del real.PixelData, real.PixelRepresentation, real.HighBit, real.BitsStored
    real.FloatPixelData = np.array([[0.5, 1], [2, np.nan]], np.float32).tobytes()
    frame = stacks(real)[0].frames[0]
    assert frame.pixels()[0, 0] == 0.5
    assert (frame.full_window().center, frame.full_window().width) == (1.25, 1.5)


def test_modality_lut_gives_the_values() -> None:
    lut = Dataset()
    lut.LUTDescriptor = [4, 0, 16]
    lut.LUTData = np.array([10, 20, 30, 1000], np.uint16).tobytes()
    lut.ModalityLUTType = "US"
    ds = grey(np.array([[0, 1], [2, 3]], np.uint8), ModalityLUTSequence=Sequence([lut]))
    ds["ModalityLUTSequence"].value[0]["LUTData"].VR = "OW"
    frame = Frame(ds, 0)
    assert frame.values().tolist() == [[10, 20], [30, 1000]] and frame.rescale == (1.0, 0.0)


def test_windows_of_the_file() -> None:
    ds = grey(np.zeros((2, 2), np.int16), WindowCenter=[40, 300], WindowWidth=[80, 1500],
              WindowCenterWidthExplanation=["BRAIN", "BONE"])  # fmt: skip
    assert Frame(ds, 0).windows == [
        Window(40, 80, "LINEAR", "BRAIN"), Window(300, 1500, "LINEAR", "BONE"),
    ]  # fmt: skip
    ds.WindowWidth = [0, 1500]  # a width below 1 cannot be used
    assert [w.name for w in Frame(ds, 0).windows] == ["BONE"]
    ds.WindowCenter, ds.WindowWidth, ds.VOILUTFunction = 40, 0.5, "SIGMOID"
    assert Frame(ds, 0).windows[0].function == "SIGMOID"
    ds.WindowCenter = None
    assert Frame(ds, 0).windows == []


def with_voi_lut(values: np.ndarray, **attributes: object) -> Dataset:
    """Give an image a VOI LUT of 12 bits that is bright at 100 and dark elsewhere."""
    lut = Dataset()
    lut.LUTDescriptor = [201, 0, 12]
    lut.LUTExplanation = "PEAK"
    peak = 4095 - np.abs(np.arange(201) - 100) * 40
    lut.LUTData = peak.astype(np.uint16).tobytes()
    ds = grey(values, VOILUTSequence=Sequence([lut]), **attributes)
    ds.VOILUTSequence[0]["LUTData"].VR = "OW"
    return ds


def test_voi_lut_comes_first_and_is_as_pydicom_applies_it() -> None:
    values = np.array([[0, 50], [100, 60000]], np.uint16)
    frame = Frame(with_voi_lut(values, WindowCenter=10, WindowWidth=20), 0)
    lut, window = frame.windows
    assert (lut.name, lut.first, lut.width, window.center) == ("PEAK", 0, 201, 10)
    assert np.array_equal(frame.shown(lut), rendered(frame.ds))
    assert frame.shown(lut)[1, 0] == 255 > frame.shown(lut)[0, 1]


def test_dose_and_counts_have_their_unit() -> None:
    dose = stacks(read("rtdose.dcm"))[0].frames[0]
    assert dose.unit == "Gy" or dose.rescale[0] == float(dose.ds.DoseGridScaling)
    assert stacks(read("CT_small.dcm"))[0].frames[0].unit == "HU"


def test_padding_is_left_out_of_the_full_window() -> None:
    values = np.array([[-2000, 0], [50, 100]], np.int16)
    frame = Frame(grey(values, PixelPaddingValue=-2000), 0)
    assert frame.full_window() == Window(50, 100, "LINEAR_EXACT")
    flat = Frame(grey(np.full((2, 2), 7, np.int16)), 0)
    assert flat.shown(flat.full_window()).tolist() == [[0, 0], [0, 0]]
    assert value_range(np.array([], np.int16)) == (0.0, 1.0)
    assert value_range(np.array([1, 2]), (1, 2)) == (1.0, 2.0)


def test_slices_are_in_the_order_of_space() -> None:
    images = [grey(np.full((2, 2), n, np.int16), position=n * 5.0, InstanceNumber=9 - n)
              for n in (3, 1, 2)]  # fmt: skip
    stack = stacks(images)[0]
    assert [int(frame.pixels()[0, 0]) for frame in stack.frames] == [1, 2, 3]


def test_without_positions_by_instance_number() -> None:
    images = [grey(np.full((2, 2), n, np.int16), InstanceNumber=n) for n in (3, 1, 2)]
    assert [int(f.pixels()[0, 0]) for f in stacks(images)[0].frames] == [1, 2, 3]


def test_what_does_not_belong_together_is_another_stack() -> None:
    one = grey(np.zeros((2, 2), np.int16), position=0.0, EchoNumbers=1, SeriesNumber=2)
    two = grey(np.zeros((2, 2), np.int16), position=0.0, EchoNumbers=2, SeriesNumber=2)
    other = grey(np.zeros((2, 3), np.int16), SeriesNumber=1, SeriesDescription="wide")
    found = stacks([one, two, other])
    assert [stack.label for stack in found] == ["1 wide (1)", "2, echo 1 (1)",
                                                "2, echo 2 (1)"]  # fmt: skip


def test_folders_and_files_of_other_kinds(tmp_path: Path) -> None:
    ct = Path(str(get_testdata_file("CT_small.dcm")))
    (tmp_path / "a.dcm").write_bytes(ct.read_bytes())
    (tmp_path / "README.txt").write_text("not an image")
    (tmp_path / "plan.dcm").write_bytes(Path(str(get_testdata_file("rtplan.dcm"))).read_bytes())
    assert [len(stack.frames) for stack in stacks(tmp_path)] == [1]
    assert len(stacks([str(ct), ct])[0].frames) == 2
    with pytest.raises(DataError, match="no picture in this: RTPLAN"):
        stacks(tmp_path / "plan.dcm")
    with pytest.raises(DataError):
        stacks(tmp_path / "README.txt")
    with pytest.raises(DataError, match="nothing"):
        stacks([])
    with pytest.raises(UsageError, match="int is not"):
        stacks(3)  # type: ignore[arg-type]


def test_real_files_are_shown_or_say_why() -> None:
    undecodable = set()
    for file in Path(str(get_testdata_file("CT_small.dcm"))).parent.glob("*.dcm"):
        ds = read(file.name)
        if "PixelData" not in ds or "Rows" not in ds:
            continue
        try:
            frame = stacks(ds)[0].frames[-1]
            picture = frame.shown(frame.windows[0] if frame.windows else frame.full_window())
        except DataError:
            undecodable.add(file.name)
            continue
        assert picture.dtype == np.uint8 and picture.shape[:2] == frame.shape
    assert undecodable == {
        "JPEG-lossy.dcm",  # 12 bits: no decoder here
        "JPEG2000-embedded-sequence-delimiter.dcm", "MR_truncated.dcm", "badVR.dcm",
    }  # fmt: skip


def test_pixels_that_are_not_square() -> None:
    assert Frame(grey(np.zeros((2, 2), np.uint8), PixelSpacing=[1, 0.5]), 0).aspect == 2.0
    assert Frame(grey(np.zeros((2, 2), np.uint8), PixelAspectRatio=[3, 2]), 0).aspect == 1.5
    assert Frame(grey(np.zeros((2, 2), np.uint8)), 0).spacing is None
    assert numbers("1.5") == [1.5] and numbers(None) == []
