"""The detector suspects; it never says that an image is clean."""

import numpy as np
import pytest

from labkit.deid.pixels import suspicion
from labkit.dicom import rendered, sample, stored_values, window
from labkit.dicom.stories.markers import stamp


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize(("ground", "ink"), [(0, 255), (60, 240), (230, 20)])
def test_a_name_is_suspected_and_found_where_it_is(scale: int, ground: int, ink: int) -> None:
    image = np.full((120, 300), ground, np.uint8)
    stamp(image, "GRUENWALD JOERG", 40, 30, ink, scale)
    found = suspicion(image)
    assert found
    assert str(found).startswith("review")
    top = min(region.top for region in found.regions)
    assert 38 <= top <= 46 + 2 * scale


def test_it_finds_the_banner_of_an_ultrasound() -> None:
    assert suspicion(rendered(sample("us-heart").datasets()[0]))


@pytest.mark.parametrize("slug", ["ct-head-followup", "mr-brain", "dx-chest", "pt-chest"])
def test_anatomy_is_not_taken_for_letters(slug: str) -> None:
    images = [ds for ds in sample(slug).datasets() if "PixelData" in ds]
    # As the cleaner looks at them, over the whole range; a window makes hard edges.
    for ds in images[::3]:
        values = stored_values(ds).astype(float)
        whole = window(values, *_middle(values), "LINEAR_EXACT")
        assert not suspicion(whole)


def _middle(values: np.ndarray) -> tuple[float, float]:
    low, high = values.min(), values.max()
    return (low + high) / 2, high - low


def test_nothing_found_is_not_called_clean() -> None:
    found = suspicion(np.zeros((50, 50), np.uint8))
    assert not found
    assert "does not say" in str(found)
