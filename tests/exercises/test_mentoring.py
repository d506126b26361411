"""The data of notebook 20: the design's mistakes are where the file says, the orals are marked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from labkit.common.errors import UsageError
from labkit.exchange.network import check_design, read_design
from labkit.exercises.mentoring import (
    CLASSES,
    Comment,
    Score,
    drive,
    handed_over,
    handed_over_text,
    judge_scores,
    oral,
    orals,
    planted,
    review,
    right,
)
from labkit.exercises.mentoring.driving import load

GOOD = Comment(
    "handed_over.toml:103",
    "TEST may call",
    "anybody can search the archive",
    "PS3.7 D.3.3.7",
    "Who?",
)


def scores(name: str, **changed: tuple[int, int]) -> list[Score]:
    """The reference's scores, but for some: ``Birch_network=(1, 3)``."""
    out = []
    for (who, what), one in oral(name).references.items():
        level, line = changed.get(f"{who}_{what}", (one.level, one.lines[0]))
        out.append(Score(who, what, level, line))
    return out


def test_each_mistake_has_its_line_and_none_is_also_right() -> None:
    lines = handed_over_text().splitlines()
    fine = {line for each in right() for line in each.lines}
    for each in planted():
        assert each.kind in CLASSES
        assert each.lines and all(0 < line <= len(lines) for line in each.lines), each.name
        assert not fine & set(each.lines), each.name
    assert all(each.lines for each in right())
    assert repr(handed_over()).splitlines()[89].split() == ["90", "tls", "=", "false"]


def test_what_is_said_to_be_found_by_check_design_is_what_it_finds() -> None:
    errors = check_design(read_design(handed_over_text())).errors
    said = {each.name for each in planted() if each.by == "check_design"}
    assert len(errors) == len(said) == 3
    at = {int(error.at.rpartition(":")[2]) for error in errors}
    assert at == {each.lines[0] for each in planted() if each.by == "check_design"}


def test_the_lines_are_busy_and_idle_as_planted() -> None:
    share = load(read_design(handed_over_text()))
    assert share["north-centre"] == pytest.approx(180000 * 120 * 8 / (365 * 86400 / 3) / 12)
    assert share["north-centre"] > 1 > 0.0002 > share["harbour-centre"]


def test_the_design_shows_its_mistakes_when_it_is_driven() -> None:
    seen = drive(read_design(handed_over_text()))
    assert seen.rounds and seen.wrong_person and not seen.prior
    assert seen.strangers == ("TEST",) and seen.heard == ("lakeside-centre",)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, ""),
        ({"at": "everywhere"}, "no-place"),
        ({"follows": "bad"}, "no-consequence"),
        ({"follows": "TEST may call"}, "no-consequence"),
        ({"rule": ""}, "repair-without-reason"),
        ({"asks": "Take it out."}, "asks-nothing"),
        ({"asks": "Why did you forget, you always do?"}, "blames-the-person"),
        ({"sees": "An obvious mistake"}, "blames-the-person"),
        ({"asks": "Would you tell me who calls as TEST?"}, ""),
    ],
)
def test_comments_that_cannot_be_worked_with(changes: dict[str, str], fault: str) -> None:
    assert replace(GOOD, **changes).fault == fault


def test_a_comment_is_matched_by_line_by_section_and_by_consequence() -> None:
    beside = replace(GOOD, at=":99")  # another line of [security]
    assert set(review([GOOD]).found) == set(review([beside]).found) == {"title-of-nobody"}
    missing = replace(GOOD, at="[identity]", follows="her prior is not found")
    assert set(review([missing]).found) == {"nobody-cross-references"}
    other = review([replace(GOOD, follows="the file has too many lines")])
    assert not other.found and len(other.elsewhere) == 1
    odd = review([replace(GOOD, at=":71", follows="a second sending is lost")])
    assert not odd.found and "ends loops" in odd.alarms[0][1]


def test_each_line_that_is_evidence_is_there() -> None:
    for one in orals():
        for (who, _), reference in one.references.items():
            assert 0 <= reference.level <= 3
            assert reference.lines
            assert max(reference.lines) <= len(one.candidate(who).lines)
        assert all(criterion.follow_up.endswith("?") for criterion in one.criteria)


def test_the_fluent_speak_no_better_than_the_unsure() -> None:
    first, second = orals()
    assert first.total("Ashby") < 5 < first.total("Birch")
    assert second.total("Ellis") < 5 < second.total("Frey")


def test_the_reference_agrees_with_itself_and_a_level_off_is_agreement() -> None:
    habits = {"fluent": "Ashby", "unsure": "Birch"}
    one = oral("missing-study")
    assert judge_scores(one, scores("missing-study"), **habits).agrees
    near = scores("missing-study", Cole_status=(2, 6), Birch_association=(1, 6))
    result = judge_scores(one, near, **habits)
    assert result.agrees and len(result.off) == 2


@pytest.mark.parametrize(
    ("changed", "habit"),
    [
        ({"Ashby_network": (1, 2), "Ashby_status": (1, 5)}, "halo"),
        ({"Birch_network": (2, 3), "Birch_data": (1, 9)}, "punished-doubt"),
        ({"Cole_data": (3, 0)}, "scored-the-unsaid"),
        ({"Cole_data": (2, 0)}, "scored-the-unsaid"),
    ],
)
def test_habits_are_called_by_name(changed: dict[str, tuple[int, int]], habit: str) -> None:
    given = scores("missing-study", **changed)
    result = judge_scores(oral("missing-study"), given, fluent="Ashby", unsure="Birch")
    assert result.habit == habit and not result.agrees


def test_a_line_that_says_something_else_and_a_score_that_lacks_are_said() -> None:
    given = scores("missing-study", Ashby_network=(0, 10))[:-1]
    result = judge_scores(oral("missing-study"), given, fluent="Ashby", unsure="Birch")
    assert result.missing == ("Cole, proof",)
    assert "line 10 says something else" in result.unshown[0][1]


def test_what_there_is_not_is_said() -> None:
    with pytest.raises(UsageError, match="no oral"):
        oral("third")
    with pytest.raises(UsageError, match="no candidate"):
        oral("missing-study").candidate("Devon")
    with pytest.raises(UsageError, match="no criterion"):
        oral("missing-study").criterion("need")
