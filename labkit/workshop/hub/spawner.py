"""Start a learner's server as the learner's own account, and end all that it started."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyterhub.spawner import LocalProcessSpawner
from traitlets import Bool, Integer, Unicode

from labkit.workshop.board import room as board
from labkit.workshop.hub import accounts, seat
from labkit.workshop.release import Workshop

END = 60.0
"""Seconds that the labs of a learner may take to end."""


class LearnerSpawner(LocalProcessSpawner):  # type: ignore[misc]
    """A process for each learner's server, in the folder of the learner.

    Where `accounts` is true, it has an account (uid) of its own: the system then keeps learners
    out of each other's folders, processes and memory. It is in no group and has no rights besides.
    """

    workshop = Unicode(help="The workshop's folder.", config=True)
    accounts = Bool(True, help="Whether each learner has an account of their own.", config=True)
    processes = Integer(512, help="Processes and threads of a learner.", config=True)
    minutes = Integer(45, help="After which an unused kernel ends.", config=True)

    @property
    def _workshop(self) -> Workshop:
        return Workshop(Path(self.workshop))

    def _account(self) -> int | None:
        return accounts.account_of(self._workshop, self.user.name) if self.accounts else None

    def _entering(self, what: str) -> list[str]:
        # -I: nothing that a learner has put into a folder is imported before the limits hold.
        return [sys.executable, "-I", "-m", seat.__name__, self.workshop, what]

    def _as_learner(self) -> dict[str, Any]:
        account = self._account()
        if account is None:
            return {"cwd": "/"}
        return {"cwd": "/", "user": account, "group": account, "extra_groups": [], "umask": 0o077}

    def make_preexec_fn(self, name: str) -> None:
        """Do without: the account is an argument of `subprocess.Popen`."""

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        """Add what the learner's processes find in their environment."""
        env["USER"] = env["LOGNAME"] = self.user.name
        env["HOME"] = str(self._workshop.learner(self.user.name))
        env["SHELL"] = "/bin/bash"
        # It counts the threads of an account; where all share one, it would count everybody's.
        if self.accounts:
            env[seat.PROCESSES] = str(self.processes)
        if (self._workshop.board / board.FILE).exists():
            there = board.Room.at(self._workshop.board)
            env |= {seat.BOARD: there.url, seat.JOIN: there.join_code}
        return env

    async def start(self) -> tuple[str, int]:
        """Start the server; see `jupyterhub.spawner.Spawner`."""
        self.cmd = self._entering(str(self.minutes))
        self.popen_kwargs = self._as_learner()
        at: tuple[str, int] = await super().start()
        return at

    async def poll(self) -> int | None:
        """Look whether the server runs, and end what holds more memory than a learner may have."""
        status: int | None = await super().poll()
        account = self._account() if status is None and self.mem_limit else None
        if account is not None:
            pid = accounts.too_much(account, int(self.mem_limit))
            if pid is not None:
                self.log.warning("%s holds too much memory: ending %d", self.user.name, pid)
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        return status

    async def run_post_stop_hook(self) -> None:
        """End the learner's labs, and whatever else they started; for any end of the server."""
        env = {k: os.environ[k] for k in ("PATH", "LANG") if k in os.environ}
        process = await asyncio.create_subprocess_exec(
            *self._entering("end"), env={**env, seat.USER: self.user.name}, **self._as_learner()
        )
        try:
            await asyncio.wait_for(process.wait(), END)
        except asyncio.TimeoutError:
            self.log.error("The labs of %s do not end", self.user.name)
            process.kill()
        account = self._account()
        if account is not None:
            left = await asyncio.to_thread(accounts.end, account)
            if left:
                self.log.error("Of %s, these processes do not end: %s", self.user.name, left)
