"""Values and pictures, on pydicom's real files and on numbers worked out by hand."""

import numpy as np
import pytest
from pydicom.dataset import Dataset

from labkit.common.errors import DataError, UsageError
from labkit.dicom import (
    hounsfield,
    modality_values,
    read,
    real_file,
    rendered,
    stored_values,
    unit,
    window,
)
from labkit.dicom.pixels import default_window


def test_hu_is_stored_value_plus_intercept() -> None:
    ds = read(real_file("CT_small"))
    hu = hounsfield(ds)
    assert hu.dtype == np.int32 and hu.shape == (128, 128)
    assert (hu == stored_values(ds).astype(int) - 1024).all()
    assert unit(ds) == "HU"


def test_hu_is_refused_where_it_is_not() -> None:
    with pytest.raises(DataError, match="not in HU"):
        hounsfield(read(real_file("MR_small")))
    ds = read(real_file("CT_small"))
    ds.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    with pytest.raises(DataError, match="not in HU"):
        hounsfield(ds)
    ds = read(real_file("CT_small"))
    del ds.RescaleIntercept, ds.RescaleSlope
    with pytest.raises(DataError, match="Rescale Intercept"):
        hounsfield(ds)


def test_slopes_that_are_not_whole_give_floats() -> None:
    ds = read(real_file("CT_small"))
    ds.RescaleSlope, ds.Modality, ds.Units = "0.5", "PT", "BQML"
    assert modality_values(ds).dtype == np.float64
    assert modality_values(ds).max() == stored_values(ds).max() * 0.5 - 1024
    assert unit(ds) == "Bq/ml"


def test_no_rescale_means_stored_values() -> None:
    ds = read(real_file("MR_small"))
    assert (modality_values(ds) == stored_values(ds)).all()
    assert unit(ds) == ""


def test_objects_without_pixels_say_what_they_are() -> None:
    with pytest.raises(DataError, match="Basic Text SR Storage has no pixel data"):
        stored_values(read(real_file("reportsi")))


def test_pixels_that_do_not_add_up() -> None:
    ds = read(real_file("CT_small"))
    ds.Rows = 4000
    with pytest.raises(DataError, match="cannot be decoded"):
        stored_values(ds)


def test_big_and_little_endian_files_give_the_same_values() -> None:
    little, big = (stored_values(read(real_file(f"MR_small{e}"))) for e in ("", "_bigendian"))
    assert little.dtype == big.dtype and (little == big).all()


# PS3.3 C.11.2.1.2.1, Note 4: c = 2048, w = 4096 over 0..4095 is the identity of 12 bits.
def test_linear_window_of_the_whole_range() -> None:
    y = window(np.array([0, 4095, 2047, 2048]), 2048, 4096)
    assert y[:2].tolist() == [0, 255]
    assert 126 <= y[2] <= 128 <= y[3] + 1


def test_linear_window_of_width_one_is_a_step_at_half() -> None:
    assert window(np.array([99, 100, 101]), 100.0, 1).tolist() == [0, 255, 255]


def test_linear_exact_has_no_half_pixel() -> None:
    assert window(np.array([-100, 0, 100]), 0, 200, "LINEAR_EXACT").tolist() == [0, 128, 255]
    assert window(np.array([40.0]), 40.0, 0.5, "LINEAR_EXACT")[0] == 128


def test_sigmoid_is_half_at_the_center_and_never_overflows() -> None:
    y = window(np.array([40, -(10**9), 10**9]), 40, 80, "SIGMOID")
    assert y.tolist() == [128, 0, 255]


@pytest.mark.parametrize(("width", "function"), [(0.5, "LINEAR"), (0, "SIGMOID"), (-5, "LINEAR")])
def test_impossible_widths(width: float, function: str) -> None:
    with pytest.raises(UsageError, match="cannot be used"):
        window(np.zeros(1), 0, width, function)  # type: ignore[arg-type]


def test_unknown_function() -> None:
    with pytest.raises(UsageError, match="LINEAR_EXACT"):
        window(np.zeros(1), 0, 10, "CUBIC")  # type: ignore[arg-type]


def test_monochrome1_is_the_negative() -> None:
    ds = read(real_file("CT_small"))
    as_two = rendered(ds, center=40, width=400)
    ds.PhotometricInterpretation = "MONOCHROME1"
    assert (rendered(ds, center=40, width=400) == 255 - as_two).all()


