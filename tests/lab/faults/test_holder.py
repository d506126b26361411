"""A device that holds an association takes it again at once when its node has started."""

import threading
from collections.abc import Callable, Mapping

from labkit.dimse import Peer
from labkit.lab.faults.holder import Holder


class Slow(Holder):
    """Its tries take as long as the test says; none succeeds."""

    def __init__(self, peers: Callable[[], Mapping[str, Peer]]) -> None:
        self.began, self.tries = threading.Semaphore(0), 0
        self.go_on = threading.Semaphore(0)
        super().__init__("HOLDER", "ARCHIVE", peers)

    def _take(self) -> None:
        self._taken.set()
        self.tries += 1
        self.began.release()
        self.go_on.acquire()


def test_a_try_that_began_before_the_node_started_does_not_count() -> None:
    holder = Slow(dict)
    assert holder.began.acquire(timeout=5)  # the first try is under way
    done: list[int] = []
    asking = threading.Thread(target=lambda: (holder.retake(), done.append(holder.tries)))
    asking.start()
    holder.go_on.release()  # the first ends, too early to have met the new node
    assert holder.began.acquire(timeout=5)
    assert not done
    holder.go_on.release()
    asking.join(5)
    assert done == [2]
    holder._done.set()
    holder.go_on.release(9)
    holder.close()
