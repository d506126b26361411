"""The error of one version of an image against another."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydicom import uid

from labkit.common.errors import UsageError
from labkit.dicom import fidelity, read, real_file, transcode


def test_a_lossless_version_is_identical() -> None:
    ds = read(real_file("CT_small"))
    found = fidelity(ds, transcode(ds, uid.RLELossless))
    assert found.identical and math.isinf(found.psnr) and found.changed == 0
    assert set(np.unique(found.picture())) == {128}


def test_the_numbers_of_a_known_error() -> None:
    ds = read(real_file("CT_small"))
    other = read(real_file("CT_small"))
    values = ds.pixel_array.copy()
    values[0, 0] += 30
    values[0, 1] -= 60
    other.PixelData = values.tobytes()
    found = fidelity(ds, other)
    assert (found.max_error, found.error[0, 0], found.error[0, 1]) == (60, 30, -60)
    assert found.mean_error == pytest.approx(90 / values.size)
    assert found.changed == pytest.approx(2 / values.size)
    span = float(ds.pixel_array.max()) - float(ds.pixel_array.min())
    noise = math.sqrt((30**2 + 60**2) / values.size)
    assert found.psnr == pytest.approx(20 * math.log10(span / noise))
    picture = found.picture()
    assert picture[0, 1] == 0 and picture[0, 0] == 191 and picture[5, 5] == 128
    assert found.picture(limit=30)[0, 0] == 255


def test_harder_compression_is_less_faithful() -> None:
    ds = read(real_file("examples_rgb_color"))
    found = [fidelity(ds, transcode(ds, uid.JPEGBaseline8Bit, quality=q)) for q in (95, 30)]
    assert found[0].psnr > found[1].psnr and found[0].mean_error < found[1].mean_error


def test_other_sizes_are_not_compared() -> None:
    with pytest.raises(UsageError, match="different sizes"):
        fidelity(read(real_file("CT_small")), read(real_file("MR_small")))
