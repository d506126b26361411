"""Our JPEG Lossless streams, read by libjpeg."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from libjpeg import decode

from labkit.dicom.jpeg_lossless import PIECE, encode
from tests.effort import effort

SHAPES = [
    ((33, 17), 8),
    ((40, 50), 12),
    ((40, 50), 16),
    ((20, 30, 3), 8),
    ((1, 7), 12),
    ((5, 1), 2),
]


def images(shape: tuple[int, ...], precision: int) -> dict[str, Any]:
    count = int(np.prod(shape))
    top = (1 << precision) - 1
    noise = np.random.default_rng(7).integers(0, top, count, endpoint=True)
    return {
        "noise": noise.reshape(shape),
        "flat": np.full(shape, top),
        "ramp": (np.arange(count) & top).reshape(shape),
        "leaps": (np.arange(count) % 2 * (1 << (precision - 1))).reshape(shape),
        "rare": np.where(noise == noise[0], top, 0).reshape(shape),
    }


@pytest.mark.parametrize(("shape", "precision"), SHAPES)
def test_every_sample_comes_back(shape: tuple[int, ...], precision: int) -> None:
    for name, image in images(shape, precision).items():
        out = decode(encode(image, precision))
        assert np.array_equal(out.reshape(shape), image), name


def test_more_samples_than_are_packed_at_once() -> None:
    image = np.random.default_rng(1).normal(2000, 15, (300, PIECE // 200)).astype(int)
    stream = encode(image, 12)
    assert np.array_equal(decode(stream), image)
    assert len(stream) < image.size  # 6.5 bits a sample in place of 12


@settings(max_examples=effort(20, 500), deadline=None)
@given(data=st.data())
def test_any_image(data: Any) -> None:
    precision = data.draw(st.integers(2, 16))
    rows, columns = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 12))
    values = st.integers(0, (1 << precision) - 1)
    flat = data.draw(st.lists(values, min_size=rows * columns, max_size=rows * columns))
    image = np.array(flat).reshape(rows, columns)
    assert np.array_equal(decode(encode(image, precision)).reshape(image.shape), image)
