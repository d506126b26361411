"""What has been decided about stored objects: one JSON object a line, only ever added to."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labkit.pacs.durable import replace_synced, sync_file


class Journal:
    """A file of decisions, in the order in which they were made.

    Parameters
    ----------
    path
        Made with the first line. A line that a crash cut short is the last one, was never
        acknowledged, and is left out.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.RLock()

    def lines(self) -> list[dict[str, Any]]:
        """Every decision."""
        if not self.path.exists():
            return []
        found = []
        for line in self.path.read_bytes().split(b"\n"):
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return found

    def add(self, decision: Mapping[str, object]) -> None:
        """Write one; on return it is on the disk."""
        line = json.dumps(decision, ensure_ascii=False, separators=(",", ":")).encode()
        with self.lock, self.path.open("ab") as file:
            # The mark before it ends a line that a crash cut short.
            file.write((b"\n" if file.tell() else b"") + line + b"\n")
            file.flush()
            sync_file(file.fileno())

    def copy_to(self, path: Path) -> None:
        """Write a copy."""
        with self.lock:
            replace_synced(path, self.path.read_bytes() if self.path.exists() else b"")

    def copy_from(self, path: Path) -> None:
        """Become a copy of another; an empty one where there is none."""
        with self.lock:
            replace_synced(self.path, path.read_bytes() if path.exists() else b"")
