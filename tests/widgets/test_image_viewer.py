"""ImageViewer without a browser: what is shown, in numbers."""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file

from labkit.common.errors import DataError, UsageError
from labkit.dicom.frames import Window
from labkit.dicom.pixels import window
from labkit.widgets import ImageViewer
from labkit.widgets.image_viewer import model
from labkit.widgets.image_viewer.describe import date_text, frame_time, person, time_text

CT = Path(str(get_testdata_file("CT_small.dcm")))
US = Path(str(get_testdata_file("examples_ybr_color.dcm")))


def series(count: int = 3) -> list[pydicom.Dataset]:
    slices = []
    for n in range(count):
        ds = pydicom.dcmread(CT)
        ds.ImagePositionPatient = [*ds.ImagePositionPatient[:2], -75.0 + 5 * n]
        ds.WindowCenter, ds.WindowWidth = 40 + n, 400
        slices.append(ds)
    return slices


@pytest.fixture
def viewer() -> ImageViewer:
    return ImageViewer(CT)


def test_the_shown_pixels_follow_from_the_window(viewer: ImageViewer) -> None:
    hu = pydicom.dcmread(CT).pixel_array.astype(float) - 1024
    viewer.window = (40, 400)
    assert viewer.preset == "manual" and viewer.window == Window(40, 400)
    assert np.array_equal(viewer.pixels, window(hu, 40, 400))
    viewer.inverted = True
    assert np.array_equal(viewer.pixels, 255 - window(hu, 40, 400))
    viewer.preset = "bone"
    assert viewer.window.center == 450
    assert np.array_equal(viewer.values, hu)


def test_digest_names_what_is_shown(viewer: ImageViewer) -> None:
    viewer.window = (40, 400)
    picture = viewer.pixels
    wanted = hashlib.sha256(b"(128, 128)" + picture.tobytes()).hexdigest()
    assert viewer.digest == wanted == ImageViewer(CT, window=(40, 400)).digest
    viewer.window = (41, 400)
    assert viewer.digest != wanted


def test_probe_gives_value_unit_and_place(viewer: ImageViewer) -> None:
    probe = viewer.probe(2, 1)
    ds = pydicom.dcmread(CT)
    x, y, z = (float(v) for v in ds.ImagePositionPatient)
    assert (probe.stored, probe.value, probe.unit) == (
        ds.pixel_array[2, 1],
        probe.stored - 1024,
        "HU",
    )
    assert probe.point == pytest.approx((x + 0.661468, y + 2 * 0.661468, z))
    with pytest.raises(UsageError, match="Row 128"):
        viewer.probe(128, 0)
    colour = ImageViewer(US).probe(10, 10)
    assert isinstance(colour.value, tuple) and colour.point is None


def test_each_slice_has_the_files_window_until_one_is_chosen() -> None:
    viewer = ImageViewer(series())
    assert viewer.index == 1 and viewer.window.center == 41
    viewer.index = 2
    assert viewer.window.center == 42
    viewer.preset = "lung"
    viewer.index = 0
    assert viewer.window.center == -600
    viewer.preset = "file:2"  # of which there is none: the last there is
    assert viewer.window.center == 40
    viewer.preset = "auto"
    assert viewer.window.function == "LINEAR_EXACT"


def test_what_the_view_is_told(viewer: ImageViewer) -> None:
    told = viewer._stacks[0]
    assert told["unit"] == "HU" and "brain" in told["presets"]
    assert told["corner"]["patient"] == ["CompressedSamples, CT1", "1CT1", "O"]
    assert told["frames"][0]["labels"] == ["R", "L", "A", "P"]
    assert len(told["frames"][0]["plane"]) == 9
    moving = ImageViewer(US)._stacks[0]
    assert moving["colour"] and moving["presets"] == [] and len(moving["frames"]) == 30
    assert moving["frame_ms"] == pytest.approx(33.333, abs=5)


def test_frames_go_out_as_bytes_in_little_endian(
    viewer: ImageViewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(viewer, "send", lambda content, buffers=(): sent.append((content, buffers)))
    viewer._receive(viewer, {"kind": "frames", "stack": 0, "indices": [0]}, [])
    content, buffers = sent[0]
    stored = pydicom.dcmread(CT).pixel_array
    assert (content["dtype"], content["index"]) == ("int16", 0)
    assert (content["low"], content["high"]) == (stored.min(), stored.max())
    assert bytes(buffers[0]) == stored.astype("<i2").tobytes()
    viewer._receive(viewer, {"kind": "frames", "stack": 0, "indices": [7]}, [])
    viewer._receive(viewer, {"kind": "frames", "stack": 4, "indices": [0]}, [])
    assert [message["kind"] for message, _ in sent[1:]] == ["error", "error"]


def test_decoded_frames_are_kept_within_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "KEPT", 70_000)
    viewer = ImageViewer(series(4))
    for index in range(4):
        viewer._pixels(0, index)
    assert list(viewer._kept) == [(0, 2), (0, 3)]


def test_wrong_wishes_say_what_is_possible(viewer: ImageViewer, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no preset 'liver'"):
        viewer.preset = "liver"
    for given in [(40, 0), (40,), ("a", "b"), None, (40, float("nan"))]:
        with pytest.raises(UsageError, match="as a window"):
            viewer.window = given
    with pytest.raises(UsageError, match="no frame 5"):
        ImageViewer(CT, index=5)
    with pytest.raises(UsageError, match="no stack 1"):
        ImageViewer(CT, stack=1)
    with pytest.raises(DataError, match="no picture"):
        ImageViewer(str(get_testdata_file("rtplan.dcm")))


def test_picture_is_a_small_png_of_what_is_shown() -> None:
    viewer = ImageViewer(CT, window=(40, 400))
    image = Image.open(BytesIO(viewer.picture(256)))
    assert (image.size, image.mode) == ((256, 256), "L")
    assert viewer.picture(256) == viewer.picture(256)
    bare = np.asarray(Image.open(BytesIO(viewer.picture(128, texts=False))))
    assert np.abs(bare.astype(int) - viewer.pixels).mean() < 3
    data, _ = viewer._repr_mimebundle_()
    assert len(data["image/png"]) < 120_000 and data["text/plain"] == repr(viewer)
    assert bytes(viewer._poster[:4]) == b"\x89PNG"


def test_a_picture_that_cannot_be_decoded_says_so_in_its_place() -> None:
    viewer = ImageViewer(str(get_testdata_file("JPEG-lossy.dcm")))
    bundle = viewer.fallback()
    assert "cannot be decoded" in str(bundle.get("text/html", "cannot be decoded"))


def test_repr_is_short_and_stable() -> None:
    assert repr(ImageViewer(CT)) == "ImageViewer(1 frame, 128×128)"
    assert repr(ImageViewer([CT, US])) == "ImageViewer(31 frames, 2 stacks, 240×320)"


def test_texts_for_reading() -> None:
    assert (
        person("Yamada^Tarou=山田^太郎=やまだ^たろう")
        == "Yamada, Tarou / 山田, 太郎 / やまだ, たろう"
    )
    assert (person(""), person("^^^")) == ("", "")
    assert (date_text("20260115"), date_text("2026")) == ("2026-01-15", "2026")
    assert (time_text("093005.12"), time_text("")) == ("09:30", "")
    ds = pydicom.Dataset()
    assert (frame_time(ds, 1), frame_time(ds, 5)) == (0.0, 100.0)
    ds.FrameTimeVector = [0, 40, 60]
    assert frame_time(ds, 3) == 50
    ds = pydicom.Dataset()
    ds.CineRate = 25
    assert frame_time(ds, 3) == 40
