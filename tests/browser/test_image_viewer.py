"""ImageViewer in real Chromium: the pixels it paints are the ones Python computes."""

from __future__ import annotations

import base64
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect
from pydicom.data import get_testdata_file

from labkit.dicom import sample
from labkit.widgets import ImageViewer
from tests.browser.bare import BareWidget, widget_page
from tests.browser.chromium import save
from tests.dicom.test_frames import grey, with_voi_lut

pytestmark = pytest.mark.peers
CT = str(get_testdata_file("CT_small.dcm"))


def settle(shown: BareWidget) -> None:
    """Wait until the page has asked for its frames and drawn them."""
    for _ in range(3):
        shown.sync()


def painted(shown: BareWidget) -> np.ndarray:
    """Read what was painted, before zoom: ``(rows, columns, 3)``."""
    url: str = shown.page.evaluate("() => document.querySelector('.iv-buffer').toDataURL()")
    image = Image.open(BytesIO(base64.b64decode(url.split(",")[1])))
    rgba = np.asarray(image.convert("RGBA"))
    assert (rgba[..., 3] == 255).all()
    return rgba[..., :3]


def same(shown: BareWidget) -> bool:
    wanted = shown.widget.pixels
    if wanted.ndim == 2:
        wanted = np.repeat(wanted[..., None], 3, axis=2)
    return np.array_equal(painted(shown), wanted)


FILES = [
    "CT_small.dcm", "MR_small.dcm", "MR_small_RLE.dcm", "examples_palette.dcm", "rtdose.dcm",
    "examples_rgb_color.dcm", "examples_ybr_color.dcm", "examples_overlay.dcm", "liver_1frame.dcm",
    "SC_rgb_small_odd.dcm", "JPGExtended.dcm", "SC_rgb_rle_16bit.dcm",
]  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_painted_pixels_are_pythons(browser: Browser, name: str) -> None:
    with widget_page(browser, lambda: ImageViewer(str(get_testdata_file(name)))) as shown:
        settle(shown)
        assert same(shown)
        shown.widget.inverted = True
        settle(shown)
        assert same(shown)


@pytest.mark.parametrize(
    ("dtype", "function", "photometric"),
    [
        ("int16", "LINEAR", "MONOCHROME2"), ("uint16", "LINEAR_EXACT", "MONOCHROME1"),
        ("uint8", "SIGMOID", "MONOCHROME2"), ("int8", "LINEAR", "MONOCHROME1"),
        ("uint32", "LINEAR", "MONOCHROME2"), ("int32", "LINEAR_EXACT", "MONOCHROME2"),
    ],
)  # fmt: skip
def test_every_kind_of_number_and_window(
    browser: Browser, dtype: str, function: str, photometric: str
) -> None:
    info = np.iinfo(dtype)
    draw = np.random.default_rng(7)
    values = draw.integers(info.min, info.max, (40, 30), dtype=dtype, endpoint=True)
    span = float(info.max) - float(info.min)
    ds = grey(
        values, PhotometricInterpretation=photometric, RescaleSlope="1.5", RescaleIntercept="-10",
        WindowCenter=f"{span / 5:.9g}", WindowWidth=f"{max(2, span / 3):.9g}",
        VOILUTFunction=function, SeriesDescription="x",
    )  # fmt: skip
    with widget_page(browser, lambda: ImageViewer(ds)) as shown:
        settle(shown)
        assert same(shown)
        for window in [(40, 80), (span / 10, 1), (span / 7, span / 2 + 1)]:
            shown.widget.window = window
            settle(shown)
            assert same(shown)


def test_voi_lut_of_the_file(browser: Browser) -> None:
    values = np.arange(900, dtype=np.uint16).reshape(30, 30)
    ds = with_voi_lut(values, PhotometricInterpretation="MONOCHROME1")
    with widget_page(browser, lambda: ImageViewer(ds)) as shown:
        settle(shown)
        assert same(shown)
        expect(shown.root.locator(".iv-state")).to_contain_text("VOI LUT")


