"""Tasks out, results in, a window at a time; what kills its workers is found and set aside."""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from labkit.common.errors import LabkitError, NetworkError, UsageError

Future: TypeAlias = Any
"""``distributed.Future``; the package has no hints."""
TRIES = 3
"""Workers that may die with a unit: twice in company, where another may be to blame, then alone."""
_PATIENCE = 1.0  # seconds between two looks at whether the scheduler is still there


@dataclass
class Task:
    """One call.

    Attributes
    ----------
    name
        What it is called; stays with the client: it may be a UID.
    arguments
        Of the function; made when it is sent, so that a million wait as names alone.
    deaths
        Workers that have died with it.
    """

    name: str
    arguments: Callable[[], tuple[Any, ...]]
    deaths: int = 0
    alone: bool = False


class Finished(NamedTuple):
    """What became of a task: an answer, or ``None`` if it killed its workers."""

    name: str
    answer: Any


class Farm:
    """Workers of one scheduler.

    Parameters
    ----------
    client
        A ``distributed.Client``, connected.
    ahead
        Tasks that a thread of a worker has in store: enough not to wait, few enough for memory.

    Attributes
    ----------
    waiting
        Whether there is work and no worker.
    """

    def __init__(self, client: Any, *, ahead: int = 3) -> None:
        self.client, self.ahead = client, ahead
        self.waiting = False
        self._sent = 0
        self._window = 0

    @property
    def dashboard(self) -> str:
        """Address of the scheduler's dashboard; ``""`` if it has none."""
        try:
            return str(self.client.dashboard_link or "")
        except (KeyError, AttributeError):
            return ""

    def threads(self) -> int:
        """Ask how many threads all workers have."""
        return sum(self.client.nthreads().values())

    def stream(
        self,
        act: Callable[..., Any],
        tasks: Iterable[Task],
        *,
        died: Callable[[str], int] | None = None,
        tick: Callable[[], None] = lambda: None,
    ) -> Iterator[Finished]:
        """Run `act` for each task, and give what came out as it comes.

        A task whose worker died is sent again. Dask blames all that the worker had in store, so
        after two deaths a task is run by itself, when all others are done: who then takes a worker
        along is to blame, and is given back without an answer.

        Parameters
        ----------
        died
            Told of each death of a worker with a task; returns how many it has now.
        tick
            Called at least each second.

        Raises
        ------
        NetworkError
            The scheduler went away.
        LabkitError
            A worker cannot do this work at all.
        """
        source, again, alone = iter(tasks), deque[Task](), deque[Task]()
        flying: dict[str, tuple[Task, Future]] = {}
        landed: queue.SimpleQueue[Future] = queue.SimpleQueue()

        def send(task: Task) -> None:
            if self.client.status != "running":
                raise _gone()
            self._sent += 1
            future = self.client.submit(
                act, *task.arguments(), key=f"labkit-{id(self):x}-{self._sent}", pure=False
            )
            flying[future.key] = (task, future)
            future.add_done_callback(landed.put)

        try:
            self._window = self._room()
            while True:
                while len(flying) < self._window and not any(t.alone for t, _ in flying.values()):
                    task = again.popleft() if again else next(source, None)
                    if task is None:
                        break
                    if task.deaths >= TRIES - 1:
                        alone.append(task)
                    else:
                        send(task)
                if not flying:
                    if not alone:
                        return
                    alone[0].alone = True
                    send(alone.popleft())
                future = self._next(landed, tick)
                if future.key not in flying:
                    continue
                task, _ = flying.pop(future.key)
                if future.status == "finished":
                    # A result lies with its worker: where that dies now, it is made again.
                    try:
                        answer = future.result()
                    except (_killed(), CancelledError):
                        pass
                    else:
                        yield Finished(task.name, answer)
                        continue
                if self._lost(future):
                    again.append(task)
                    continue
                task.deaths = died(task.name) if died else task.deaths + 1
                if task.alone and task.deaths >= TRIES:
                    yield Finished(task.name, None)
                else:
                    (alone if task.deaths >= TRIES - 1 else again).append(task)
        finally:
            if flying and self.client.status == "running":
                self.client.cancel([future for _, future in flying.values()])

    def _room(self) -> int:
        threads = self.threads()
        self.waiting = threads == 0
        return max(4, self.ahead * threads)

    def _next(self, landed: queue.SimpleQueue[Future], tick: Callable[[], None]) -> Future:
        while True:
            try:
                future = landed.get(timeout=_PATIENCE)
            except queue.Empty:
                if self.client.status != "running":
                    raise _gone() from None
                self._window = self._room()  # workers come and go
                tick()
            else:
                tick()
                return future

    def _lost(self, future: Future) -> bool:
        """Whether it was a result that went with its worker, and nobody is to blame.

        False: a worker died with the task. Raises where no other try would fare better.
        """
        if future.status != "error":
            if self.client.status != "running":
                raise _gone()
            return True
        error = future.exception()
        if isinstance(error, _killed()):
            return False
        if isinstance(error, LabkitError):
            raise error
        raise UsageError(
            f"a worker cannot run this work ({type(error).__name__})",
            remedy="Install the same labkit on every worker; look into the worker's log.",
        ) from error


def _killed() -> type[Exception]:
    import distributed

    found: type[Exception] = distributed.KilledWorker
    return found


def _gone() -> NetworkError:
    return NetworkError(
        "the scheduler went away",
        remedy="Start it, and run the same command again: what is done is kept.",
    )