@pytest.mark.parametrize(
    "name", ["examples_palette", "examples_ybr_color", "SC_rgb_rle_16bit", "SC_rgb_jpeg_dcmtk"]
)
def test_colour_becomes_rgb(name: str) -> None:
    picture = rendered(read(real_file(name)))
    assert picture.ndim == 3 and picture.shape[2] == 3 and picture.dtype == np.uint8
    assert picture.max() > 200


def test_sixteen_bit_colour_is_the_eight_bit_one() -> None:
    deep, flat = (rendered(read(real_file(f"SC_rgb_rle{d}"))) for d in ("_16bit", ""))
    assert np.abs(deep.astype(int) - flat).max() <= 1


def test_frames_are_counted_from_zero() -> None:
    ds = read(real_file("examples_ybr_color"))
    assert (rendered(ds, frame=29) != rendered(ds, frame=0)).any()
    with pytest.raises(DataError):
        rendered(ds, frame=30)


def test_default_window_takes_the_first_of_several() -> None:
    ds = Dataset()
    assert default_window(ds) is None
    ds.WindowCenter, ds.WindowWidth = ["40", "300"], ["80", "1500"]
    assert default_window(ds) == (40, 80)
    ds.WindowCenter, ds.WindowWidth = "50", "350"
    assert default_window(ds) == (50, 350)


def test_a_window_of_the_file_is_used_and_voi_lut_wins() -> None:
    ds = read(real_file("CT_small"))
    ds.WindowCenter, ds.WindowWidth = "40", "400"
    assert (rendered(ds) == rendered(ds, center=40, width=400)).all()
    item = Dataset()
    item.LUTDescriptor, item.LUTData = [2, 0, 8], [0, 255]
    ds.VOILUTSequence = [item]
    picture = rendered(ds)
    assert set(np.unique(picture)) == {0, 255}
    assert ((picture == 255) == (hounsfield(ds) >= 1)).all()


def test_enhanced_multi_frame_rescales_each_frame() -> None:
    ds = read(real_file("liver_1frame"))
    ds.NumberOfFrames, ds.Rows, ds.Columns = 2, 1, 2
    ds.BitsAllocated = ds.BitsStored = 8
    ds.HighBit = 7
    ds.PixelData = bytes([1, 2, 3, 4])
    ds.PerFrameFunctionalGroupsSequence = []
    for slope in ("2", "10"):
        transform, group = Dataset(), Dataset()
        transform.RescaleSlope, transform.RescaleIntercept, transform.RescaleType = slope, "-1", "X"
        group.PixelValueTransformationSequence = [transform]
        ds.PerFrameFunctionalGroupsSequence.append(group)
    assert modality_values(ds).tolist() == [[[1, 3]], [[29, 39]]]
    assert modality_values(ds, 1).tolist() == [[29, 39]]
    assert unit(ds) == "X"


def test_a_palette_image_without_its_palette() -> None:
    ds = read(real_file("examples_palette"))
    del ds.BluePaletteColorLookupTableData
    with pytest.raises(DataError, match="palette"):
        rendered(ds)


def test_a_panic_of_the_codec_is_a_clear_error() -> None:
    ds = read(real_file("MR_small_RLE"))
    ds.Rows = 63  # fewer bytes than the RLE segments give
    with pytest.raises(DataError, match="cannot be decoded"):
        stored_values(ds)


def test_values_that_cannot_be_read_are_said_to_be_damaged() -> None:
    data = bytearray(real_file("CT_small").read_bytes())
    at = data.index(b"(\x00R\x10DS")  # Rescale Intercept
    data[at + 8 : at + 14] = b"-1O24 "
    with pytest.raises(DataError, match="cannot be read"):
        hounsfield(read(bytes(data)))


def test_a_jp2_box_of_length_zero_does_not_hang() -> None:
    ds = read(real_file("GDCMJ2K_TextGBR"))
    assert rendered(ds).shape == (400, 400, 3)
    at = ds.PixelData.index(b"jp2h")
    ds.PixelData = ds.PixelData[: at - 4] + bytes(4) + ds.PixelData[at:]
    with pytest.raises(DataError, match="JPEG 2000"):
        rendered(ds)
