"""Faces go, brains stay, on the heads of the sample data."""

import copy

import numpy as np
import pytest
from scipy import ndimage

from labkit.common.errors import DataError
from labkit.deid.pixels import Cut, deface, find_cut
from labkit.dicom import encoded, hounsfield, patient_point, read, sample, stored_values
from labkit.dicom.stories.brain import Bleed
from labkit.dicom.stories.head import head


@pytest.fixture(scope="module", params=[("ct-head", "CT"), ("ct-head-followup", "CT"),
                                        ("mr-brain", "MR")], ids=lambda p: p[0])  # fmt: skip
def series(request: pytest.FixtureRequest) -> list:
    slug, modality = request.param
    return sample(slug).datasets(modality)


def test_face_goes_and_brain_stays(series: list) -> None:
    cut = find_cut(series)
    removed = kept = 0
    for ds in series:
        before = stored_values(ds).copy()
        face = cut.face(ds)
        share = deface(ds, cut)
        after = stored_values(ds)
        assert share == pytest.approx(face.mean())
        assert (after[~face] == before[~face]).all()
        y, z = _places(ds)
        # The brain of the phantom lies behind y = -78; its eyes and nose before it, below z = -8.
        assert not (face & (y > -74) & (z > 8)).any()
        removed += int(((y < -86) & (z < -10) & face).sum())
        kept += int(((y < -86) & (z < -10) & ~face).sum())
        if len(np.unique(after[face])) > 1:
            pytest.fail("the face is not one value")
    assert kept == 0 or removed / (removed + kept) > 0.99


def _places(ds: object) -> tuple[np.ndarray, np.ndarray]:
    corners = [patient_point(ds, row, column) for row, column in ((0, 0), (1, 0), (0, 1))]
    origin, down, across = corners[0], corners[1] - corners[0], corners[2] - corners[0]
    rows, columns = np.mgrid[0 : ds.Rows, 0 : ds.Columns]
    return tuple(origin[i] + rows * down[i] + columns * across[i] for i in (1, 2))


def test_the_cut_is_the_same_whatever_the_order() -> None:
    slices = sample("ct-head-followup").datasets("CT")
    assert find_cut(slices) == find_cut(slices[::-1]) == find_cut(copy.deepcopy(slices))


def test_the_brain_of_the_phantom_is_untouched() -> None:
    """Against the truth: where the phantom has brain, nothing is cut."""
    slices = sample("ct-head").datasets("CT")
    cut = find_cut(slices)
    for ds in slices[::4]:
        y, z = _places(ds)
        x = np.broadcast_to((np.arange(ds.Columns) - (ds.Columns - 1) / 2) * 0.46, y.shape)
        truth = head((x, y, z), Bleed())
        soft = (truth > 0) & (truth < 90) & cut.face(ds)
        # What is soft and cut lies under the skull base or before the skull, not behind bone.
        assert not (soft & (z > 6) & (y > -80)).any()


def test_removed_is_air_in_hounsfield_units_and_still_compressed() -> None:
    slices = sample("ct-head").datasets("CT")[:8]
    whole = sample("ct-head").datasets("CT")
    cut = find_cut(whole)
    ds = slices[0]
    deface(ds, cut)
    again = read(encoded(ds))
    assert again.file_meta.TransferSyntaxUID == whole[0].file_meta.TransferSyntaxUID
    assert set(np.unique(hounsfield(again)[cut.face(again)])) == {-1000}


def test_blurred_is_smooth_and_not_air() -> None:
    slices = sample("ct-head-followup").datasets("CT")
    cut = find_cut(slices)
    ds = next(one for one in slices if cut.face(one).mean() > 0.1)
    before = stored_values(ds).copy()
    face = cut.face(ds)
    deface(ds, cut, "blur")
    after = stored_values(ds)
    within = ndimage.binary_erosion(face, iterations=2)
    sharp, smooth = (np.abs(np.gradient(v.astype(float), axis=0)) for v in (before, after))
    assert smooth[within].max() < 60 < sharp[within].max()
    assert (after[~face] == before[~face]).all()


@pytest.mark.parametrize("slug", ["ct-chest", "pt-chest"])
def test_no_head_is_no_face(slug: str) -> None:
    with pytest.raises(DataError):
        find_cut(sample(slug).datasets(slug[:2].upper()))


def test_a_few_slices_are_no_volume() -> None:
    with pytest.raises(DataError, match="too few"):
        find_cut(sample("ct-head").datasets("CT")[:4])


def test_a_slice_without_a_place_is_told() -> None:
    ds = sample("ct-head-followup").datasets("CT")[0]
    del ds.ImagePositionPatient
    with pytest.raises(DataError, match="where it lies"):
        Cut((0.0, 1.0), (0.0, 0.0)).face(ds)
