"""Millimetres and points, on numbers that can be worked out by hand."""

import numpy as np
import pytest
from pydicom.dataset import Dataset

from labkit.common.errors import DataError, UsageError
from labkit.dicom import (
    distance_mm,
    orientation_labels,
    patient_point,
    pixel_spacing,
    read,
    real_file,
    sort_slices,
)
from labkit.dicom.geometry import slice_position


def slice_at(z: float, orientation: list[float] | None = None) -> Dataset:
    ds = Dataset()
    ds.PixelSpacing = ["0.5", "0.25"]
    ds.ImagePositionPatient = [-100.0, -50.0, z]
    ds.ImageOrientationPatient = orientation or [1, 0, 0, 0, 1, 0]
    return ds


def test_first_value_of_pixel_spacing_is_between_rows() -> None:
    spacing = pixel_spacing(slice_at(0))
    assert (spacing.row_mm, spacing.column_mm, spacing.source) == (0.5, 0.25, "PixelSpacing")
    assert distance_mm(slice_at(0), (0, 0), (6, 16)) == 5.0


def test_rows_go_down_and_columns_right() -> None:
    assert patient_point(slice_at(7), 10, 20).tolist() == [-95, -45, 7]


def test_labels_of_an_axial_a_coronal_and_a_tilted_slice() -> None:
    axial = orientation_labels(slice_at(0))
    assert (axial.left, axial.right, axial.top, axial.bottom) == ("R", "L", "A", "P")
    coronal = orientation_labels(slice_at(0, [1, 0, 0, 0, 0, -1]))
    assert (coronal.top, coronal.bottom) == ("H", "F")
    tilted = orientation_labels(slice_at(0, [1, 0, 0, 0, 0.966, -0.259]))
    assert (tilted.top, tilted.bottom) == ("AH", "PF")


def test_projections_carry_their_letters() -> None:
    ds = Dataset()
    assert orientation_labels(ds).left == ""
    ds.PatientOrientation = ["L", "F"]
    assert orientation_labels(ds).top == "H" and orientation_labels(ds).left == "R"
    with pytest.raises(DataError, match="where it lies"):
        patient_point(ds, 0, 0)


def test_order_is_along_the_normal_not_by_number() -> None:
    slices = [slice_at(z) for z in (5, -5, 0)]
    for number, ds in enumerate(slices):
        ds.InstanceNumber = number
    assert [slice_position(ds) for ds in sort_slices(slices)] == [-5, 0, 5]
    with pytest.raises(UsageError, match="one direction"):
        sort_slices([*slices, slice_at(0, [0, 1, 0, 0, 0, -1])])


def test_where_spacing_comes_from() -> None:
    ds = Dataset()
    with pytest.raises(DataError, match="how far apart"):
        pixel_spacing(ds)
    ds.NominalScannedPixelSpacing = ["0.2", "0.2"]
    assert pixel_spacing(ds).source == "NominalScannedPixelSpacing"
    ds.ImagerPixelSpacing = ["0.15", "0.15"]
    assert "detector" in pixel_spacing(ds).note
    ds.PixelSpacing = ["0.15", "0.15"]
    assert "not corrected" in pixel_spacing(ds).note
    ds.PixelSpacing, ds.PixelSpacingCalibrationType = ["0.13", "0.13"], "FIDUCIAL"
    assert "FIDUCIAL" in pixel_spacing(ds).note
    ds.PixelSpacing = ["0", "0.1"]
    with pytest.raises(DataError, match="cannot be"):
        pixel_spacing(ds)


def test_ultrasound_regions_are_in_centimetres() -> None:
    region, spectrum = Dataset(), Dataset()
    spectrum.PhysicalUnitsXDirection, spectrum.PhysicalUnitsYDirection = 4, 7
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    region.PhysicalDeltaX, region.PhysicalDeltaY = 0.02, 0.03
    ds = Dataset()
    ds.SequenceOfUltrasoundRegions = [spectrum, region]
    assert pixel_spacing(ds).row_mm == pytest.approx(0.3)
    assert pixel_spacing(ds).column_mm == pytest.approx(0.2)


def test_enhanced_objects_keep_geometry_in_functional_groups() -> None:
    def item(**elements: object) -> Dataset:
        ds = Dataset()
        for keyword, value in elements.items():
            setattr(ds, keyword, value)
        return ds

    ds = Dataset()
    ds.SharedFunctionalGroupsSequence = [
        item(
            PixelMeasuresSequence=[item(PixelSpacing=[2, 1])],
            PlaneOrientationSequence=[item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
        )
    ]
    ds.PerFrameFunctionalGroupsSequence = [
        item(PlanePositionSequence=[item(ImagePositionPatient=[0, 0, z])]) for z in (0, 3)
    ]
    assert np.allclose(patient_point(ds, 1, 1, frame=1), [1, 2, 3])


def test_a_real_ct_slice() -> None:
    ds = read(real_file("CT_small"))
    assert np.allclose(patient_point(ds, 0, 0), ds.ImagePositionPatient)
    assert pixel_spacing(ds).row_mm == float(ds.PixelSpacing[0])


def test_a_spacing_of_one_number_or_of_letters() -> None:
    ds = Dataset()
    ds.PixelSpacing = "0.5"
    with pytest.raises(DataError, match="two numbers"):
        pixel_spacing(ds)
    data = bytearray(real_file("CT_small").read_bytes())
    at = data.index(b"(\x000\x00DS")
    data[at + 8 : at + 10] = b"x."
    with pytest.raises(DataError, match="cannot be read"):
        pixel_spacing(read(bytes(data)))
