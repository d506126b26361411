"""Doing something over an association of a PACS, if it is to be asked at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from labkit.common.errors import (
    AssociationAborted,
    AssociationError,
    AssociationRejected,
    LabkitError,
    NoPresentationContext,
)
from labkit.dicomweb.problems import WebError
from labkit.dicomweb.proxy.breaker import CircuitBreaker
from labkit.dicomweb.proxy.pool import Kind, Lease, Pool

_T = TypeVar("_T")


class Guarded:
    """A pool of associations behind a circuit breaker.

    Parameters
    ----------
    name
        Of the PACS.
    pool, breaker
        Its associations, and whether it is to be asked.
    """

    def __init__(self, name: str, pool: Pool, breaker: CircuitBreaker) -> None:
        self.name, self.pool, self.breaker = name, pool, breaker

    def use(
        self, kind: Kind, work: Callable[[Lease], _T], again: Callable[[], bool] = lambda: True
    ) -> _T:
        """Do something over an association; a reused one that was dead is replaced once."""
        wait = self.breaker.enter()
        if wait:
            raise WebError(
                503,
                f"{self.name} did not answer lately, and is left alone for now",
                remedy="Come back later; see whether the PACS runs.",
                headers={"Retry-After": str(max(round(wait), 1))},
            )
        try:
            try:
                return self._on_lease(kind, work, fresh=False)
            except _DeadError as dead:
                if not again():
                    raise dead.error from dead
            try:
                return self._on_lease(kind, work, fresh=True)
            except _DeadError as dead:  # cannot be: a fresh one is not reused
                raise dead.error from dead
        except LabkitError as error:
            raise self._judged(error) from error
        except BaseException:
            self.breaker.left()
            raise

    def _on_lease(self, kind: Kind, work: Callable[[Lease], _T], *, fresh: bool) -> _T:
        lease = self.pool.take(kind, fresh=fresh)
        try:
            result = work(lease)
        except NoPresentationContext:
            self.pool.give_back(lease, broken=True)
            raise
        except AssociationAborted as error:
            self.pool.give_back(lease, broken=True)
            if lease.reused:
                raise _DeadError(error) from error
            raise
        except BaseException:
            self.pool.give_back(lease, broken=True)
            raise
        self.pool.give_back(lease)
        self.breaker.succeeded()
        return result

    def _judged(self, error: LabkitError) -> LabkitError:
        """Note what a failure says of the PACS; a passing one becomes a 503."""
        if isinstance(error, WebError):
            self.breaker.left()
        elif isinstance(error, AssociationRejected):
            self.breaker.succeeded()  # it is there, and says no
            if error.result == 2:  # rejected-transient (PS3.8 Table 9-21)
                return WebError(
                    503, error.message, remedy=error.remedy, headers={"Retry-After": "5"}
                )
        elif isinstance(error, AssociationError) and not isinstance(error, NoPresentationContext):
            self.breaker.failed()
        else:
            self.breaker.succeeded()
        return error


class _DeadError(Exception):
    """A reused association had ended meanwhile."""

    def __init__(self, error: AssociationAborted) -> None:
        super().__init__(error.message)
        self.error = error
