"""Joining and leaving a board, and how far a workspace has reported."""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path

from labkit.exercises.joining import FILE, Joined, write_private
from labkit.exercises.posting import post
from labkit.exercises.posting import take_back as _take_back
from labkit.exercises.wire import Report

STATE = "joining.json"


@dataclass
class Place:
    """How far a workspace has reported; ``joining.json``.

    Attributes
    ----------
    key
        What shows the board that it is the same laptop.
    url, who
        For which join it holds.
    base, offset
        The number of an act is `base` and the byte of the journal at which its line ends; up to
        `offset` all is done with.
    sent
        The highest number that the board is known to hold.
    refused
        Acts that the board did not take.
    trouble
        Why the last report failed; ``""`` if it did not.
    """

    key: str
    url: str = ""
    who: str = ""
    base: int = 0
    offset: int = 0
    sent: int = 0
    refused: int = 0
    trouble: str = ""

    @classmethod
    def of(cls, workspace: Path, joined: Joined) -> Place:
        """Read how far a workspace is with this join; at its beginning where nothing is known."""
        with suppress(OSError, ValueError, TypeError):
            known = cls(**json.loads((workspace / STATE).read_text(encoding="utf-8")))
            if (known.url, known.who) == (joined.url, joined.who):
                return known
        return cls(secrets.token_hex(16), joined.url, joined.who, 0, joined.start)

    def write(self, workspace: Path) -> None:
        """Keep it, readable by its owner alone."""
        write_private(workspace / STATE, asdict(self))


def enrol(joined: Joined, workspace: Path) -> str:
    """Join: tell the board, then write ``join.json``; return the pseudonym.

    Raises
    ------
    HttpError, NetworkError
        The board does not take it, or nobody answers. Nothing was changed.
    """
    place = Place.of(workspace, joined)
    answer = post(joined, place.key, Report(joined.who, name=joined.name, now=_now(), lab=None))
    joined.write(workspace)
    place.write(workspace)
    return str(answer.get("shown", ""))


def withdraw(joined: Joined, workspace: Path, *, take_back: bool) -> None:
    """Leave, in any case; then tell the board.

    Parameters
    ----------
    take_back
        Whether it has to forget what it was told of this learner.

    Raises
    ------
    HttpError, NetworkError
        The board was not told.
    """
    place = Place.of(workspace, joined)
    for name in (FILE, STATE):
        (workspace / name).unlink(missing_ok=True)
    if take_back:
        _take_back(joined, place.key)
    else:
        post(joined, place.key, Report(joined.who, name=joined.name, now=_now(), left=True))


def _now() -> str:
    return datetime.now(timezone.utc).isoformat()
