"""What a step said, kept where nobody watches it, and the lines of it that tell why it failed.

A CI shows the end of a long output. So `.ci/run` ends with these lines, step by step.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

LINES, WIDTH, LAST = 25, 240, 12
"""At most so many lines of a step, so wide; so many of its last where none tells anything."""
_TELLING = ("FAILED ", "ERROR ", "E   ", "Trouble", "WARNING: ")


class Told:
    """Copies what a process says to our own output, and keeps it.

    Parameters
    ----------
    process
        Started with its output in a pipe.
    path
        The file; made anew.
    """

    def __init__(self, process: subprocess.Popen[bytes], path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._process, self.path = process, path
        self._thread = threading.Thread(target=self._copy, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Wait for the rest; not for long: what the process left running may hold the pipe."""
        self._thread.join(10)

    def _copy(self) -> None:
        assert self._process.stdout is not None
        with self.path.open("wb") as file:
            for line in self._process.stdout:
                file.write(line)
                file.flush()
                sys.stdout.write(line.decode("utf-8", "replace"))
                sys.stdout.flush()


def reasons(path: Path) -> list[str]:
    """Pick the lines that tell why a step failed."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    telling = [line for line in lines if line.startswith(_TELLING) or ": error: " in line]
    # pytest says it twice; its short summary, at the end, has the names.
    named = [line for line in telling if line.startswith(("FAILED ", "ERROR "))]
    rest = [line for line in telling if line not in named]
    chosen = [*named, *rest][:LINES] or lines[-LAST:]
    return [line[:WIDTH] for line in chosen]
