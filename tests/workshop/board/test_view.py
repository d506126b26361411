"""What the board says: who is where, who is stuck and why, which mistakes are common."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from labkit.exercises.wire import NOT_SENT, SENT
from labkit.workshop.board import Board
from labkit.workshop.board.outline import Outline
from tests.workshop.board.room import FIRST, MISTAKE, SECOND, Clock, Laptop, act, made, seen

ROOT = Path(__file__).resolve().parents[3]


def test_the_grid_has_each_state_by_the_order_of_the_cells(board: Board) -> None:
    hint, solution = {"event": "hint", "outcome": ""}, {"event": "solution", "outcome": ""}
    Laptop(board, "a").send(act(10), act(20, outcome="passed"), act(30, SECOND))
    Laptop(board, "b").send(act(10), act(20, **hint))
    Laptop(board, "c").send(act(10), act(20), act(30, **solution))
    Laptop(board, "d").send(act(10), act(20), act(30))
    Laptop(board, "e").send()
    told = seen(board)
    cells = {one["who"]: one["cells"] for one in told["learners"]}
    states = {
        who: {slug: cell["state"] for slug, cell in row.items()} for who, row in cells.items()
    }
    assert states == {
        "a": {FIRST: "solved", SECOND: "tried"}, "b": {FIRST: "hint"}, "c": {FIRST: "solution"},
        "d": {FIRST: "stuck"}, "e": {},
    }  # fmt: skip
    assert cells["c"][FIRST] | {"since": ""} == {
        "state": "solution", "failed": 2, "hints": 0, "solution": True, "since": "",
    }  # fmt: skip
    assert [book["name"] for book in told["notebooks"]] == ["beginner/07_send"]
    slugs = [task["slug"] for task in told["notebooks"][0]["exercises"]]
    assert slugs[:2] == [FIRST, SECOND], "as in the notebook, not by the alphabet"
    assert told["counts"] | {"learners": 5, "stuck": 1, "new": 1, "working": 3} == told["counts"]
    assert told["room"] == {"at": FIRST, "here": 3, "solved": 1, "stuck": 1}


def test_stuck_is_three_failed_checks_or_eight_minutes_and_ends(board: Board, clock: Clock) -> None:
    slow, quick = Laptop(board, "slow"), Laptop(board, "quick")
    slow.send(act(10))
    quick.send(act(10), act(20), act(30, mistake=MISTAKE))
    [only] = seen(board)["stuck"]
    assert (only["who"], only["why"], only["mistake"]) == ("quick", "3 failed checks", MISTAKE)
    assert "four views" in only["says"]
    clock.on(minutes=7, seconds=59)
    slow.send()
    quick.send(act(40, outcome="passed", at=clock().isoformat()))
    assert seen(board)["stuck"] == []
    clock.on(seconds=1)
    [only] = seen(board)["stuck"]
    assert (only["who"], only["why"]) == ("slow", "8 minutes since the first failed check")
    slow.send(act(20, SECOND, at=clock().isoformat()))  # went on: it is not where they are now
    assert seen(board)["stuck"] == []


def test_silent_is_no_message_and_quiet_is_no_act(board: Board, clock: Clock) -> None:
    gone, idle, left = Laptop(board, "gone"), Laptop(board, "idle"), Laptop(board, "left")
    gone.send(act(10))
    idle.send(act(10, outcome="passed"))
    left.send(act(10), left=True)
    for _ in range(15):
        clock.on(minutes=1)
        idle.send()
    states = {one["who"]: one["state"] for one in seen(board)["learners"]}
    assert states == {"gone": "silent", "idle": "quiet", "left": "left"}
    gone.send()
    idle.send(act(20, SECOND, at=clock().isoformat()))
    states = {one["who"]: one["state"] for one in seen(board)["learners"]}
    assert states == {"gone": "stuck", "idle": "working", "left": "left"}


def test_mistakes_are_counted_by_their_recorded_name_and_text(board: Board) -> None:
    Laptop(board, "a").send(act(10, mistake=MISTAKE), act(20, mistake=MISTAKE))
    Laptop(board, "b").send(act(10, mistake=MISTAKE), act(20, outcome="passed"))
    Laptop(board, "c").send(act(10), act(20, mistake="no-such-mistake"))
    told = seen(board)["mistakes"]
    assert [(m["mistake"], m["learners"], m["times"], m["open"]) for m in told] == [
        (MISTAKE, 2, 3, 1), ("", 1, 2, 1),
    ]  # fmt: skip
    assert "four views" in told[0]["says"]
    assert told[1]["says"] == ""


def test_a_wrong_clock_of_a_laptop_does_no_harm(board: Board, clock: Clock) -> None:
    a_year_late = "2027-01-15T08:00:30+00:00"
    Laptop(board).send(act(10, at="2027-01-15T08:00:00+00:00"), now=a_year_late)
    [one] = seen(board)["learners"]
    assert one["acted"] == "2026-01-15T07:59:30+00:00"
    Laptop(board).send(
        act(20, at="9999-12-31T23:59:59-14:00"), act(30, at="0001-01-01T00:00:00+14:00")
    )
    assert seen(board)["learners"][0]["acted"] == clock().isoformat()


def test_the_projector_has_neither_names_nor_ids(board: Board) -> None:
    Laptop(board, "laptop-secret").send(act(10), act(20), act(30), name="Ada Thornbury")
    told = json.dumps(seen(board, "projector"))
    assert "Ada" not in told
    assert "laptop-secret" not in told
    assert "Ada Thornbury" in json.dumps(seen(board))


def test_pseudonyms_are_of_the_room_and_stay(tmp_path: Path, clock: Clock, board: Board) -> None:
    for number in range(40):
        Laptop(board, f"l{number}").send()
    shown = {one["who"]: one["shown"] for one in seen(board)["learners"]}
    assert len(set(shown.values())) == 40
    again = made(tmp_path / "other", clock)
    with again:
        Laptop(again, "l7").send()
        other = {one["who"]: one["shown"] for one in seen(again)["learners"]}
    secret = board.room.secret
    board.stop()
    with made(tmp_path / "workshop", clock) as restarted:
        assert restarted.room.secret == secret != again.room.secret
        assert {one["who"]: one["shown"] for one in seen(restarted)["learners"]} == shown
    assert set(other) == {"l7"}


def test_without_a_release_it_shows_where_people_work(tmp_path: Path, clock: Clock) -> None:
    with made(tmp_path, clock, outline=Outline()) as board:
        assert seen(board)["notebooks"] == []
        Laptop(board).send(act(10, "echo-archive"))
        names = [book["name"] for book in seen(board)["notebooks"]]
        assert len(names) == 1
        assert any(t["slug"] == "echo-archive" for t in seen(board)["notebooks"][0]["exercises"])


def test_the_page_and_the_documentation_say_what_is_sent(board: Board) -> None:
    told = seen(board)
    assert told["sent"] == {"sent": list(SENT), "not_sent": NOT_SENT}
    assert "3 failed checks" in told["rules"]["text"]["stuck"]
    page = (ROOT / "docs" / "security" / "board.md").read_text(encoding="utf-8")
    plain = " ".join(page.split())
    for text in (*SENT, NOT_SENT):
        assert text in plain


@pytest.mark.parametrize("names", [False, True])
def test_an_export_has_names_only_where_asked(board: Board, names: bool) -> None:
    Laptop(board, "laptop-secret").send(act(10, mistake=MISTAKE), name="Ada Thornbury")
    told = board.export(names)
    assert ("Ada" in json.dumps(told)) == ("laptop-secret" in json.dumps(told)) == names
    [only] = told["acts"]
    assert (only["slug"], only["mistake"]) == (FIRST, MISTAKE)
    assert board.room.join_code not in json.dumps(told)
