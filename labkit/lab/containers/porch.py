"""How the containers call back: what listens on loopback is found at the lab's address too.

C-MOVE, storage commitment and Subscriptions have a server open a connection to the one who asked
for them. In a notebook that is a program on loopback, which no other container can reach.
"""

from __future__ import annotations

import socket
import threading

from labkit.lab.front import OPEN, Gate


class Porch:
    """Makes loopback ports reachable under the lab's own address, at the same numbers.

    Parameters
    ----------
    callback
        The lab's host name in the network of the containers; empty where it has none.
    """

    def __init__(self, callback: str) -> None:
        self.callback = callback
        self._lock = threading.Lock()
        self._gates: dict[int, Gate] = {}

    def open(self, port: int) -> tuple[str, int] | None:
        """Return where the containers find a loopback port; ``None`` if they cannot."""
        if not self.callback:
            return None
        with self._lock:
            if port not in self._gates:
                host = socket.gethostbyname(self.callback)
                self._gates[port] = Gate(OPEN, port, port, host=host)
            return self.callback, port

    def keep(self, ports: set[int]) -> None:
        """Close what is not among these ports."""
        with self._lock:
            for port in self._gates.keys() - ports:
                self._gates.pop(port).close()

    def close(self) -> None:
        """Close everything."""
        self.keep(set())
