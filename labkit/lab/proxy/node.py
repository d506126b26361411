"""PROXY: DICOMweb in front of LEGACY, which speaks DIMSE alone."""

from __future__ import annotations

import shutil
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool

from labkit.common.errors import LabkitError, PortTaken
from labkit.common.serving import HOST
from labkit.common.wording import counted
from labkit.dicomweb import dicomweb_app, wado_app
from labkit.dicomweb.mounting import below
from labkit.dicomweb.problems import no_room, problem
from labkit.dimse import Peer
from labkit.lab.face import Face
from labkit.lab.health import HEALTH_AE
from labkit.lab.nodes import PROXY
from labkit.lab.secure.guarding import Guarding
from labkit.lab.webnode import BASE, OUTSIDE, WADO
from labkit.pacs import EventLog

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from labkit.dicomweb.proxy import ProxySettings, ProxySource

RECEIVE = f"{PROXY} DIMSE"
"""Where C-MOVE sends to, among the ports of a lab."""
KEEP = 500
"""Traces that are kept; the oldest go."""
Trace = dict[str, Any]


class ProxyNode(Face):
    """The façade before LEGACY. What stands behind its routes is made when it is first asked.

    Parameters
    ----------
    folder
        Holds its cache.
    log
        Gets a line a request.
    legacy
        Says where LEGACY is now.
    guarding
        Says who decides, what checks tokens, and how PROXY proves who it is; the open lab's by
        default.
    """

    def __init__(
        self,
        folder: Path,
        log: EventLog,
        legacy: Callable[[], Peer],
        *,
        guarding: Guarding | None = None,
    ) -> None:
        super().__init__(PROXY, BASE, log)
        self._folder, self._legacy = folder, legacy
        self._guarding = guarding or Guarding()
        self._values: Mapping[str, Any] = {}
        self._source: ProxySource | None = None
        self._served: tuple[ASGIApp, ASGIApp] | None = None  # without and with traces
        self._making = threading.RLock()
        self._lock = threading.Lock()
        self._traces: deque[tuple[int, Trace]] = deque(maxlen=KEEP)
        self._count = 0
        self._under_way = 0
        self.receive_port = 0
        self.known: dict[str, Peer] = {}
        """Where C-MOVE sends to: itself, as LEGACY has to know it."""

    @property
    def count(self) -> int:
        """The number of the newest trace, 0 if there is none."""
        return self._count

    @property
    def busy(self) -> bool:
        """Whether a request is being answered: its trace is still to be written."""
        return self._under_way > 0

    def start(self, port: int = 0) -> int:
        """Serve; one that runs is left alone."""
        return self._port if self.running else super().start(port)

    def stop(self) -> None:
        """Stop answering and receiving; the cache stays."""
        super().stop()
        self._put_away()

    def open(self) -> None:
        """Make what stands behind the routes, and listen for what C-MOVE sends."""
        self._ready()

    def follow(self) -> None:
        """Go on before LEGACY where that is at another address now."""
        with self._making:
            if (
                self._source is not None
                and self._source.settings.upstreams[0].peer != self._legacy()
            ):
                self._put_away()

    def configure(self, values: Mapping[str, Any]) -> None:
        """Have these settings from the next request on."""
        with self._making:
            if values != self._values:
                self._values = dict(values)
                self._put_away()

    def forget(self) -> None:
        """Have an empty cache and no traces."""
        with self._making:
            self._put_away()
            shutil.rmtree(self._folder, ignore_errors=True)
        with self._lock:
            self._traces.clear()
            self._count = 0

    def rest(self) -> None:
        """Release the associations that nobody uses: LEGACY then logs their end."""
        with self._making:
            if self._source is not None:
                self._source.release_idle()

    def traces(self, since: int = 0, last: int = 0) -> list[Trace]:
        """Return traces numbered above `since`, the newest `last` of them (0: all), newest last."""
        with self._lock:
            found = [trace for number, trace in self._traces if number > since]
        return found[-last:] if last else found

    def stats(self) -> dict[str, Any]:
        """Return the counters of the façade since it was first asked; empty before."""
        with self._making:
            return dict(self._source.stats()) if self._source is not None else {}

    def _put_away(self) -> None:
        with self._making:
            source, self._source, self._served = self._source, None, None
            if source is not None:
                source.close()

    def _ready(self) -> tuple[ASGIApp, ASGIApp]:
        with self._making:
            if self._served is None:
                self._source = self._opened(self._legacy())
                self.receive_port = self._source.receive_port
                self.known[PROXY] = Peer(PROXY, HOST, self.receive_port)
                self._served = self._applications(self._source)
            return self._served

    def _opened(self, legacy: Peer) -> ProxySource:
        try:
            return self._listening(legacy, self.receive_port)
        except PortTaken:  # by another program, since it was last used
            return self._listening(legacy, 0)

    def _listening(self, legacy: Peer, port: int) -> ProxySource:
        from labkit.dicomweb.proxy import ProxySource

        source = ProxySource(self._settings(legacy, port))
        try:
            return source.start()
        except BaseException:
            source.close()  # it holds the cache, and the next one has the same folder
            raise

    def _settings(self, legacy: Peer, port: int) -> ProxySettings:
        from labkit.dicomweb.proxy import CacheLimits, ProxySettings, Upstream

        values = self._values
        tls = self._guarding.client_tls(PROXY)
        legacy = replace(legacy, tls=tls) if tls is not None else legacy
        return ProxySettings(
            [
                Upstream(
                    legacy,
                    retrieve=values["retrieve"],
                    associations=values["associations"],
                    timeout=values["timeout"],
                )
            ],
            cache=self._folder / "cache",
            limits=CacheLimits(values["cache_bytes"], values["cache_seconds"]),
            ae_title=PROXY,
            receive=(HOST, port),
            receive_tls=self._guarding.server_tls(PROXY),
            receive_admission=self._guarding.admission(PROXY).get("admission"),
            senders=[legacy.ae_title] if self._guarding.secure else (),
            slow_after=values["slow_after"],
            trust=values["trust"],
        )

    def _applications(self, source: ProxySource) -> tuple[ASGIApp, ASGIApp]:
        from labkit.dicomweb.proxy import traced

        policy = self._guarding.policy_of(PROXY)
        apps: dict[str, ASGIApp] = {
            BASE: dicomweb_app(source, policy, base_url=self.url),
            WADO: wado_app(source, policy, base_url=f"http://{HOST}:{self._port}{WADO}"),
        }
        noted: dict[str, ASGIApp] = {path: traced(app, self._note) for path, app in apps.items()}
        return below(apps, OUTSIDE), below(noted, OUTSIDE)

    def _app(self) -> ASGIApp:
        async def answered(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                quiet, noted = await run_in_threadpool(self._ready)
            except (LabkitError, OSError) as error:  # its cache has no room; the next one may have
                self._log.write("ERROR", PROXY, "-", f"cannot answer: {error}")
                clear = error if isinstance(error, LabkitError) else no_room(error)
                await problem(clear)(scope, receive, send)
                return
            if (b"user-agent", HEALTH_AE.encode()) in scope["headers"]:
                await quiet(scope, receive, send)
                return
            with self._lock:
                self._under_way += 1
            try:
                await noted(scope, receive, send)
            finally:
                with self._lock:
                    self._under_way -= 1

        # Before anything is made or fetched: LEGACY is not to hear of a request without a token.
        return self._guarding.guard(PROXY, answered, self.url)

    def _note(self, trace: Trace) -> None:
        with self._lock:
            self._count += 1
            self._traces.append((self._count, {**trace, "id": self._count}))
        target = str(trace["target"]).partition("?")[0].strip("/")
        said = [f"{trace['method']} {target} -> {trace['status']}", f"cache {trace['cache']}"]
        said += [
            f"{s['service']} {s['level']} {s['status']} {s['meaning']}, "
            f"{counted(s['count'], 'match' if s['service'] == 'C-FIND' else 'object')}"
            for s in trace["steps"]
        ]
        level = "INFO" if trace["status"] < 400 else "WARNING"
        self._log.write(level, PROXY, "-", "; ".join(said))
