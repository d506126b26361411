"""Run one notebook's cells in a new kernel and a new lab, and judge what they hand in.

``python -m labkit.workshop.marks.sitting`` reads one JSON object, and writes one JSON line for
each exercise as soon as it is judged, so that what hangs later costs nothing of what was before.
The checks run in this process, the cells in the kernel's.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Client, Listener
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from labkit.common.errors import LabError, LabkitError
from labkit.exercises.cells import call, mark, slug_of
from labkit.exercises.engine import MISSING, judge
from labkit.exercises.find import Loaded, find
from labkit.lab import open_lab
from labkit.workshop.marks.forms import form
from labkit.workshop.marks.seat import judged
from labkit.workshop.marks.talk import Asker, Remote, Silent
from labkit.workshop.marks.wire import NotTaken

_SIT = "from labkit.workshop.marks import seat as _s; _s.sit({address!r}, {key!r}, globals())"
_TURN = "from labkit.workshop.marks.seat import turn as _t; _t()"
_START = 90.0


class Names(Mapping[str, Any]):
    """The notebook's variables, each fetched when a check asks for it; ``lab`` is the marker's."""

    def __init__(self, asker: Asker, lab: Callable[[], Any]) -> None:
        self._asker, self._lab = asker, lab

    def __getitem__(self, name: str) -> Any:
        if name == "lab":
            return self._lab()
        there, value = self._asker.ask("name", name)
        if there is not True:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class Sitting:
    """One kernel, one lab and the marker's end of the talk.

    Parameters
    ----------
    folder
        Where the cells run; sockets go into a folder beside it.
    limit
        Seconds that a cell, or the judging of one answer, may take.
    """

    def __init__(self, folder: Path, limit: float) -> None:
        self._limit = limit
        self._labs: dict[str, Any] = {}
        key = secrets.token_bytes(32)
        listener = Listener(("127.0.0.1", 0), authkey=key)
        # At sockets of its own: of two kernels that start at once, both may be told the same port.
        # In the marker's place, who removes it if this process is killed.
        self._place = TemporaryDirectory(prefix="k", dir=folder.parent)
        self._manager = KernelManager(
            kernel_name="python3", connection_file=str(Path(self._place.name) / "k.json"),
            transport="tcp" if sys.platform == "win32" else "ipc",
        )  # fmt: skip
        self._manager.start_kernel(cwd=str(folder), env=dict(os.environ))
        client = self._manager.client()
        assert isinstance(client, BlockingKernelClient)
        self._client = client
        self._client.start_channels()
        self._client.wait_for_ready(timeout=_START)
        with ThreadPoolExecutor(1) as waiting, contextlib.closing(listener):
            joined = waiting.submit(listener.accept)
            error = self.run(_SIT.format(address=listener.address, key=key), limit=_START)
            if error:
                self._manager.shutdown_kernel(now=True)
                with contextlib.suppress(OSError), Client(listener.address, authkey=key):
                    raise LabError(f"The kernel for marking did not start: {error}")
            self.asker = Asker(joined.result(), self.lab, limit)

    def lab(self, which: str) -> Any:
        """Return this process's own handle of a lab."""
        if which not in self._labs:
            self._labs[which] = open_lab(secure=which == "secure")
        return self._labs[which]

    def run(self, source: str, *, limit: float = 0.0) -> str:
        """Run a cell; return ``""``, or what it raised.

        Raises
        ------
        Silent
            It did not end in time, or ended its kernel.
        """
        # An error must not have the kernel drop the turn that follows it.
        mine = self._client.execute(source, allow_stdin=False, stop_on_error=False)
        raised, until = "", time.monotonic() + (limit or self._limit)
        while time.monotonic() < until:
            try:
                message = self._client.get_iopub_msg(timeout=0.5)
            except queue.Empty:
                if not self._manager.is_alive():
                    raise Silent("A cell has ended its kernel.") from None
                continue
            kind, content = message["header"]["msg_type"], message["content"]
            if message["parent_header"].get("msg_id") != mine:
                continue
            if kind == "error":
                raised = f"{content['ename']}: {content['evalue']}"
            elif kind == "status" and content["execution_state"] == "idle":
                return raised
        self._manager.interrupt_kernel()
        raise Silent(f"A cell took more than {limit or self._limit:.0f} s.")

    @contextlib.contextmanager
    def turn(self) -> Iterator[Asker]:
        """Let the kernel answer questions."""
        self._client.execute(_TURN, silent=True, store_history=False, stop_on_error=False)
        yield self.asker
        self.asker.finish()

    def close(self) -> None:
        """End the kernel."""
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
        self._place.cleanup()


