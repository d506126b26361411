"""An account (uid) of its own for each learner, and what its processes hold."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from labkit.common.errors import LabError
from labkit.workshop.release import Workshop

FIRST, LAST = 20000, 59999
"""Accounts of learners; Debian gives users those from 1000 (Debian Policy, 9.2.2)."""
PROC = Path("/proc")
LIMIT = 10.0
"""Seconds until a process that was killed has to be gone."""


def account_of(workshop: Workshop, name: str) -> int:
    """Return a learner's account; make their folder, and give it to them, where there is none.

    The owner of the folder is the account: nothing else says so, and nothing can differ from it.
    Call it from one thread of one process.

    Raises
    ------
    LabError
        The folder is somebody else's, or there are no more accounts.
    UsageError
        It is no name of a learner.
    """
    folder = workshop.learner(name)
    if not workshop.learners.is_dir():
        workshop.learners.mkdir()
        workshop.learners.chmod(0o755)
    if not folder.exists():
        owners = [path.lstat().st_uid for path in workshop.learners.iterdir()]
        account = max([uid for uid in owners if FIRST <= uid <= LAST], default=FIRST - 1) + 1
        if account > LAST:
            raise LabError("There are no more accounts.", remedy="Begin another workshop.")
        # Ready under another name first: a hub that ends here leaves no folder without an owner.
        draft = workshop.learners / f".{name}.new"
        draft.mkdir(mode=0o700, exist_ok=True)
        os.chown(draft, account, account)
        draft.rename(folder)
    found = folder.lstat()
    if not FIRST <= found.st_uid <= LAST or folder.is_symlink():
        raise LabError(
            f"The folder of {name} belongs to account {found.st_uid}, which is no learner's.",
            remedy="`labkit workshop start` made it? Give the hub a workshop folder of its own.",
        )
    return found.st_uid


def pids_of(account: int, proc: Path = PROC) -> list[int]:
    """Return the processes of an account; not those that have ended and whose parent does not look.

    The folder's owner would not do: a process can give it to root (proc(5), ``PR_SET_DUMPABLE``).
    """
    found = []
    for status in proc.glob("[0-9]*/status"):
        with suppress(OSError, ValueError, IndexError):  # it has just ended
            text = status.read_text(encoding="utf-8", errors="replace")
            about = dict(line.partition(":")[::2] for line in text.splitlines())
            ended = about.get("State", "").split()[:1] in (["Z"], ["X"])
            if not ended and int(about.get("Uid", "").split()[0]) == account:
                found.append(int(status.parent.name))
    return found


def held(account: int, proc: Path = PROC) -> dict[int, int]:
    """Return what each process of an account holds for itself alone, in bytes.

    That is resident memory without pages of files and what is shared (proc(5), ``statm``).
    """
    page, found = os.sysconf("SC_PAGE_SIZE"), {}
    for pid in pids_of(account, proc):
        with suppress(OSError, ValueError, IndexError):
            words = (proc / str(pid) / "statm").read_text(encoding="ascii").split()
            found[pid] = (int(words[1]) - int(words[2])) * page
    return found


def too_much(account: int, most: int, proc: Path = PROC) -> int | None:
    """Return the process that has to end: the largest, if an account holds more than `most` bytes.

    That is nearly always a kernel; JupyterLab says so, and starts another.
    """
    sizes = held(account, proc)
    return max(sizes, key=lambda pid: sizes[pid]) if sum(sizes.values()) > most else None


def end(account: int, proc: Path = PROC, limit: float = LIMIT) -> list[int]:
    """Kill every process of an account, what has just begun as well; return which are left."""
    until = time.monotonic() + limit
    while (found := pids_of(account, proc)) and time.monotonic() < until:
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)  # the system takes a moment to end them
    return found
