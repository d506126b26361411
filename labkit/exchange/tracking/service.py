"""The tracking service: a tracker that is rung by Subscriptions and polls besides."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from typing import Any

from labkit.common.errors import LabkitError
from labkit.common.scope import Runs
from labkit.common.serving import HOST, HttpService
from labkit.exchange.tracking.receiver import HEADER, receiver_app
from labkit.exchange.tracking.tracker import Tracker
from labkit.fhir.outcome import FhirError

_log = logging.getLogger(__name__)
_AGAIN = 5.0
_ACTIVE = 20.0
"""Seconds that a server may take to activate a Subscription."""


class TrackingService(Runs):
    """Runs a tracker: receives notices, works on them, polls.

    ::

        with TrackingService(tracker) as service:
            service.subscribe("FHIR")

    Parameters
    ----------
    tracker
        What it runs; it stays open afterwards.
    every
        Seconds between polls; ``None``: only when asked, by `Tracker.poll`.
    port
        Where to listen, if it is free; the same one as last time if 0.
    """

    def __init__(self, tracker: Tracker, *, every: float | None = None, port: int = 0) -> None:
        self.tracker, self._every, self._port = tracker, every, port
        self._http = HttpService("tracking")
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where notices go."""
        return f"http://{HOST}:{self._http.port}/notices"

    def start(self) -> None:
        """Listen, and deal with what an earlier run left."""
        ledger = self.tracker.ledger
        key = ledger.mark("notice key")
        if not key:
            key = secrets.token_urlsafe(24)
            ledger.set_mark("notice key", key)
        port = self._http.bind(self._port or int(ledger.mark("notice port") or 0))
        ledger.set_mark("notice port", str(port))
        self._http.start(receiver_app(self.tracker.ring, key, self._wake.set))
        self._stopping.clear()
        self._wake.set()
        self._thread = threading.Thread(target=self._run, name="tracking", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop; Subscriptions stay, and what they tell meanwhile is made good by a poll."""
        self._stopping.set()
        self._wake.set()
        self._http.stop()
        if self._thread is not None:
            self._thread.join(30)
            self._thread = None

    def subscribe(self, source: str, *, payload: str = "application/fhir+json") -> None:
        """Have a server ring for each type that is followed, then ask for what was before.

        In this order: between a poll and a Subscription that comes after it there is a gap. One
        that the server has put to ``error`` while nobody answered is made active again.

        Parameters
        ----------
        payload
            ``""``: notices say only that there is something new.
        """
        server = self.tracker.fhir[source]
        with server.client() as fhir:
            for type_ in server.types:
                name = f"subscription {source} {type_}"
                wanted = self._subscription(source, type_, payload)
                id_ = self.tracker.ledger.mark(name)
                stored = _renewed(fhir, {**wanted, "id": id_}) if id_ else None
                if stored is None:
                    stored = fhir.create(wanted)
                self.tracker.ledger.set_mark(name, str(stored["id"]))
                self._await(fhir, str(stored["id"]))
        self.tracker.poll()

    def unsubscribe(self, source: str) -> None:
        """Delete the Subscriptions at a server."""
        server = self.tracker.fhir[source]
        with server.client() as fhir:
            for type_ in server.types:
                name = f"subscription {source} {type_}"
                if id_ := self.tracker.ledger.mark(name):
                    fhir.delete(f"Subscription/{id_}")
                    self.tracker.ledger.set_mark(name, "")

    def _await(self, fhir: Any, id_: str) -> None:
        """Wait until the server says active: until then it may not be listening (HAPI FHIR)."""
        until = time.monotonic() + _ACTIVE
        while time.monotonic() < until and not self._stopping.is_set():
            if fhir.read(f"Subscription/{id_}").get("status") != "requested":
                return
            self._stopping.wait(0.05)

    def _subscription(self, source: str, type_: str, payload: str) -> dict[str, Any]:
        key = self.tracker.ledger.mark("notice key")
        return {
            "resourceType": "Subscription",
            "status": "requested",
            "reason": "studies and documents are followed across sites",
            "criteria": f"{type_}?",
            "channel": {
                "type": "rest-hook",
                "endpoint": f"{self.url}/{source}/{type_}",
                "header": [f"{HEADER}: {key}"],
                **({"payload": payload} if payload else {}),
            },
        }

    def _run(self) -> None:
        failed, polled = False, time.monotonic()
        while not self._stopping.is_set():
            due = None if self._every is None else max(0.0, polled + self._every - time.monotonic())
            self._wake.wait(_AGAIN if failed and due is None else due)
            self._wake.clear()
            if self._stopping.is_set():
                return
            try:
                failed = bool(self.tracker.work().silent)
                if self._every is not None and time.monotonic() >= polled + self._every:
                    polled = time.monotonic()
                    self.tracker.poll()
            except LabkitError as error:  # the disk is full: what waits stays
                _log.error("tracking waits: %s", error.message)
                failed = True

    def __repr__(self) -> str:
        return f"TrackingService({self.tracker!r})"


def _renewed(fhir: Any, wanted: dict[str, Any]) -> dict[str, Any] | None:
    """Write a Subscription again; ``None`` if the server has it no more."""
    try:
        fhir.read(f"Subscription/{wanted['id']}")
    except FhirError as error:
        if error.status in (404, 410):
            return None
        raise
    stored: dict[str, Any] = fhir.update(wanted)
    return stored
