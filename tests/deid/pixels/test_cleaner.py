"""The cleaner as the de-identifier calls it, and a person who has to look."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from labkit.cli import app
from labkit.common.errors import UsageError
from labkit.deid import Deidentifier, Key, Profile
from labkit.deid.pixels import Cleaner, Region, Review
from labkit.dicom import read, sample, stored_values

BOTH = Profile.of("clean-pixel-data", "clean-visual-features")
TEXT = Profile.of("clean-pixel-data")
RUN = CliRunner()


def test_regions_of_ultrasound_are_enough_where_nothing_else_looks_like_text() -> None:
    ds = sample("us-thyroid").datasets()[0]
    finding = Cleaner(regions=[Region(0, 0, 320, 240)]).clean(ds, TEXT)
    assert (finding.text, finding.face) == ("cleaned", "none")
    assert finding.changes[0].action == "C"


def test_text_that_is_left_is_unsure_and_held(tmp_path: Path) -> None:
    ds = sample("us-heart").datasets()[0]
    ds.SequenceOfUltrasoundRegions = []
    finding = Cleaner().clean(ds, TEXT)
    assert finding.text == "unsure"
    assert "may be text" in finding.why
    assert "HARU" not in finding.why.upper()


def test_no_rule_for_a_screenshot_is_unsure_although_nothing_was_seen() -> None:
    ds = sample("dx-chest").datasets()[0]
    ds.BurnedInAnnotation = "YES"
    assert Cleaner().clean(ds, TEXT).text == "unsure"
    ds = sample("ct-head-followup").datasets("CT")[0]
    assert Cleaner().clean(ds, TEXT).text == "none"


def test_a_head_needs_a_person_and_a_person_is_asked_once(tmp_path: Path) -> None:
    paths = sample("ct-head-followup").paths("CT")
    review = Review(tmp_path / "review")
    for path in paths:
        finding = Cleaner(review=review).survey(paths).clean(read(path), BOTH)
        assert finding.face == "unsure"
    again = Review(tmp_path / "review")
    assert len(again.open()) == len(paths)
    (group,) = {question.group for question in again.open()}
    with pytest.raises(UsageError, match="needs a reviewer"):
        again.decide(group, accepted=True, by=" ", at="")
    assert again.decide(group, accepted=True, by="R. Adler", at="2026-01-12T09:00:00Z") == len(
        paths
    )
    finding = Cleaner(review=again).survey(paths).clean(read(paths[0]), BOTH)
    assert finding.face == "cleaned"


def test_a_decision_is_about_these_pixels_and_no_others(tmp_path: Path) -> None:
    paths = sample("ct-head-followup").paths("CT")
    review = Review(tmp_path / "review")
    Cleaner(review=review).survey(paths).clean(read(paths[0]), BOTH)
    review.decide("all", accepted=True, by="x", at="")
    ds = read(paths[0])
    values = stored_values(ds).copy()
    values[100, 100] += 1
    ds.PixelData = values.tobytes()
    assert Cleaner(review=review).survey(paths).clean(ds, BOTH).face == "unsure"


def test_rejected_stays_held(tmp_path: Path) -> None:
    paths = sample("ct-head-followup").paths("CT")
    review = Review(tmp_path / "review")
    Cleaner(review=review).survey(paths).clean(read(paths[0]), BOTH)
    review.decide("all", accepted=False, by="x", at="")
    assert Cleaner(review=review).survey(paths).clean(read(paths[0]), BOTH).face == "unsure"
    assert review.open() == []


def test_a_head_that_nobody_surveyed_is_held() -> None:
    ds = sample("ct-head-followup").datasets("CT")[0]
    finding = Cleaner().clean(ds, BOTH)
    assert finding.face == "unsure"
    assert "too few slices" in finding.why


def test_codes_and_flags_are_written_after_acceptance_only(tmp_path: Path) -> None:
    paths = sample("ct-head-followup").paths("CT")
    review, out = Review(tmp_path / "review"), tmp_path / "out"
    for _ in range(2):
        cleaner = Cleaner(review=review).survey(paths)
        deidentifier = Deidentifier(BOTH, Key(bytes(32)), pixels=cleaner)
        outcomes = [deidentifier.file(path, out) for path in paths]
        if review.open():
            assert all(outcome.held for outcome in outcomes)
            assert not out.exists() or not list(out.glob("*.dcm"))
            review.decide("all", accepted=True, by="x", at="")
    made = [read(outcome.path) for outcome in outcomes]
    assert {ds.RecognizableVisualFeatures for ds in made} == {"NO"}
    codes = {code.CodeValue for code in made[0].DeidentificationMethodCodeSequence}
    assert {"113101", "113102"} <= codes
    places = [float(ds.ImagePositionPatient[2]) for ds in made]
    assert len(set(places)) == len(places)
    assert np.unique([ds.StudyInstanceUID for ds in made]).size == 1


def test_the_command_holds_shows_and_releases(tmp_path: Path) -> None:
    source = sample("ct-head-followup").paths("CT")[0].parent
    out, review, key = tmp_path / "out", tmp_path / "review", tmp_path / "key"
    words = ["deid", str(source), str(out), "--options", "113101,113102", "--key", str(key),
             "--review", str(review)]  # fmt: skip
    assert RUN.invoke(app, words).exit_code == 2
    shown = RUN.invoke(app, ["review", str(review)])
    assert shown.exit_code == 2
    assert "defaced" in shown.stdout
    page = (review / "index.html").read_text("utf-8")
    assert page.count("<img") == len(list(review.glob("*.png")))
    refused = RUN.invoke(app, ["review", str(review), "--accept", "all"])
    assert isinstance(refused.exception, UsageError)
    done = RUN.invoke(app, ["review", str(review), "--accept", "all", "--by", "R. Adler"])
    assert done.exit_code == 0
    RUN.invoke(app, words)
    assert list(out.rglob("*.dcm"))


@pytest.mark.parametrize("text", ["1,2,3", "a,b,c,d", "0,0,0,0"])
def test_a_region_that_is_none_is_told(tmp_path: Path, text: str) -> None:
    source = sample("us-heart").files[0]
    words = ["deid", str(source), str(tmp_path / "o"), "--options", "113101", "--region", text]
    assert isinstance(RUN.invoke(app, words).exception, UsageError)
