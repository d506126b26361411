"""The queue of ROUTER: what waits, for whom, why, and when it is tried next."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

from labkit.lab.logtext import stable

if TYPE_CHECKING:
    from labkit.pacs import Router


@dataclass(frozen=True)
class Waits:
    """One object that one destination is still to get.

    Attributes
    ----------
    destination
        AE title.
    tries
        How often it has been sent in vain.
    problem
        Why the last try failed; ``""`` before the first.
    next_try
        Seconds until the next, when the queue was asked; 0.0 if it is due.
    sop_instance_uid
        Of the object.
    """

    destination: str
    tries: int
    problem: str
    next_try: float = field(compare=False)
    sop_instance_uid: str


class RouterQueue(Sequence[Waits]):
    """All that waits, what was tried least first; false if nothing does."""

    def __init__(self, entries: Sequence[Waits]) -> None:
        self._entries = tuple(entries)

    @overload
    def __getitem__(self, index: int) -> Waits: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Waits]: ...
    def __getitem__(self, index: int | slice) -> Waits | Sequence[Waits]:
        return self._entries[index]

    def __iter__(self) -> Iterator[Waits]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __str__(self) -> str:
        """Return a line an object, with everything."""
        return self._shown(
            f"  {each.sop_instance_uid} -> {each.destination}: {_tries(each)}, "
            f"next in {each.next_try:.0f} s; {each.problem or 'not tried yet'}"
            for each in self
        )

    def __repr__(self) -> str:
        """Return what a saved notebook may show: no UID, time or address."""
        return self._shown(
            f"  for {each.destination}: {stable(each.problem) or 'not tried yet'}" for each in self
        )

    def _shown(self, lines: Iterable[str]) -> str:
        count = f"{len(self)} waiting" if self else "Nothing waits."
        return "\n".join([count, *lines])


def _tries(each: Waits) -> str:
    return "1 try" if each.tries == 1 else f"{each.tries} tries"


class Routing:
    """What can be seen and done of the router's queue.

    Parameters
    ----------
    call
        Asks the control interface.
    """

    def __init__(self, call: Callable[[str, str], Any]) -> None:
        self._call = call

    def queue(self) -> RouterQueue:
        """Return what waits in ROUTER."""
        return RouterQueue([Waits(**each) for each in self._call("GET", "/router/queue")])

    def retry(self) -> RouterQueue:
        """Have ROUTER try everything that waits at once; return what waited.

        It does not wait for the outcome: ask `queue` again. Nothing is lost by it, and nothing
        gained while the destination is as it was.
        """
        return RouterQueue([Waits(**each) for each in self._call("POST", "/router/retry")])


def waiting(router: Router) -> list[dict[str, Any]]:
    """Return what waits as plain data."""
    now = time.time()
    return [
        {
            "destination": item.destination,
            "tries": item.attempts,
            "problem": item.problem,
            "next_try": max(0.0, item.due - now),
            "sop_instance_uid": item.sop_instance,
        }
        for item in router.waiting()
    ]


def retry(router: Router) -> list[dict[str, Any]]:
    """Have everything tried at once; what waited."""
    before = waiting(router)
    router.retry_now()
    return before
