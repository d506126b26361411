"""Notebook 02: right answers other than the reference, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest

from labkit.lab import Lab
from tests.exercises.beginner.learner import attempt, passes

RIGHT = [
    (
        "fragments-by-hand",
        """
        from pydicom.encaps import generate_fragments

        def fragments(value):
            parts = tuple(generate_fragments(value))
            return parts[1:]
    """,
    ),
    (
        "smallest-lossless",
        """
        def smallest_lossless(ds):
            best = None
            for syntax in (DeflatedExplicitVRLittleEndian, RLELossless, JPEGLSLossless,
                           JPEG2000Lossless):
                size = len(encoded(transcode(ds, syntax)))
                if best is None or size < best[0]:
                    best = size, str(syntax)
            return best[1]
    """,
    ),
    (
        "what-legacy-takes",
        """
        mark = lab.mark()
        ds = sample("ct-head").datasets("CT")[0]
        store(lab.legacy, transcode(ds, "1.2.840.10008.1.2"), ae_title="CT1").raise_for_status()
    """,
    ),
    (
        "mark-it-lossy",
        """
        def mended(ds, ratio):
            uid = generate_uid()
            ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = uid
            kind = list(ds.ImageType)
            kind[0] = "DERIVED"
            ds.ImageType = kind
            ds.LossyImageCompression = "01"
            ds.LossyImageCompressionRatio = [f"{ratio:.2f}"]
            ds.LossyImageCompressionMethod = ["ISO_15444_1"]
            return ds
    """,
    ),
    (
        "loss-in-hounsfield-units",
        """
        import math

        def near(ds, tolerance):
            slope = ds.RescaleSlope if "RescaleSlope" in ds else 1
            return math.floor(tolerance / float(slope))
    """,
    ),
    (
        "rle-by-hand",
        """
        def unpack(segment):
            out, data = [], list(segment)
            while data:
                n = data.pop(0)
                if n == 128:
                    continue
                if n < 128:
                    out += data[: n + 1]
                    del data[: n + 1]
                else:
                    out += [data.pop(0)] * (257 - n)
            return bytearray(out)
    """,
    ),
]
WRONG = [
    ("fragments-by-hand", "def fragments(value):\n    return value\n"),
    ("smallest-lossless", "def smallest_lossless(ds):\n    return 'JPEG-LS'\n"),
    ("mark-it-lossy", "def mended(ds, ratio):\n    return 'done'\n"),
    ("mark-it-lossy", "def mended(ds, ratio):\n    ds.LossyImageCompression = '01'\n"),
    ("loss-in-hounsfield-units",
     "def near(ds, tolerance):\n    return tolerance / ds.get('RescaleSlope', 1)\n"),
    ("rle-by-hand", "def unpack(segment):\n    return segment\n"),
    ("rle-by-hand", "def unpack(segment):\n    raise ValueError('no idea')\n"),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "source"), RIGHT)
def test_another_right_answer_passes(lab: Lab, slug: str, source: str) -> None:
    passes(lab, slug, source)


@pytest.mark.parametrize(("slug", "source"), WRONG)
def test_another_wrong_answer_fails_with_a_rule(lab: Lab, slug: str, source: str) -> None:
    verdict = attempt(lab, slug, source)
    assert verdict.outcome == "failed", verdict
    assert not verdict.mistake  # nobody foresaw it, and it is not taken for something else
