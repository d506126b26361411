"""Takes the notices of Subscriptions from the queue to where they go (R4 subscription, rest-hook).

At least once, and of each Subscription in the order of the writes: a notice leaves the queue when
it was answered with 2xx, so a server that is killed in between sends it again after its restart.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from labkit.common.errors import LabError
from labkit.fhir.endpoints import loopback_only
from labkit.fhir.messages import Resource
from labkit.fhir.store import FhirStore, Stored
from labkit.fhir.subscriptions import over
from labkit.fhir.versions import last_body

if TYPE_CHECKING:
    import httpx

_log = logging.getLogger(__name__)
_OLDEST = """
SELECT n.number, n.subscription, n.tries, r.pk, r.type, r.id, v.version, v.updated,
  coalesce(v.body, '') FROM notice n
JOIN resource r ON r.pk = n.pk JOIN version v ON v.pk = n.pk AND v.version = n.version
WHERE n.number IN (SELECT min(number) FROM notice GROUP BY subscription) ORDER BY n.number
"""


def _always(subscription: Resource, told: Resource) -> bool:
    return True


class Courier:
    """A thread that delivers notices while it runs.

    Parameters
    ----------
    store
        Holds the queue.
    may_ring
        Asked again before each delivery.
    may_send
        Asked before each delivery whether a Subscription may still be told of a version: its
        criteria were met when that was written, and consent may have been withdrawn since.
    tries
        Failures in a row after which a Subscription gets the status ``error`` and waits for its
        owner.
    pause
        Seconds before the second try; doubled before each next one.
    timeout
        Seconds that a receiver may take.
    """

    def __init__(
        self,
        store: FhirStore,
        *,
        may_ring: Callable[[str], bool] = loopback_only,
        may_send: Callable[[Resource, Resource], bool] = _always,
        tries: int = 5,
        pause: float = 0.25,
        timeout: float = 5.0,
    ) -> None:
        self._store = store
        self._may_ring = may_ring
        self._may_send = may_send
        self._tries = tries
        self._pause = pause
        self._timeout = timeout
        self._due: dict[int, float] = {}  # notice → when it is tried again
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Deliver, beginning with what an earlier run left."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="fhir-courier", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the delivery under way; the rest stays in the queue."""
        self._stopping.set()
        self._store.rung.set()
        if self._thread is not None:
            self._thread.join(self._timeout + 1)
            self._thread = None

    def _run(self) -> None:
        import httpx

        # no proxy of the environment, no redirect: what was allowed is what is called
        with httpx.Client(trust_env=False, timeout=self._timeout) as http:
            while not self._stopping.is_set():
                self._store.rung.clear()
                try:
                    wait = self._round(http)
                except LabError as error:  # the disk is full: the queue stays as it is
                    _log.error("notices wait: %s", error.message)
                    wait = self._timeout
                self._store.rung.wait(wait)

    def _round(self, http: httpx.Client) -> float | None:
        """Try what is due; return the seconds until the next is, 0 if there may be more now."""
        again: list[float] = []
        for number, name, tries, *row in self._store.query(_OLDEST, []):
            if self._stopping.is_set():
                break
            late = self._due.get(number, 0.0) - time.monotonic()
            subscription = self._store.read("Subscription", name)
            state = _state(subscription)
            if state not in ("active", "error"):
                self._drop("subscription = ?", [name])
            elif state == "error":
                continue  # waits for its owner
            elif late > 0:
                again.append(late)
            elif self._deliver(http, number, subscription.resource, Stored(*row), tries):  # type: ignore[union-attr]
                again.append(0.0)
            else:
                again.append(self._pause)
        return min(again, default=None)

    def _deliver(
        self, http: httpx.Client, number: int, subscription: Resource, stored: Stored, tries: int
    ) -> bool:
        if over(subscription, self._store.clock()):
            self._set_status(subscription, {"status": "off"})
            return True
        told = last_body(self._store, stored)
        hidden = told is None or not self._may_send(subscription, told)
        problem = "" if hidden else self._send(http, subscription["channel"], stored)
        if not problem:
            self._due.pop(number, None)
            self._drop("number = ?", [number])
            return True
        if tries + 1 >= self._tries:
            self._set_status(subscription, {"status": "error", "error": problem})
            return True
        self._store.execute("UPDATE notice SET tries = tries + 1 WHERE number = ?", [number])
        self._due[number] = time.monotonic() + self._pause * 2**tries
        return False

    def _send(self, http: httpx.Client, channel: dict[str, Any], stored: Stored) -> str:
        """Send one notice; return what went wrong, or ``""``.

        Without payload a POST with nothing in it; with one, the resource is PUT as to a FHIR server
        (R4 subscription-channel-type).
        """
        import httpx

        url = channel["endpoint"]
        if not self._may_ring(url):
            return f"{url} is not allowed"
        lines = [str(line).partition(":") for line in channel.get("header", [])]
        headers = {name: value.strip() for name, _, value in lines}
        try:
            if channel.get("payload"):
                headers["Content-Type"] = channel["payload"]
                target = f"{url.rstrip('/')}/{stored.type}/{stored.id}"
                answer = http.put(target, content=stored.body.encode("utf-8"), headers=headers)
            else:
                answer = http.post(url, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return f"{url} could not be called ({type(error).__name__})"
        return "" if answer.is_success else f"{url} answered {answer.status_code}"

    def _set_status(self, seen: Resource, change: Resource) -> None:
        """Say in the Subscription how it is, unless its owner has just written to it."""
        with self._store.transaction():
            now = self._store.read("Subscription", seen["id"])
            if now and str(now.version) == seen["meta"]["versionId"]:
                self._store.put({**seen, **change})

    def _drop(self, which: str, args: list[Any]) -> None:
        self._store.execute(f"DELETE FROM notice WHERE {which}", args)


def _state(subscription: Stored | None) -> str:
    """Return the status of a Subscription, ``"off"`` if it is gone."""
    if subscription is None or subscription.deleted:
        return "off"
    return str(subscription.resource.get("status", "off"))
