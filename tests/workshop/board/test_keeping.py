"""What the board is told it keeps: each act once, over a restart, until forgotten."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from labkit.common.errors import LabError, PortTaken, UsageError
from labkit.exercises.wire import Act, LabState, Report
from labkit.workshop.board import Board, Room
from labkit.workshop.board.store import Limits, Store
from tests.workshop.board.room import FIRST, SECOND, START, Clock, Laptop, act, acts_of, made, seen


def test_an_act_counts_once_however_often_it_is_sent(board: Board) -> None:
    laptop = Laptop(board, "ada")
    assert laptop.send(act(10), act(20)).json()["next"] == 20
    assert laptop.send(act(20), act(10), act(35, outcome="passed")).json()["next"] == 35
    assert [each.n for each in acts_of(board)] == [10, 20, 35]
    assert seen(board)["learners"][0]["cells"][FIRST]["failed"] == 2


def test_a_restart_loses_nothing_and_keeps_the_address(tmp_path: Path, clock: Clock) -> None:
    with made(tmp_path, clock) as board:
        Laptop(board, "ada").send(act(10), act(20), act(30), name="Ada", lab={"state": "down"})
        before, url = seen(board), board.url
    with made(tmp_path, clock) as board:
        assert board.url == url
        assert seen(board) == before
        assert Laptop(board, "ada").send().json()["next"] == 30


def test_acts_of_exercises_that_there_are_not_are_left_out(board: Board) -> None:
    laptop = Laptop(board, "ada")
    assert laptop.send(act(10, "no-such-exercise"), act(20)).json()["next"] == 20
    assert laptop.send(act(30, "no-such-exercise")).json()["next"] == 30
    assert [each.n for each in acts_of(board)] == [20]


def test_two_hundred_learners_at_once(tmp_path: Path, clock: Clock) -> None:
    with made(tmp_path, clock) as board, httpx.Client(timeout=60) as client:

        def join(number: int) -> int:
            at = START.isoformat()
            acts = tuple(Act(n, at, "check", FIRST, "failed") for n in range(1, 4))
            body = Report(f"l{number}", acts, lab=LabState("well")).body()
            headers = {"Authorization": f"Bearer {board.room.join_code}",
                       "X-Labkit-Key": f"a key of its own {number}",
                       "Content-Type": "application/json"}  # fmt: skip
            told = client.post(f"{board.url}/api/acts", content=body, headers=headers)
            return told.status_code

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(join, range(200))) == {200}
        told = seen(board)
        assert told["counts"]["stuck"] == told["labs"]["well"] == 200
        assert len({one["shown"] for one in told["learners"]}) == 200


def test_nobody_fills_the_disk(tmp_path: Path, clock: Clock) -> None:
    with made(tmp_path, clock, limits=Limits(learners=2, acts=3)) as board:
        laptop = Laptop(board, "ada")
        laptop.send(act(10), act(20))
        full = laptop.send(act(30), act(40))
        assert (full.status_code, len(acts_of(board))) == (503, 2)
        assert "5000" not in full.json()["error"]
        assert laptop.send(act(30)).status_code == 200
        assert Laptop(board, "grace").send().status_code == 200
        refused = Laptop(board, "linus").send()
        assert (refused.status_code, refused.json()["error"]) == (
            503,
            "The room is full: 2 learners.",
        )
        assert len(seen(board)["learners"]) == 2


def test_forgotten_is_gone_from_every_file_and_needs_a_new_code(
    tmp_path: Path, clock: Clock
) -> None:
    with made(tmp_path, clock) as board:
        laptop = Laptop(board, "laptop-of-ada")
        laptop.send(act(10), name="Ada Thornbury")
        held = b"".join(p.read_bytes() for p in board.folder.iterdir())
        assert b"Ada Thornbury" in held
        board.forget()
        held = b"".join(p.read_bytes() for p in board.folder.iterdir())
        for secret in (b"Ada Thornbury", b"laptop-of-ada", FIRST.encode()):
            assert secret not in held
        assert seen(board)["learners"] == []
        refused = laptop.send(act(10))
        assert refused.status_code == 401
        assert "new" in refused.json()["remedy"]
        laptop.code = board.room.join_code
        assert laptop.send(act(10)).status_code == 200


def test_a_learner_takes_back_what_is_theirs_and_no_more(board: Board) -> None:
    ada, grace = Laptop(board, "ada"), Laptop(board, "grace")
    ada.send(act(10))
    grace.send(act(10))

    def delete(who: str, laptop: Laptop) -> httpx.Response:
        told = {"Authorization": f"Bearer {laptop.code}", "X-Labkit-Key": laptop.key}
        return httpx.request("DELETE", f"{board.url}/api/acts", json={"who": who}, headers=told)

    assert delete("ada", grace).status_code == 403
    assert delete("ada", ada).json() == {"next": 0, "forgotten": True}
    assert delete("ada", ada).json()["forgotten"] is False
    assert [one["who"] for one in seen(board)["learners"]] == ["grace"]


def test_two_boards_of_one_folder_and_a_port_that_is_taken(tmp_path: Path, clock: Clock) -> None:
    with made(tmp_path / "a", clock) as board:
        with pytest.raises(LabError, match="Another board"):
            made(tmp_path / "a", clock).start()
        with pytest.raises(PortTaken, match=str(board.room.port)):
            made(tmp_path / "b", clock, port=board.room.port).start()
    for bind, why in (("192.0.2.1", "cannot serve"), ("my-laptop", "not an address")):
        with pytest.raises(UsageError, match=why):
            made(tmp_path / "b", clock, bind=bind).start()


def test_damaged_files_are_named(tmp_path: Path) -> None:
    Room.at(tmp_path / "a")
    assert (tmp_path / "a" / "room.json").stat().st_mode & 0o077 == 0
    (tmp_path / "a" / "room.json").write_text("{", encoding="utf-8")
    with pytest.raises(LabError, match=r"room\.json cannot be used"):
        Room.at(tmp_path / "a")
    (tmp_path / "board.sqlite").write_bytes(b"this is no database, but long enough. " * 50)
    with pytest.raises(LabError, match=r"the board board\.sqlite cannot be opened"):
        Store(tmp_path, "secret", clock=Clock(), known=lambda slug: slug == SECOND)
