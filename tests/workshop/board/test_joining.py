"""Joining and leaving a board, and what is told of the lab."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from labkit.common.errors import HttpError, NetworkError, UsageError
from labkit.exercises.enrolment import Place, enrol, withdraw
from labkit.exercises.following import Follower
from labkit.exercises.joining import FILE, Joined, read_join
from labkit.exercises.posting import lab_state
from labkit.exercises.wire import LabState
from labkit.lab import Lab
from labkit.workshop.board import Board
from tests.workshop.board.room import Clock, seen


def test_join_says_at_once_what_is_wrong(board: Board, workspace: Path) -> None:
    with pytest.raises(HttpError, match="not the code"):
        enrol(Joined(board.url, "aaaa-aaaa"), workspace)
    with pytest.raises(NetworkError, match="No board answers"):
        enrol(Joined("http://127.0.0.1:9", board.room.join_code), workspace)
    assert read_join(workspace) is None
    code = board.room.join_code.upper().replace("-", " ")
    shown = enrol(Joined(board.url + "/", code, name=" Ada\n "), workspace)
    assert [one["shown"] for one in seen(board)["learners"]] == [shown]
    found = read_join(workspace)
    assert found is not None
    assert (found.name, found.url) == ("Ada", board.url)
    assert (workspace / FILE).stat().st_mode & 0o077 == 0


def test_who_leaves_is_not_silent_and_may_take_it_back(
    board: Board, workspace: Path, clock: Clock
) -> None:
    enrol(Joined(board.url, board.room.join_code), workspace)
    first = read_join(workspace)
    assert first is not None
    withdraw(first, workspace, take_back=False)
    assert sorted(path.name for path in workspace.iterdir()) == []
    clock.on(minutes=30)
    assert seen(board)["learners"][0]["state"] == "left"
    assert Follower(workspace).round() is None
    enrol(Joined(board.url, board.room.join_code), workspace)
    second = read_join(workspace)
    assert second is not None
    assert len(seen(board)["learners"]) == 2
    withdraw(second, workspace, take_back=True)
    assert len(seen(board)["learners"]) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"url": "ftp://board"}, {"url": "http://"}, {"url": "http://a" + ":b@board"},
        {"url": "http://board:99999"}, {"url": "http://board?x=1"}, {"code": "a\r\nb"},
        {"code": ""}, {"who": "../x"}, {"from": -1}, {"from": "1"},
        {"format": "labkit-join/9"}, {"who": 7},
    ],
    ids=str,
)  # fmt: skip
def test_a_join_file_that_cannot_be_used_is_told(workspace: Path, change: dict[str, Any]) -> None:
    right = {"format": "labkit-join/1", "url": "http://board:80", "code": "abcd-efgh", "who": "a"}
    (workspace / FILE).write_text(json.dumps(right | change), encoding="utf-8")
    with pytest.raises(UsageError) as told:
        read_join(workspace)
    assert told.value.remedy


def test_what_answers_there_is_no_board(workspace: Path) -> None:
    class Page(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<h1>A router's login</h1>")

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            with pytest.raises(HttpError, match="is no board"):
                enrol(Joined(f"http://127.0.0.1:{server.server_port}", "abcd-efgh"), workspace)
        finally:
            server.shutdown()


def test_of_a_lab_it_tells_no_more_than_which_services_are_ill(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lab_state(workspace) == LabState("down")
    (workspace / "labkit.toml").write_text("[nodes.PACS-OF-MY-CLINIC]\n", encoding="utf-8")
    assert lab_state(workspace) == LabState("down"), "own servers are not asked"


def test_a_place_of_another_join_is_not_used(workspace: Path) -> None:
    first = Joined("http://board:1", "abcd-efgh", "a")
    Place.of(workspace, first).write(workspace)
    assert Place.of(workspace, first) == Place.of(workspace, first)
    assert (
        Place.of(workspace, Joined("http://board:2", "abcd-efgh", "a")).key
        != Place.of(workspace, first).key
    )


def test_a_lab_says_which_of_its_services_are_ill(lab: Lab) -> None:
    assert lab_state(lab.workspace) == LabState("well")
    lab.stop_node("LEGACY")
    assert lab_state(lab.workspace) == LabState("ill", ("LEGACY",))
