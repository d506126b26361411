"""``labkit proxy --config FILE``: starts the façade, serves, and puts everything away again."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

import labkit
from labkit.dicomweb.proxy.service.app import Facade
from labkit.dicomweb.proxy.service.build import hooks_of, peer_of, settings_of
from labkit.dicomweb.proxy.service.health import Probe
from labkit.dicomweb.proxy.service.journal import Journal, JsonHandler
from labkit.dicomweb.proxy.service.metrics import Metrics
from labkit.dicomweb.proxy.service.serve import listen, serve
from labkit.dicomweb.proxy.source import ProxySource

if TYPE_CHECKING:
    from labkit.dicomweb.proxy.service.config import ServiceConfig


CLOSING = 10.0
"""Seconds that a PACS may take to let go of what is under way, after the last answer."""


def run(config: ServiceConfig, journal: Journal | None = None) -> bool:
    """Serve until a SIGTERM.

    Returns
    -------
    bool
        Whether every association has ended. Where a PACS holds on to one, threads wait for it, and
        the process has to be ended by ``os._exit``.

    Raises
    ------
    PortTaken
        One of the two ports cannot be had.
    UsageError
        A certificate or a hook cannot be used.
    """
    said = journal or Journal()
    handler = JsonHandler(said)
    root = logging.getLogger()
    root.addHandler(handler)
    proxy = config.proxy
    try:
        hooks = hooks_of(config)
        settings = settings_of(config)
        config.cache_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with listen(proxy.bind, proxy.port) as sock, ExitStack() as ending:
            source = ProxySource(settings, hooks=hooks)
            ending.callback(source.close)
            if config.receive is not None:
                source.start()
            probe = Probe({pacs.name: peer_of(pacs) for pacs in config.pacs}, proxy.ae_title)
            facade = Facade(config, source, probe, Metrics(source.stats), said)

            def stopping() -> None:
                facade.stopping = True
                said.write("info", "stopping", under_way=facade.app.under_way)

            _warn(config, said)
            serve(
                facade.app,
                sock,
                finish=proxy.finish,
                certificate=(str(proxy.certificate), str(proxy.key)) if proxy.secure else None,
                started=lambda: said.write("info", "listening", **_facts(config, source)),
                stopping=stopping,
            )
            ended = _within(ending.pop_all().close, CLOSING)
        if ended:
            said.write("info", "stopped")
        else:
            held = {
                name: told["associations"] for name, told in source.stats()["upstreams"].items()
            }
            said.write("warning", "stopped", still_open=held)
        return ended
    finally:
        root.removeHandler(handler)


def _within(act: Callable[[], None], seconds: float) -> bool:
    """Do something that may take long; whether it has ended in time."""
    thread = threading.Thread(target=act, name="proxy-close", daemon=True)
    thread.start()
    thread.join(seconds)
    return not thread.is_alive()


def _facts(config: ServiceConfig, source: ProxySource) -> dict[str, object]:
    receive = config.receive
    return {
        "version": labkit.__version__,
        "python": sys.version.split()[0],
        "base_url": config.proxy.url,
        "receive": {"bind": receive.bind, "port": source.receive_port} if receive else None,
        "pacs": [pacs.name for pacs in config.pacs],
        "clients": [client.name for client in config.client],
        "open": config.clients.open,
    }


def _warn(config: ServiceConfig, journal: Journal) -> None:
    """Say what is allowed and deserves a look."""
    proxy = config.proxy
    if not config.client and not config.clients.open:
        journal.write("warning", "refuses everything", remedy="Add a [[client]] to the file.")
    if proxy.open_to_network and not proxy.secure and not proxy.base_url.startswith("https:"):
        journal.write(
            "warning", "tokens and images go unencrypted",
            remedy="Give certificate and key in [proxy], or let a web server with TLS stand before "
            "it and name that in base_url.",
        )  # fmt: skip
    for pacs in config.pacs:
        if pacs.passcode and not pacs.secure:
            journal.write(
                "warning", "a passcode goes unencrypted", pacs=pacs.name, remedy="Speak TLS there."
            )
