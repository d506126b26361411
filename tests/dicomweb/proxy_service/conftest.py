"""A façade as its file has it, before PACS of our own; in this process, asked without a network."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from labkit.dicomweb.proxy import ProxySource
from labkit.dicomweb.proxy.service.app import Facade
from labkit.dicomweb.proxy.service.build import hooks_of, peer_of, settings_of
from labkit.dicomweb.proxy.service.config import load
from labkit.dicomweb.proxy.service.health import Probe
from labkit.dicomweb.proxy.service.journal import Journal
from labkit.dicomweb.proxy.service.metrics import Metrics
from labkit.dimse import Peer
from tests.dicomweb.proxy.conftest import pacs, stub

__all__ = ["pacs", "stub"]


def pacs_section(peer: Peer, **more: Any) -> str:
    keys = {"ae_title": peer.ae_title, "host": peer.host, "port": peer.port, **more}
    return "[[pacs]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())


def client_section(name: str, **more: Any) -> str:
    """A client whose token is ``token-of-NAME``."""
    digest = hashlib.sha256(f"token-of-{name}".encode()).hexdigest()
    keys = {"name": name, "token_sha256": digest, **more}
    return "[[client]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())


def bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer token-of-{name}"}


@dataclass
class Served:
    """A façade that runs."""

    web: TestClient
    source: ProxySource
    facade: Facade
    out: io.StringIO

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.getvalue().splitlines()]


Serve = Callable[..., Served]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start façades from what their files say; they end with the test."""
    with ExitStack() as ending:

        def start(*sections: str, proxy: str = "port = 8080\n") -> Served:
            path = tmp_path / "proxy.toml"
            path.write_text("\n".join([f"[proxy]\n{proxy}", *sections]), encoding="utf-8")
            config = load(path, {})
            source = ProxySource(settings_of(config), hooks=hooks_of(config))
            ending.enter_context(closing(source))
            out = io.StringIO()
            probe = Probe({p.name: peer_of(p) for p in config.pacs}, config.proxy.ae_title)
            facade = Facade(config, source, probe, Metrics(source.stats), Journal(out))
            web = TestClient(facade.app, base_url="http://127.0.0.1:8080")
            return Served(web, source, facade, out)

        yield start