def sit(job: Mapping[str, Any], say: Callable[[Mapping[str, Any]], None]) -> None:
    """Mark one notebook: `job` has ``cells``, ``slugs``, ``folder``, ``limit``, ``beside``."""
    wanted = {slug: find(slug).load() for slug in job["slugs"]}  # before any learner's code runs
    sitting = Sitting(Path(job["folder"]), float(job["limit"]))
    try:
        for number, source in enumerate(job["cells"], 1):
            own = slug_of(source)
            if job.get("reference") and own in wanted:
                source = _reference(wanted[own])
            error = sitting.run(source)
            for found in _judged(sitting, wanted, own, error, job):
                say({**found, "cell": number})
    except Silent as error:
        say({"stopped": error.message, "cell": number})
    finally:
        sitting.close()


def _reference(loaded: Loaded) -> str:
    return f"{mark(loaded.entry.slug)}\n\n{loaded.exercise.reference}\n\n{call(loaded)}"


def _judged(
    sitting: Sitting, wanted: Mapping[str, Loaded], own: str | None, error: str,
    job: Mapping[str, Any],
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Judge what the last cell handed in."""
    with sitting.turn() as asker:
        try:
            said = asker.ask("slugs")
        except NotTaken:
            said = []
        names = said if isinstance(said, list) else []
        handed = [slug for slug in names if isinstance(slug, str) and slug in wanted]
        if own in wanted and own not in handed:
            assert own is not None
            if error:
                expected = "a cell that runs to its end"
                yield {"slug": own, "outcome": "failed", "expected": expected, "got": error}
            else:
                handed.append(own)
        for slug in handed:
            began = time.monotonic()
            try:
                found = _one(sitting, wanted[slug], asker, slug in job.get("beside", ()))
            except Silent:
                raise
            except Exception as error:  # of one exercise, and no reason to lose the others
                found = {"outcome": "unchecked", "why": f"{type(error).__name__}: {error}"[:300]}
            if asker.silent:  # a check may have taken that for a wrong answer
                raise Silent(asker.silent)
            yield {"slug": slug, **found, "seconds": round(time.monotonic() - began, 2)}
        with contextlib.suppress(NotTaken):
            asker.ask("forget")


def _one(sitting: Sitting, loaded: Loaded, asker: Asker, beside: bool) -> dict[str, Any]:
    which = "secure" if loaded.exercise.secure else "open"
    if beside:
        # These few answers cannot leave the kernel; the verdict is that of the learner's process.
        return {**_plain(asker.ask("beside", loaded.entry.slug)), "where": "beside"}
    answer: Any = MISSING
    if loaded.exercise.answer:
        try:
            try:
                answer = asker.ask("take", loaded.entry.slug)
            except KeyError:
                answer = asker.ask("evaluate", loaded.exercise.answer)
        except Silent:
            raise
        except NotTaken as error:
            return {"outcome": "failed", "expected": "an answer that can be read",
                    "got": error.message, "where": "apart"}  # fmt: skip
        except Exception as error:  # the expression of the answer, in the learner's variables
            return {"outcome": "failed", "expected": f"a value for {loaded.exercise.answer}",
                    "got": f"{type(error).__name__}: {error}", "where": "apart"}  # fmt: skip
    verdict = judge(loaded, answer, Names(asker, lambda: sitting.lab(which)))
    found = judged(verdict)
    kind = answer.__name__ if isinstance(answer, Remote) else type(answer).__name__
    return {**found, "where": "apart", "form": form(answer), "type": kind}


def _plain(found: Any) -> dict[str, Any]:
    """Keep of a verdict from the learner's process what is text."""
    if not isinstance(found, dict):
        raise NotTaken("the verdict could not be read")
    texts = {k: str(found.get(k, "")) for k in
             ("outcome", "expected", "got", "mistake", "why", "says", "then")}  # fmt: skip
    rules = [[str(text), str(url)] for text, url in found.get("rules", ())]
    return {**texts, "rules": rules}


def main() -> None:
    """Read a job from standard input, and mark it."""
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a check or a program prints must not get between the lines

    def say(value: Mapping[str, Any]) -> None:
        lines.write(json.dumps(value) + "\n")
        lines.flush()

    try:
        sit(json.loads(sys.stdin.readline()), say)
        say({"done": True})
    except LabkitError as error:
        say({"trouble": error.message, "remedy": error.remedy})


if __name__ == "__main__":
    main()
