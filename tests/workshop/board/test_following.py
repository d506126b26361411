"""A kernel that reports: nothing is lost, nothing is doubled, nothing waits for it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from labkit.common.errors import HttpError, NetworkError
from labkit.exercises import engine, following
from labkit.exercises.following import Follower
from labkit.exercises.joining import Joined
from labkit.exercises.wire import LabState, Report
from labkit.workshop.board import Board
from tests.workshop.board.room import FIRST, SECOND, Clock, acts_of, joined, journal, made, seen


@pytest.fixture(autouse=True)
def _learner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_LEARNER", "ada")


def follower(workspace: Path, clock: Clock, **more: Any) -> Follower:
    more.setdefault("health", lambda _: LabState("well"))
    return Follower(workspace, clock=clock, ticks=clock.ticks, **more)


def settle(one: Follower) -> None:
    """Go round until there is nothing to be sent."""
    while (pause := one.round()) is not None and pause < 1:
        pass


def test_what_is_done_is_told_in_order(board: Board, workspace: Path, clock: Clock) -> None:
    joined(board, workspace)
    done = journal(workspace, clock)
    one = follower(workspace, clock)
    done.add("check", FIRST, outcome="failed", mistake="one-view")
    done.add("hint", FIRST)
    one.round()
    done.add("solution", FIRST)
    done.add("check", FIRST, outcome="passed")
    settle(one)
    told = [(each.event, each.outcome, each.mistake) for each in acts_of(board)]
    assert told == [
        ("check", "failed", "one-view"), ("hint", "", ""), ("solution", "", ""),
        ("check", "passed", ""),
    ]  # fmt: skip
    assert seen(board)["learners"][0]["lab"] == {"state": "well", "ill": []}


def test_a_long_journal_goes_in_many_reports(board: Board, workspace: Path, clock: Clock) -> None:
    done = workspace / "progress.jsonl"
    line = {"format": "labkit-progress/1", "at": clock().isoformat(), "learner": "ada",
            "event": "check", "slug": FIRST, "outcome": "failed"}  # fmt: skip
    other = line | {"learner": "grace"}
    lines = [line, other] * 500
    garbage = b'\xff\n[]\n{"format": "other"}\n' + b"x" * 600_000 + b"\n"
    done.write_bytes(garbage + "".join(json.dumps(each) + "\n" for each in lines).encode())
    joined(board, workspace)
    settle(follower(workspace, clock))
    assert len(acts_of(board)) == 500
    with done.open("ab") as stream:
        stream.write(json.dumps(line).encode()[:30])  # a line that is being written
    settle(follower(workspace, clock))
    assert len(acts_of(board)) == 500


def test_what_goes_over_the_wire_is_what_was_said_and_no_more(
    workspace: Path, clock: Clock
) -> None:
    sent: list[bytes] = []

    def send(_: Joined, key: str, told: Report) -> dict[str, Any]:
        assert len(key) == 32
        sent.append(told.body())
        return {"next": told.acts[-1].n if told.acts else 0}

    Joined("http://127.0.0.1:1", "abcd-efgh", "ada", "Ada").write(workspace)
    done = journal(workspace, clock)
    done.add("check", FIRST, outcome="failed", mistake="one-view", answer="PHI 1", got="PHI 2")
    done.add("check", "DOE^JANE", outcome="failed")
    done.add("check", SECOND, outcome="failed", mistake="Doe, Jane")
    done.add("typed", SECOND, text="PHI 3")
    settle(follower(workspace, clock, send=send, health=lambda _: LabState("ill", ("LEGACY",))))
    body, beat = [json.loads(each) for each in sent]
    assert (beat["acts"], beat["lab"]) == ([], {"state": "ill", "ill": ["LEGACY"]})
    n = body["acts"][0]["n"]
    assert body == {
        "format": "labkit-board/1", "who": "ada", "name": "Ada", "now": clock().isoformat(),
        "acts": [{"n": n, "at": clock().isoformat(), "event": "check", "slug": FIRST,
                  "outcome": "failed", "mistake": "one-view"}],
        "lab": None, "left": False,
    }  # fmt: skip


def test_what_was_done_before_is_not_told(board: Board, workspace: Path, clock: Clock) -> None:
    done = journal(workspace, clock)
    done.add("check", FIRST, outcome="failed")
    joined(board, workspace, start=done.path.stat().st_size)
    done.add("check", FIRST, outcome="passed")
    settle(follower(workspace, clock))
    assert [each.outcome for each in acts_of(board)] == ["passed"]


def test_offline_and_back_sends_what_was_missed(
    tmp_path: Path, workspace: Path, clock: Clock
) -> None:
    with made(tmp_path, clock) as board:
        joined(board, workspace)
        done = journal(workspace, clock)
        one = follower(workspace, clock)
        done.add("check", FIRST, outcome="failed")
        settle(one)
    done.add("check", FIRST, outcome="failed")
    pauses = [one.round() for _ in range(8)]
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60]
    joining = json.loads((workspace / "joining.json").read_text())
    assert joining["trouble"].startswith("No board answers at http://127.0.0.1")
    done.add("check", FIRST, outcome="passed")
    with made(tmp_path, clock) as board:
        settle(one)
        assert [each.outcome for each in acts_of(board)] == ["failed", "failed", "passed"]
    assert json.loads((workspace / "joining.json").read_text())["trouble"] == ""


def test_another_kernel_goes_on_where_one_ended(
    board: Board, workspace: Path, clock: Clock
) -> None:
    joined(board, workspace)
    done = journal(workspace, clock)
    first, second = follower(workspace, clock), follower(workspace, clock)
    done.add("check", FIRST, outcome="failed")
    settle(first)
    done.add("hint", FIRST)
    assert second.round() == 5, "one of them reports"
    assert len(acts_of(board)) == 1
    first.start()
    first.finish(60)  # the kernel ends: it sends what there is, and gives the lock back
    assert len(acts_of(board)) == 2
    done.add("check", FIRST, outcome="passed")
    settle(second)
    assert len(acts_of(board)) == 3


def test_a_board_that_lost_its_file_gets_all_again(
    board: Board, workspace: Path, clock: Clock
) -> None:
    joined(board, workspace)
    done = journal(workspace, clock)
    one = follower(workspace, clock)
    for _ in range(3):
        done.add("check", FIRST, outcome="failed")
    settle(one)
    board.store.forget(board.room.secret)  # as a power cut or an old copy does: the code stays
    clock.on(seconds=30)
    settle(one)
    settle(one)
    assert len(acts_of(board)) == 3


def test_a_journal_that_was_replaced_is_told_behind_the_old_one(
    board: Board, workspace: Path, clock: Clock
) -> None:
    joined(board, workspace)
    done = journal(workspace, clock)
    one = follower(workspace, clock)
    for _ in range(3):
        done.add("check", FIRST, outcome="failed")
    settle(one)
    done.path.unlink()
    done.add("check", FIRST, outcome="passed")
    settle(one)
    assert [each.outcome for each in acts_of(board)] == ["failed"] * 3 + ["passed"]


def test_an_act_that_the_board_does_not_take_is_not_in_the_way(
    workspace: Path, clock: Clock
) -> None:
    taken: list[str] = []
    held = [0]

    def send(_: Joined, key: str, told: Report) -> dict[str, Any]:
        if any(each.slug == SECOND for each in told.acts):
            raise HttpError("An exercise that this board does not like.", status=400)
        taken.extend(each.slug for each in told.acts)
        held.extend(each.n for each in told.acts)
        return {"next": max(held)}

    Joined("http://127.0.0.1:1", "abcd-efgh", "ada").write(workspace)
    done = journal(workspace, clock)
    for slug in (FIRST, SECOND, FIRST):
        done.add("hint", slug)
    one = follower(workspace, clock, send=send)
    for _ in range(8):
        one.round()
    assert taken == [FIRST, FIRST]
    assert json.loads((workspace / "joining.json").read_text())["refused"] == 1


def test_a_code_that_is_no_longer_good_is_not_tried_for_ever(
    board: Board, workspace: Path, clock: Clock
) -> None:
    joined(board, workspace)
    one = follower(workspace, clock)
    settle(one)
    board.forget()
    clock.on(seconds=30)
    one.round()
    assert "not the code" in json.loads((workspace / "joining.json").read_text())["trouble"]
    assert one.round() == 20
    clock.on(seconds=60)
    assert one.round() == 20
    journal(workspace, clock).add("hint", FIRST)
    joined(board, workspace)
    settle(one)
    assert len(acts_of(board)) == 1


def test_who_has_not_joined_has_no_thread(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_WORKSPACE", str(workspace))
    monkeypatch.setattr(following, "_follower", None)  # to ask for it would raise
    before = threading.active_count()
    engine.hint("echo-archive")
    assert threading.active_count() == before


def test_a_board_that_hangs_delays_no_exercise(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABKIT_WORKSPACE", str(workspace))
    with socket.create_server(("127.0.0.1", 0)) as deaf:  # takes connections, and says nothing
        Joined(f"http://127.0.0.1:{deaf.getsockname()[1]}", "abcd-efgh", "ada").write(workspace)
        asked = threading.Event()

        def send(*_: object) -> dict[str, Any]:
            asked.set()
            ended.wait(120)
            raise NetworkError("The board hangs.")

        ended = threading.Event()
        one = Follower(workspace, send=send, health=lambda _: LabState())
        monkeypatch.setattr(following, "_follower", lambda _: one)
        engine.hint("echo-archive")
        assert asked.wait(60)
        panel = engine.hint("echo-archive")  # while a report is under way
        assert "hint 2" in repr(panel)
        ended.set()
        one.finish(60)


def test_a_real_kernel_reports_and_the_next_one_goes_on(board: Board, workspace: Path) -> None:
    """Each program ends right after its last act: what it did is at the board all the same."""
    joined(board, workspace, who="kernel")
    for number in (1, 2):
        code = "from labkit.exercises import hint; hint('send-the-mammogram')"
        told = {**os.environ, "LABKIT_WORKSPACE": str(workspace), "LABKIT_LEARNER": "ada"}
        subprocess.run([sys.executable, "-c", code], env=told, check=True, timeout=120)
        late = Follower(workspace)  # where this machine was too slow for the last two seconds
        settle(late)
        late.finish(0)
        assert [each.event for each in acts_of(board, "kernel")] == ["hint"] * number
    assert seen(board)["learners"][0]["lab"]["state"] == "down"