def stack(count: int = 12) -> ImageViewer:
    slices = []
    for n in range(count):
        ds = pydicom.dcmread(CT)
        ds.ImagePositionPatient = [*ds.ImagePositionPatient[:2], 5.0 * n]
        slices.append(ds)
    return ImageViewer(slices, index=0, window=(40, 400))


def test_scrolling_by_keys_wheel_and_slider(browser: Browser, tmp_path: Path) -> None:
    with widget_page(browser, stack) as shown:
        settle(shown)
        stage = shown.root.locator(".iv-stage")
        box = stage.bounding_box()
        assert box
        shown.page.mouse.move(box["x"] + 400, box["y"] + 200)
        shown.page.mouse.wheel(0, 120)
        shown.sync()
        assert shown.widget.index == 0  # not clicked yet: the page scrolls, not the stack
        stage.click()
        shown.page.mouse.wheel(0, 120)
        shown.sync()
        assert shown.widget.index == 1
        for key, index in [("ArrowDown", 2), ("ArrowRight", 3), ("ArrowUp", 2), ("PageDown", 11),
                           ("Home", 0), ("PageDown", 10), ("End", 11)]:  # fmt: skip
            shown.page.keyboard.press(key)
            shown.sync()
            assert shown.widget.index == index
        expect(shown.root.locator(".iv-series")).to_contain_text("12 / 12")
        expect(shown.root.locator(".iv-series")).to_contain_text("slice 55 mm")
        slider = shown.root.get_by_role("slider", name="Frame")
        slider.focus()
        slider.press("ArrowLeft")
        shown.sync()
        assert shown.widget.index == 10
        expect(shown.root.locator(".iv-progress")).to_have_text("")
        save(shown.page, tmp_path / "image-viewer.png")


def test_window_by_drag_keys_and_menu(browser: Browser) -> None:
    with widget_page(browser, lambda: ImageViewer(CT, preset="soft tissue")) as shown:
        settle(shown)
        mouse = shown.page.mouse
        mouse.move(500, 300)
        mouse.down()
        mouse.move(550, 280, steps=5)
        mouse.up()
        shown.sync()
        assert shown.widget.preset == "manual"
        assert shown.widget.width > 400 and shown.widget.center < 40
        settle(shown)
        assert same(shown)
        wide = shown.widget.width
        shown.page.keyboard.press("]")
        shown.sync()
        assert shown.widget.width > wide
        shown.root.get_by_role("combobox", name="Window preset").select_option("bone")
        shown.sync()
        assert shown.widget.window.center == 450
        shown.page.keyboard.press("r")
        shown.sync()
        assert shown.widget.preset == "file"


def test_the_pixel_under_the_cursor_and_a_length(browser: Browser) -> None:
    with widget_page(browser, lambda: ImageViewer(CT)) as shown:
        settle(shown)
        stage = shown.root.locator(".iv-stage")
        stage.click()
        shown.page.keyboard.press("z")  # one image pixel is one screen pixel
        at = shown.page.evaluate(
            """() => { const s = document.querySelector(".iv-stage").getBoundingClientRect();
            return { x: s.left + s.width / 2, y: s.top + s.height / 2 }; }"""
        )
        shown.page.mouse.move(at["x"] + 10.5, at["y"] - 20.5)
        probe = shown.widget.probe(43, 74)
        line = shown.root.locator(".iv-probe")
        expect(line).to_contain_text(f"row 43  column 74   ·   {probe.value:g} HU")
        x, y, z = probe.point
        expect(line).to_contain_text(f"x {x:.1f}  y {y:.1f}  z {z:.1f} mm")
        shown.page.keyboard.press("m")
        shown.page.mouse.down()
        shown.page.mouse.move(at["x"] + 40.5, at["y"] + 19.5)
        shown.page.mouse.up()
        expect(shown.root.locator(".iv-lines text")).to_have_text(f"{50 * 0.661468:.1f} mm")


