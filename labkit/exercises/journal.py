"""What a learner has done: one line of JSON an act, only ever appended to.

Two notebooks may write at once; a line torn by a crash is passed over; a folder that cannot be
written costs the learner a notice, never their verdict.
"""

from __future__ import annotations

import errno
import getpass
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from labkit.lab.lock import FileLock

FORMAT = "labkit-progress/1"
_LINE_END = b"\n"


def learner(environ: Mapping[str, str] = os.environ) -> str:
    """Return who is learning: ``LABKIT_LEARNER``, else the name of the account."""
    named = environ.get("LABKIT_LEARNER", "").strip()
    if named:
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # no account in this container; no pwd on Windows
        return "learner"


def _now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass
class Journal:
    """The acts of the learners of one workspace.

    Parameters
    ----------
    path
        ``progress.jsonl``; made with its folder at the first act.
    clock
        Gives the time of an act.
    """

    path: Path
    clock: Callable[[], datetime] = _now
    #: Acts that could not be written, kept for as long as the kernel lives.
    unsaved: list[dict[str, str]] = field(default_factory=list)
    #: Hints asked for in this kernel, by slug. A new kernel begins with the first hint again, so
    #: that a notebook which is run once more shows what it showed.
    hints: Counter[str] = field(default_factory=Counter)

    def add(self, event: str, slug: str, **details: str) -> str:
        """Append an act; return ``""``, or why it is not on the disk.

        Parameters
        ----------
        event
            ``"check"``, ``"hint"`` or ``"solution"``.
        details
            Texts such as ``outcome="passed"``.
        """
        act = {"format": FORMAT, "at": self.clock().isoformat(), "learner": learner()}
        act |= {"event": event, "slug": slug} | details
        if event == "hint":
            self.hints[slug] += 1
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            while self.unsaved:  # there may be room again: oldest first, each once
                _append(self.path, _line(self.unsaved[0]))
                del self.unsaved[0]
            _append(self.path, _line(act))
        except OSError as error:
            self.unsaved.append(act)
            return error.strerror or type(error).__name__
        return ""

    def __iter__(self) -> Iterator[Mapping[str, str]]:
        """Yield this learner's acts, oldest first, unreadable lines left out."""
        try:
            lines = self.path.read_bytes().split(_LINE_END)
        except OSError:
            lines = []
        who = learner()
        for act in (*map(_parse, lines), *self.unsaved):
            if act and act.get("learner") == who:
                yield act

    def solved(self) -> set[str]:
        """Return the slugs of the exercises passed at least once."""
        return {
            act["slug"]
            for act in self
            if act["event"] == "check" and act.get("outcome") == "passed"
        }


def _parse(line: bytes) -> dict[str, str] | None:
    try:
        act = json.loads(line.decode("utf-8"))
    except ValueError:  # torn, or not ours; UnicodeDecodeError and JSONDecodeError are ValueErrors
        return None
    if not isinstance(act, dict) or act.get("format") != FORMAT:
        return None
    wanted = isinstance(act.get("event"), str) and isinstance(act.get("slug"), str)
    return act if wanted else None


def _line(act: Mapping[str, str]) -> bytes:
    return json.dumps(act, ensure_ascii=False).encode("utf-8") + _LINE_END


def _append(path: Path, line: bytes) -> None:
    """Append one whole line, whoever else is writing, and see it on the disk.

    POSIX appends a write of this size as one piece; Windows does not, so writers take turns.
    """
    with _turn(path.with_suffix(".lock")):
        torn = path.is_file() and not _ends_a_line(path)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            data = _LINE_END + line if torn else line
            if os.write(descriptor, data) != len(data):  # a disk without room takes a part of it
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(descriptor)  # some file systems say only now that they are full
        finally:
            os.close(descriptor)


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as stream:
        if stream.seek(0, os.SEEK_END) == 0:
            return True
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) == _LINE_END


@contextmanager
def _turn(path: Path, patience: float = 2.0) -> Iterator[None]:
    """Hold the file lock for one write; after `patience` seconds write without it.

    A reader passes over a torn line, so a late turn can cost one line of another writer at most.
    """
    lock = FileLock(path)
    until = time.monotonic() + patience
    while not lock.acquire() and time.monotonic() < until:
        time.sleep(0.01)
    try:
        yield
    finally:
        lock.release()
