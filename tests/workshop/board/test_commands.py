"""``labkit workshop board``, ``join`` and ``leave``, as they are typed."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from labkit.cli import app
from labkit.common.errors import HttpError, UsageError
from labkit.exercises.joining import read_join
from labkit.exercises.wire import NOT_SENT, SENT
from labkit.workshop.board import Board
from tests.workshop.board.room import FIRST, Clock, Laptop, act, client, journal, made, seen


def labkit(*words: str) -> str:
    done = CliRunner().invoke(app, ["workshop", *words])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.skipif(sys.platform == "win32", reason="ends it as Ctrl-C on Windows cannot")
def test_a_board_says_how_to_join_and_ends_when_told(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "labkit", "workshop", "board", "--workshop", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            told = ""
            while "Ctrl-C" not in told and (line := running.stdout.readline()):
                told += line
            join = re.search(r"labkit workshop join (\S+) --at (\S+)", told)
            code = re.search(r"Instructor's code: (\S+)", told)
            assert join, told
            assert code, told
            assert "Only this machine reaches it" in told
            asked = {"Authorization": f"Bearer {code[1]}"}
            room = client().get(f"{join[2]}/api/board", headers=asked).json()
            assert room["join"] == {"url": join[2], "code": join[1]}
            running.send_signal(signal.SIGTERM)
            assert "What it was told is kept" in running.stdout.read()
            assert running.wait(60) == 0
        finally:
            running.kill()


def test_join_says_what_is_sent_and_leave_ends_it(
    board: Board, workspace: Path, clock: Clock
) -> None:
    where = ("--workspace", str(workspace))
    done = journal(workspace, clock)
    done.add("check", FIRST, outcome="failed")
    told = labkit("join", board.room.join_code, "--at", board.url, *where)
    for text in (*SENT, NOT_SENT):
        assert text in told
    [one] = seen(board)["learners"]
    assert f"you are {one['shown']}" in told
    first = read_join(workspace)
    assert first is not None
    assert first.start == done.path.stat().st_size > 0

    done.add("check", FIRST, outcome="failed")
    labkit("join", board.room.join_code, "--at", board.url, "--name", "Ada", *where)
    [one] = seen(board)["learners"]
    again = read_join(workspace)
    assert again is not None
    assert (one["name"], again.who, again.start) == ("Ada", first.who, first.start)

    with pytest.raises(UsageError, match="already"):
        labkit("join", board.room.join_code, "--at", board.url, "--whole", *where)

    board.forget()
    with pytest.raises(HttpError, match="not the code"):
        labkit("join", "aaaa-aaaa", "--at", board.url, *where)
    assert read_join(workspace) == again, "nothing was changed"
    labkit("join", board.room.join_code, "--at", board.url, *where)
    anew = read_join(workspace)
    assert anew is not None
    assert anew.start > first.start, "what was forgotten is not told again"

    assert "The board has forgotten you." in labkit("leave", "--take-back", *where)
    assert seen(board)["learners"] == []
    assert "You have not joined" in labkit("leave", *where)
    labkit("join", board.room.join_code, "--at", board.url, "--whole", *where)
    whole = read_join(workspace)
    assert whole is not None
    assert whole.start == 0


def test_who_leaves_a_board_that_is_gone_has_left(
    tmp_path: Path, workspace: Path, clock: Clock
) -> None:
    where = ("--workspace", str(workspace))
    with made(tmp_path, clock) as board:
        labkit("join", board.room.join_code, "--at", board.url, *where)
    assert "the board was not told" in labkit("leave", *where)
    assert read_join(workspace) is None
    (workspace / "join.json").write_text("{", encoding="utf-8")
    assert "damaged" in labkit("leave", *where)


def test_forget_empties_a_board_that_is_not_served(tmp_path: Path, clock: Clock) -> None:
    with made(tmp_path, clock) as board:
        Laptop(board).send(act(10), name="Ada Thornbury")
        code = board.room.join_code
    labkit("board", "--workshop", str(tmp_path), "--forget")
    with made(tmp_path, clock) as board:
        assert seen(board)["learners"] == []
        assert board.room.join_code != code


def test_a_released_workshop_gives_title_and_notebooks(tmp_path: Path, clock: Clock) -> None:
    from labkit.workshop.board_command import _board

    folder = tmp_path / "workshop"
    labkit("release", str(folder), "--notebooks", "beginner/07*", "--title", "A morning")
    with _board(folder, "", 0) as board:
        told = seen(board)
        assert told["title"] == "A morning"
        assert [book["name"] for book in told["notebooks"]] == ["beginner/07_send"]
        assert told["notebooks"][0]["exercises"][0]["slug"] == FIRST
