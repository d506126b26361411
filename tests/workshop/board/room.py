"""A board with a clock that stands still until it is moved, and laptops that report to it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx

from labkit.exercises.joining import Joined
from labkit.exercises.journal import Journal
from labkit.exercises.wire import Act
from labkit.workshop.board import Board
from labkit.workshop.board.outline import Outline
from labkit.workshop.board.streaming import Streams

START = datetime(2026, 1, 15, 8, tzinfo=timezone.utc)
SEND = ("beginner/07_send.ipynb",)
FIRST, SECOND = "send-the-mammogram", "send-as-ct1"
MISTAKE = "one-view"
"""A recorded mistake of `FIRST`."""


@lru_cache(maxsize=1)
def client() -> httpx.Client:
    """One for all requests: to make one takes longer than to use it."""
    return httpx.Client(timeout=60)


class Clock:
    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def ticks(self) -> float:
        return (self.now - START).total_seconds()

    def on(self, **some: float) -> None:
        self.now += timedelta(**some)


def made(folder: Path, clock: Clock, **more: Any) -> Board:
    more.setdefault("outline", Outline(SEND))
    streams = Streams(every=0.02, beat=0.1)
    return Board(folder, clock=clock, ticks=clock.ticks, streams=streams, **more)


def act(n: int, slug: str = FIRST, outcome: str = "failed", **more: Any) -> dict[str, Any]:
    told = {"n": n, "at": START.isoformat(), "event": "check", "slug": slug, "outcome": outcome}
    return told | more


def report(who: str, *acts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"format": "labkit-board/1", "who": who, "acts": list(acts)} | more


class Laptop:
    """Posts what it is told to, by hand."""

    def __init__(self, board: Board, who: str = "laptop-1", key: str = "") -> None:
        self.board, self.who = board, who
        self.key = key or f"key of {who}, long enough"
        self.code = board.room.join_code

    def send(self, *acts: dict[str, Any], **more: Any) -> httpx.Response:
        return self.raw(json.dumps(report(self.who, *acts, **more)).encode())

    def raw(self, body: bytes, **headers: str) -> httpx.Response:
        told = {"Authorization": f"Bearer {self.code}", "X-Labkit-Key": self.key,
                "Content-Type": "application/json"}  # fmt: skip
        return client().post(f"{self.board.url}/api/acts", content=body, headers=told | headers)


def seen(board: Board, view: str = "instructor") -> dict[str, Any]:
    """The room as a program sees it that has the instructor's code."""
    asked = {"Authorization": f"Bearer {board.room.instructor_code}"}
    answer = client().get(f"{board.url}/api/board", params={"view": view}, headers=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def joined(board: Board, workspace: Path, **more: Any) -> Joined:
    """Join a workspace as ROOM does: by its file alone."""
    made = Joined(board.url, board.room.join_code, **{"who": "ada", **more})
    made.write(workspace)
    return made


def journal(workspace: Path, clock: Clock) -> Journal:
    return Journal(workspace / "progress.jsonl", clock=clock)


def acts_of(board: Board, who: str = "ada") -> list[Act]:
    learner = board.store.learners.get(who)
    return board.store.acts(learner) if learner else []
