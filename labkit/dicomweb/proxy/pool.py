"""The associations to one PACS: so many at most, used again, released when nobody needs them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from typing import Any

from pynetdicom import build_context, build_role, evt

from labkit.common.errors import LabkitError
from labkit.dicomweb.problems import WebError
from labkit.dimse import Link, Peer, associate


@dataclass(frozen=True)
class Kind:
    """What an association is for.

    Attributes
    ----------
    name
        ``find``, ``get``, ``move`` or ``store``.
    contexts
        Abstract syntax and transfer syntaxes of each presentation context.
    served
        Those abstract syntaxes of which we are the SCP (C-GET, PS3.7 D.3.3.4).
    """

    name: str
    contexts: tuple[tuple[str, tuple[str, ...]], ...]
    served: tuple[str, ...] = ()

    @property
    def bulk(self) -> bool:
        """Whether objects go over it, which takes long."""
        return self.name in ("get", "move")


@dataclass
class Lease:
    """An association in one user's hands.

    Attributes
    ----------
    receive
        Called with each C-STORE of a C-GET; gives the status.
    spent
        It is not used again. After a C-MOVE that failed, dcmqrscp keeps its index locked, and
        answers nobody, until that association ends.
    """

    kind: Kind
    link: Link
    reused: bool
    _held: AbstractContextManager[Link] = field(repr=False)
    receive: Callable[[Any], int] = field(default=lambda event: 0x0110, repr=False)
    idle_since: float = 0.0
    spent: bool = False

    @property
    def usable(self) -> bool:
        """Whether it is established."""
        return bool(self.link.assoc.is_established)

    def close(self, *, abort: bool = False) -> None:
        """Release it, or abort it."""
        if abort:
            self.link.assoc.abort()
        with suppress(LabkitError, OSError):
            self._held.__exit__(None, None, None)


class Pool:
    """Associations to one peer.

    Parameters
    ----------
    peer, calling, timeout
        As of `labkit.dimse.associate`.
    most
        How many there are at once, idle ones included. Where it is two or more, objects never take
        the last, so that searches go on.
    patience
        Seconds to wait for one.
    """

    def __init__(
        self, peer: Peer, calling: str, timeout: float, most: int, patience: float
    ) -> None:
        self._peer, self._calling, self._timeout = peer, calling, timeout
        self._most, self._patience = most, patience
        self._changed = threading.Condition()
        self._idle: list[Lease] = []
        self._open = self._bulk = 0
        self._closed = False

    @property
    def open(self) -> int:
        """How many there are."""
        with self._changed:
            return self._open

    @property
    def idle(self) -> int:
        """How many of them nobody uses."""
        with self._changed:
            return len(self._idle)

    def take(self, kind: Kind, *, fresh: bool = False) -> Lease:
        """Have an association of a kind, an idle one or a new one.

        Parameters
        ----------
        fresh
            Take no idle one: they have all turned out to be dead.

        Raises
        ------
        WebError
            503: all are in use, for longer than one waits here.
        AssociationError
            The peer does not give one.
        """
        found, put_away = self._reserve(kind, fresh)
        for lease in put_away:
            lease.close()
        if found is not None:
            found.reused = True
            return found
        try:
            return self._connect(kind)
        except BaseException:
            self._free(kind)
            raise

    def give_back(self, lease: Lease, *, broken: bool = False) -> None:
        """Return one; a broken one is aborted."""
        lease.receive = lambda event: 0x0110
        with self._changed:
            keep = not (broken or self._closed or lease.spent) and lease.usable
            if keep:
                lease.idle_since = time.monotonic()
                self._idle.append(lease)
                self._bulk -= lease.kind.bulk
                self._changed.notify()
        if not keep:
            try:
                lease.close(abort=broken)
            finally:
                self._free(lease.kind)

    def release_idle(self, seconds: float = 0.0) -> None:
        """Release those that have been idle for so long."""
        limit = time.monotonic() - seconds
        with self._changed:
            old = [lease for lease in self._idle if lease.idle_since <= limit or not lease.usable]
            self._idle = [lease for lease in self._idle if lease not in old]
        for lease in old:
            try:
                lease.close()
            finally:
                with self._changed:
                    self._open -= 1
                    self._changed.notify()

    def close(self) -> None:
        """Release those that are idle; the others end when they are given back."""
        with self._changed:
            self._closed = True
        self.release_idle()

    def _reserve(self, kind: Kind, fresh: bool) -> tuple[Lease | None, list[Lease]]:
        """Find an idle one, or room for a new one; and those to be put away before."""
        deadline = time.monotonic() + self._patience
        put_away: list[Lease] = []
        with self._changed:
            while True:
                if fresh:
                    put_away += self._idle
                    self._open -= len(self._idle)
                    self._idle, fresh = [], False
                if not kind.bulk or self._bulk < max(self._most - 1, 1):
                    for lease in reversed(self._idle):
                        if lease.kind == kind and lease.usable:
                            self._idle.remove(lease)
                            self._bulk += kind.bulk
                            return lease, put_away
                    if self._open >= self._most and self._idle:
                        put_away.append(self._idle.pop(0))
                        self._open -= 1
                    if self._open < self._most:
                        self._open += 1
                        self._bulk += kind.bulk
                        return None, put_away
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
        for lease in put_away:
            lease.close()
        raise WebError(
            503,
            f"all {self._most} associations to {self._peer.ae_title} are in use",
            remedy="Come back later, or allow more: associations=…",
            headers={"Retry-After": "5"},
        )

    def _free(self, kind: Kind) -> None:
        with self._changed:
            self._open -= 1
            self._bulk -= kind.bulk
            self._changed.notify()

    def _connect(self, kind: Kind) -> Lease:
        made: list[Lease] = []

        def stored(event: Any) -> int:
            return made[0].receive(event)

        contexts = [build_context(abstract, list(syntaxes)) for abstract, syntaxes in kind.contexts]
        roles: Sequence[Any] = [build_role(uid, scp_role=True) for uid in kind.served]
        held = associate(
            self._peer,
            contexts,
            ae_title=self._calling,
            timeout=self._timeout,
            handlers=[(evt.EVT_C_STORE, stored)] if roles else [],
            negotiation=roles,
        )
        made.append(Lease(kind, held.__enter__(), False, held))
        return made[0]
