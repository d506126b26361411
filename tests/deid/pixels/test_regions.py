"""Where text is: ultrasound regions, rules of a site, the user; and how it is blanked."""

from pathlib import Path

import numpy as np
import pytest
from pydicom import uid as uids

from labkit.common.errors import DataError, UsageError
from labkit.deid.pixels import Region, SiteRule, SiteRules, blank, plan, ultrasound_regions
from labkit.deid.pixels.regions import Plan
from labkit.dicom import encoded, read, rendered, sample, stored_values, transcode

RULES = """
[[rule]]
manufacturer = "ge"
model = "LOGIQ"
modality = "US"
rows = 300
blank = [[0, 0, 400, 14]]
"""


@pytest.fixture
def heart() -> object:
    return sample("us-heart").datasets()[0]


def test_a_rule_holds_where_all_that_it_names_does(heart, tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(RULES, "utf-8")
    rules = SiteRules.read(path)
    assert rules.of(heart) is None
    heart.Manufacturer, heart.ManufacturerModelName = "GE Healthcare", "LOGIQE9"
    assert rules.of(heart).blank == (Region(0, 0, 400, 14),)
    heart.Rows = 301
    assert rules.of(heart) is None


@pytest.mark.parametrize(
    "text",
    [
        "[[rule]]\nmanufacturer = 'x'",  # blanks nothing
        "[[rule]]\nblank = [[0, 0, 1, 1]]",  # would hold for every image
        "[[rule]]\nmanufacturer = 'x'\nblank = [[0, 0, 1]]",
        "[[rule]]\nmanufacturer = 'x'\nblank = [[0, 0, 0, 1]]",
        "[[rule]]\nmanufacturer = 'x'\nmodle = 'y'\nblank = [[0, 0, 1, 1]]",
        "[rules]\na = 1",
        "not toml",
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(UsageError):
        SiteRules.read(path)


def test_outside_of_the_ultrasound_regions_all_is_blanked(heart) -> None:
    regions = ultrasound_regions(heart)
    assert regions
    what = plan(heart, SiteRules(), ())
    assert what.keep == regions
    before = stored_values(heart)
    assert blank(heart, what)
    after = stored_values(heart)
    inside = np.zeros(before.shape[1:3], bool)
    for region in regions:
        inside[region.slices] = True
    assert (after[:, ~inside] == 0).all()
    assert (after[:, inside] == before[:, inside]).all()


def test_a_lossy_image_stays_uncompressed_and_marked_as_lossy(heart) -> None:
    assert heart.file_meta.TransferSyntaxUID == uids.JPEGBaseline8Bit
    blank(heart, Plan((Region(0, 0, 10, 10),)))
    assert heart.file_meta.TransferSyntaxUID == uids.ExplicitVRLittleEndian
    assert heart.PhotometricInterpretation == "RGB"
    assert heart.LossyImageCompression == "01"
    assert stored_values(read(encoded(heart))).shape == (20, 300, 400, 3)


@pytest.mark.parametrize(
    "syntax",
    [
        uids.ImplicitVRLittleEndian, uids.ExplicitVRLittleEndian, uids.ExplicitVRBigEndian,
        uids.DeflatedExplicitVRLittleEndian, uids.RLELossless, uids.JPEGLosslessSV1,
        uids.JPEGLSLossless, uids.JPEG2000Lossless,
    ],
)  # fmt: skip
def test_grey_is_blanked_in_every_lossless_transfer_syntax(syntax: str) -> None:
    ds = transcode(sample("ct-head-followup").datasets("CT")[4], syntax)
    before = stored_values(ds).copy()
    blank(ds, Plan((Region(100, 80, 50, 7),)))
    again = read(encoded(ds))
    assert again.file_meta.TransferSyntaxUID == syntax
    after = stored_values(again)
    assert (after[80:87, 100:150] == before.min()).all()
    after[80:87, 100:150] = before[80:87, 100:150]
    assert (after == before).all()
    assert "LossyImageCompression" not in again or again.LossyImageCompression == "00"


def test_black_of_a_palette_is_its_darkest_colour() -> None:
    ds = sample("us-thyroid").datasets()[0]
    assert ds.PhotometricInterpretation == "PALETTE COLOR"
    blank(ds, Plan((Region(0, 0, 320, 30),)))
    assert ds.file_meta.TransferSyntaxUID == uids.RLELossless
    shown = rendered(ds)
    darkest = shown.astype(int).sum(axis=-1).min()
    assert (shown[:30].astype(int).sum(axis=-1) == darkest).all()


def test_black_of_monochrome1_is_its_highest_value() -> None:
    ds = sample("dx-hand").datasets()[0]
    assert ds.PhotometricInterpretation == "MONOCHROME1"
    highest = stored_values(ds).max()
    blank(ds, Plan((Region(0, 0, 20, 20),)))
    assert (stored_values(ds)[:20, :20] == highest).all()


def test_what_the_user_says_comes_on_top_of_a_rule() -> None:
    ds = sample("us-thyroid").datasets()[0]
    ds.Manufacturer = "Acme"
    rule = SiteRule("acme", blank=(Region(0, 0, 5, 5),))
    what = plan(ds, SiteRules((rule,)), [Region(9, 9, 1, 1)])
    assert set(what.blank) == {Region(0, 0, 5, 5), Region(9, 9, 1, 1)}
    assert what.sources[:2] == ("user", "rule")


def test_pixels_that_cannot_be_decoded_are_not_called_blank(heart) -> None:
    heart.PixelData = heart.PixelData[:400]
    with pytest.raises(DataError):
        blank(heart, Plan((Region(0, 0, 10, 10),)))


def test_a_region_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError):
        Region(-1, 0, 5, 5)