def test_zoom_pan_invert_texts_and_help_by_keyboard(browser: Browser) -> None:
    with widget_page(browser, lambda: ImageViewer(CT)) as shown:
        settle(shown)
        stage = shown.root.locator(".iv-stage")
        stage.focus()
        keys = shown.page.keyboard
        keys.press("+")
        expect(shown.root.locator(".iv-state")).to_contain_text("zoom 1.25×")
        keys.press("Shift+ArrowLeft")
        keys.press("i")
        shown.sync()
        assert shown.widget.inverted
        keys.press("o")
        expect(shown.root.locator(".iv-patient")).to_be_hidden()
        keys.press("?")
        expect(shown.root.locator(".iv-keys")).to_be_visible()
        expect(shown.root.get_by_role("button", name="Keys")).to_have_attribute(
            "aria-expanded", "true"
        )


def test_cine_shows_frame_after_frame_in_the_files_time(browser: Browser) -> None:
    us = str(get_testdata_file("examples_ybr_color.dcm"))
    with widget_page(browser, lambda: ImageViewer(us)) as shown:
        for _ in range(12):
            settle(shown)
        expect(shown.root.locator(".iv-progress")).to_have_text("")
        each = shown.widget._stacks[0]["frame_ms"]
        since = shown.page.evaluate("() => performance.now()")
        shown.root.get_by_role("button", name="Play").click()
        shown.page.wait_for_function(
            "(since) => document.querySelector('.iv-foot input').valueAsNumber >= 8"
            " && (window.took = performance.now() - since)",
            arg=since,
        )
        shown.root.get_by_role("button", name="Play").click()
        shown.sync()
        assert shown.page.evaluate("() => took") >= 7 * each, "no faster than the file says"
        assert shown.widget.index >= 8 and not shown.widget.playing


def test_stacks_are_chosen_by_name(browser: Browser) -> None:
    us = str(get_testdata_file("examples_ybr_color.dcm"))
    with widget_page(browser, lambda: ImageViewer([CT, us])) as shown:
        settle(shown)
        menu = shown.root.get_by_role("combobox", name="Stack")
        expect(menu).to_have_value(str(shown.widget.stack))
        other = 1 - shown.widget.stack
        menu.select_option(str(other))
        settle(shown)
        assert shown.widget.stack == other and same(shown)


def test_what_cannot_be_decoded_says_so(browser: Browser) -> None:
    name = str(get_testdata_file("JPEG-lossy.dcm"))
    with widget_page(browser, lambda: ImageViewer(name)) as shown:
        settle(shown)
        expect(shown.root.locator(".iv-notice")).to_contain_text("cannot be decoded")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [560, 1000])
def test_nothing_is_clipped_and_text_can_be_read(
    browser: Browser, dark: bool, width: int, contrast: Callable[[BareWidget], list[str]]
) -> None:
    with widget_page(browser, stack, dark=dark, width=width) as shown:
        shown.page.keyboard.press("Tab")
        settle(shown)
        assert contrast(shown) == []
        assert not shown.page.evaluate("() => document.documentElement.scrollWidth > innerWidth")


class LosesTheFirst(ImageViewer):
    """One whose first four requests are left lying between the page and the kernel."""

    asked = 0

    def _send_frames(self, message: dict[str, Any]) -> None:
        self.asked += 1
        if self.asked > 4:
            super()._send_frames(message)


def test_what_got_lost_on_the_way_is_asked_for_again(browser: Browser) -> None:
    with widget_page(browser, lambda: LosesTheFirst(sample("ct-head"))) as shown:
        expect(shown.root.locator(".iv-progress")).to_have_text("", timeout=60_000)
        assert shown.widget.asked > 4
