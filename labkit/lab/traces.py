"""The newest PDU traces of every node, as files that anyone may open."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from labkit.dimse import AssociationTrace
from labkit.lab.health import HEALTH_AE

_ROOM = 1 << 20  # bytes; with less than this free the disk still counts as full
KEEP = 200
"""Traces kept of each node; the oldest go."""


class TraceStore:
    """Keeps ``<NODE>-<number>.json`` (labkit-trace/1), numbered from 1 in the order of their ends.

    Parameters
    ----------
    folder
        Where; made if it is not there.
    keep
        How many of each node.
    """

    def __init__(self, folder: Path, *, keep: int = KEEP) -> None:
        self._folder = folder
        self._keep = keep
        self._lock = threading.Lock()
        self._last: dict[str, int] = {}
        self._failed: OSError | None = None  # why the newest trace is not here
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.glob("*-*.json"):
            name, _, number = path.stem.rpartition("-")
            if number.isdecimal():
                self._last[name] = max(self._last.get(name, 0), int(number))

    def sink(self, name: str) -> Callable[[AssociationTrace], None]:
        """Return what a node's recorder calls with each finished trace."""

        def store(trace: AssociationTrace) -> None:
            if trace.requestor.ae_title == HEALTH_AE:
                return
            with self._lock:
                number = self._last.get(name, 0) + 1
                try:
                    trace.save(self._path(name, number))
                except OSError as error:  # a full disk costs a trace, and who asks is told of it
                    self._failed = error
                    self._path(name, number).unlink(missing_ok=True)
                    return
                self._last[name] = number
                self._path(name, number - self._keep).unlink(missing_ok=True)

        return store

    def count(self, name: str) -> int:
        """Return the number of the newest trace, 0 if there is none."""
        return self._last.get(name, 0)

    def newest(self, name: str, *, since: int = 0, last: int = 0) -> list[dict[str, Any]]:
        """Return traces numbered above `since`, the newest `last` of them (0: all), newest last.

        Raises
        ------
        OSError
            The disk is full, and traces are missing for it: to conclude from the others what was
            done would blame somebody for what was not recorded.
        """
        with self._lock:
            failed, self._failed = self._failed, None
            if failed is not None and shutil.disk_usage(self._folder).free < _ROOM:
                self._failed = failed
                raise failed
            end = self._last.get(name, 0)
            first = max(since, end - self._keep, end - last if last else 0) + 1
            paths = [self._path(name, number) for number in range(first, end + 1)]
            return [json.loads(p.read_text(encoding="utf-8")) for p in paths if p.is_file()]

    def clear(self) -> None:
        """Forget everything; numbers begin at 1 again."""
        with self._lock:
            for path in self._folder.glob("*.json"):
                path.unlink(missing_ok=True)
            self._last.clear()

    def _path(self, name: str, number: int) -> Path:
        return self._folder / f"{name}-{number:06d}.json"
