"""Do one thing for many learners at once: who does not answer holds nobody up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from labkit.common.errors import LabkitError

AT_ONCE = 8
"""How many labs are asked at a time."""


@dataclass(frozen=True)
class Outcome:
    """What came of it for one learner.

    Attributes
    ----------
    ok
        Whether it was done.
    said
        What was done, or why it was not.
    """

    name: str
    ok: bool
    said: str


def together(
    names: Sequence[str],
    act: Callable[[str], str],
    *,
    patience: float,
    at_once: int = AT_ONCE,
    tell: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Outcome]:
    """Call `act` with each name, several at a time.

    Parameters
    ----------
    act
        Returns what to say of it; its errors are the outcome.
    patience
        Seconds that one may take. Who takes longer is left behind, in a thread that ends with this
        program at the latest, and somebody else has the turn.
    at_once
        How many at a time.
    tell
        Called with each outcome as it comes.

    Returns
    -------
    In the order of `names`.
    """
    waiting, done = list(reversed(names)), SimpleQueue[Outcome]()
    began: dict[str, float] = {}
    outcomes: dict[str, Outcome] = {}
    while waiting or began:
        while waiting and len(began) < at_once:
            name = waiting.pop()
            began[name] = time.monotonic()
            work = (name, act, done)
            threading.Thread(target=_one, args=work, daemon=True, name=f"for-{name}").start()
        found = _next(done, began, patience)
        for outcome in found:
            if outcome.name in began:  # else it came too late, and was said to be silent
                del began[outcome.name]
                outcomes[outcome.name] = outcome
                tell(outcome)
    return [outcomes[name] for name in names]


def _next(done: SimpleQueue[Outcome], began: dict[str, float], patience: float) -> list[Outcome]:
    """Wait for the next outcome, or for the next one who is too late."""
    first = min(began.values()) + patience
    try:
        return [done.get(timeout=max(0.0, first - time.monotonic()))]
    except Empty:
        late = [name for name, start in began.items() if start + patience <= time.monotonic()]
        return [Outcome(name, False, f"no answer within {patience:.0f} s") for name in late]


def _one(name: str, act: Callable[[str], str], done: SimpleQueue[Outcome]) -> None:
    try:
        done.put(Outcome(name, True, act(name)))
    except LabkitError as error:
        done.put(Outcome(name, False, " ".join(filter(None, (error.message, error.remedy)))))
    except Exception as error:  # one learner's trouble, whatever it is, stays theirs
        done.put(Outcome(name, False, f"{type(error).__name__}: {error}"))
