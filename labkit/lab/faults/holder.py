"""A device that takes an association and does not let go of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from pynetdicom import build_context

from labkit.dimse import Peer, new_ae

_AGAIN = 0.2
"""Seconds between two tries."""


class Holder:
    """Holds an association of a node until it is closed.

    Parameters
    ----------
    calling
        As whom.
    name
        Of the node.
    peers
        Gives where the nodes are.
    """

    def __init__(self, calling: str, name: str, peers: Callable[[], Mapping[str, Peer]]) -> None:
        self._name, self._peers = name, peers
        self._ae = new_ae(calling, timeout=5.0)
        self._done = threading.Event()
        self._taken = threading.Event()
        self._changed = threading.Condition()
        self._asked = self._answered = 0  # how often to try at once; which of these were answered
        self._assoc: Any = None
        self._thread = threading.Thread(target=self._hold, name="holder", daemon=True)
        self._thread.start()
        self._taken.wait(5.0)  # before anybody else comes

    def retake(self) -> None:
        """Try now, and wait for what comes of it: the node has just started again."""
        with self._changed:
            self._asked += 1
            mine = self._asked  # a try that began before this does not count
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._answered >= mine, 2.0)

    def close(self) -> None:
        """Let go."""
        with self._changed:
            self._done.set()
            self._changed.notify_all()
        self._thread.join(10.0)

    def _hold(self) -> None:
        asked = 0
        while not self._done.is_set():
            if self._assoc is None or not self._assoc.is_established:
                self._take()
            with self._changed:
                self._answered = asked
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._asked > self._answered or self._done.is_set(),
                                       _AGAIN)  # fmt: skip
                asked = self._asked
        if self._assoc is not None and self._assoc.is_established:
            self._assoc.release()
        self._ae.shutdown()

    def _take(self) -> None:
        peer = self._peers()[self._name]
        contexts = [build_context("1.2.840.10008.1.1")]
        self._assoc = self._ae.associate(
            peer.host, peer.port, contexts=contexts, ae_title=peer.ae_title
        )
        if self._assoc.is_established:
            self._taken.set()
