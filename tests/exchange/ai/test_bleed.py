"""The algorithm against the bleed that was drawn, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.dataset import Dataset

from labkit.common.errors import DataError, UsageError
from labkit.dicom import sample
from labkit.dicom.stories.lakeside import true_bleed
from labkit.exchange.ai import BleedFinder
from labkit.exchange.ai.components import components, enclosed, grow, shrink
from labkit.exchange.ai.volume import Volume, volume_of
from tests.exchange.ai.conftest import soft


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))


@pytest.fixture
def volume(bleed: list[Dataset]) -> Volume:
    return volume_of(soft(bleed))


def test_the_bleed_is_found_where_it_is(volume: Volume) -> None:
    found, true = BleedFinder().find(volume), true_bleed(volume.headers)
    assert dice(found.mask, true) > 0.96
    # The rim, half of whose tissue is blood, is below the threshold: always a little too small.
    error = found.volume_ml / volume.millilitres(true) - 1
    assert -0.08 < error < 0
    assert found.parts == 1
    assert found.mean_hu == pytest.approx(65, abs=1)


def test_the_sample_head_that_is_compressed_and_tilted() -> None:
    slices = sample("ct-head").datasets("CT")
    volume = volume_of(slices)
    found = BleedFinder().find(volume)
    assert found.volume_ml == pytest.approx(16.7, abs=0.2)  # 17.7 were drawn
    # Image Position moves by 3.75 mm, the planes are 3.6 mm apart: the gantry leans.
    assert np.allclose(volume.depths, 3.6)


def test_what_it_says_it_misses() -> None:
    """Blood of three days has the density of what lies around it."""
    volume = volume_of(sample("ct-head-followup").datasets("CT"))
    assert not BleedFinder().find(volume).positive


def test_no_bleed_is_a_finding_too(clear: list[Dataset]) -> None:
    found = BleedFinder().find(volume_of(soft(clear)))
    assert (found.positive, found.volume_ml, found.parts) == (False, 0.0, 0)


def test_the_order_of_the_slices_does_not_matter(bleed: list[Dataset], volume: Volume) -> None:
    slices = soft(bleed)
    mixed = volume_of(slices[::2] + slices[1::2][::-1])
    assert np.array_equal(mixed.values, volume.values)


def test_slope_and_intercept_are_honoured(bleed: list[Dataset], volume: Volume) -> None:
    slices = soft(bleed)
    for ds in slices:
        stored = np.frombuffer(ds.PixelData, "<u2") * 2  # 13 bits then
        ds.PixelData, ds.BitsStored, ds.HighBit = stored.astype("<u2").tobytes(), 13, 12
        ds.RescaleSlope = "0.5"
    again = volume_of(slices)
    assert np.array_equal(again.values, volume.values)
    for ds in slices:
        ds.RescaleIntercept = "0"
    assert not BleedFinder().find(volume_of(slices)).positive


def test_no_rescale_no_volume(bleed: list[Dataset]) -> None:
    del (slices := soft(bleed))[3].RescaleIntercept
    with pytest.raises(DataError, match="no Rescale Intercept"):
        volume_of(slices)


def test_a_missing_slice_is_refused(bleed: list[Dataset]) -> None:
    del (slices := soft(bleed))[9]
    with pytest.raises(DataError, match=r"missing between 2\d\.\d and 3\d\.\d mm.*7\.2 mm apart"):
        volume_of(slices)


def test_a_slice_twice_is_refused(bleed: list[Dataset]) -> None:
    slices = soft(bleed)
    with pytest.raises(DataError, match="two slices lie in one place"):
        volume_of([*slices, slices[4]])


def test_a_mixture_is_refused(bleed: list[Dataset]) -> None:
    with pytest.raises((DataError, UsageError)):
        volume_of(bleed)  # localiser, two kernels
    slices = soft(bleed)
    slices[2].PixelSpacing = [0.5, 0.5]
    with pytest.raises(DataError, match="one size"):
        volume_of(slices)
    with pytest.raises(DataError, match="2 slices"):
        volume_of(slices[:2])


@pytest.mark.parametrize(
    ("keyword", "value", "says"),
    [
        ("Modality", "MR", "is MR"),
        ("ImageType", ["ORIGINAL", "PRIMARY", "LOCALIZER"], "LOCALIZER"),
        ("BodyPartExamined", "CHEST", "shows CHEST"),
        ("ContrastBolusAgent", "Phantomexol 350", "contrast medium"),
    ],
)
def test_what_it_was_not_made_for(
    bleed: list[Dataset], keyword: str, value: object, says: str
) -> None:
    slices = soft(bleed)
    BleedFinder().suits(slices)
    setattr(slices[5], keyword, value)
    with pytest.raises(DataError, match=says):
        BleedFinder().suits(slices)


def test_uneven_steps_count_half_way_to_each_neighbour(volume: Volume) -> None:
    uneven = Volume(volume.values[:3], np.array([0.0, 2.0, 6.0]), (0.5, 2.0), volume.headers[:3])
    assert uneven.depths.tolist() == [2.0, 3.0, 4.0]
    mask = np.zeros(uneven.values.shape, bool)
    mask[1, :10, :10] = True
    assert uneven.millilitres(mask) == pytest.approx(100 * 0.5 * 2.0 * 3.0 / 1000)
    assert uneven.pixels(2.0) == (4, 1)


def test_components_hang_together_by_faces() -> None:
    mask = np.zeros((2, 6, 6), bool)
    mask[0, 0, :4] = mask[1, 0, 3] = True  # five, over two slices
    mask[0, 2:4, 0] = True
    mask[0, 4, 1] = True  # touches by a corner only
    found = components(mask)
    assert [int(part.sum()) for part in found] == [5, 2, 1]
    assert np.array_equal(np.logical_or.reduce(found), mask)
    assert len(components(mask, least=2)) == 2
    assert components(np.zeros((2, 2, 2), bool)) == []


def test_a_snake_is_one_component() -> None:
    mask = np.zeros((1, 41, 41), bool)
    mask[0, ::2] = True
    mask[0, 1::4, -1] = mask[0, 3::4, 0] = True
    assert len(components(mask)) == 1


def test_grow_shrink_enclosed() -> None:
    dot = np.zeros((1, 7, 7), bool)
    dot[0, 3, 3] = True
    assert grow(dot, 1, 2).sum() == 3 * 5
    assert np.array_equal(shrink(grow(dot, 1, 2), 1, 2), dot)
    ring = np.zeros((1, 7, 7), bool)
    ring[0, 1, 1:6] = ring[0, 5, 1:6] = ring[0, 1:6, 1] = ring[0, 1:6, 5] = True
    inside = enclosed(ring) & ~ring
    assert inside.sum() == 9
    ring[0, 1, 3] = False
    assert (enclosed(ring) & ~ring).sum() == 6  # nothing above the middle column
