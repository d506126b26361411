"""``labkit proxy`` as a process of its own: it serves, is asked to end, and ends well."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from labkit.dimse.tls import Authority, server_context
from tests.contract.pacs.cases import small, studies, uid
from tests.contract.pacs.servers import free_port
from tests.dicomweb.proxy.conftest import MOVES_ONLY, StartPacs, StartStub, until
from tests.dicomweb.proxy_service.conftest import bearer, client_section, pacs_section

WHOLE = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}
pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to be caught")


class Process:
    """A façade that runs, and what it says."""

    def __init__(self, config: Path, port: int, ca: Path | None = None) -> None:
        self.url = f"http{'s' if ca else ''}://127.0.0.1:{port}/dicom-web"
        self._verify = ssl.create_default_context(cafile=ca) if ca else True
        self.lines: list[dict[str, Any]] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "labkit", "proxy", "--config", str(config)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        until(lambda: bool(self.events("listening")) or self.process.poll() is not None, 60)
        assert self.process.poll() is None, self.process.stderr and self.process.stderr.read()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(json.loads(line))  # each is JSON, or the test fails for want of it

    def events(self, name: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["event"] == name]

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(
            f"{self.url}{path}", headers={**bearer("ai"), **headers}, trust_env=False, timeout=60,
            verify=self._verify,
        )  # fmt: skip

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        until(lambda: bool(self.events("stopping")), 60)

    def ended(self) -> int:
        code = self.process.wait(60)
        self._reader.join(10)
        return code


Run = Callable[..., Process]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    started: list[Process] = []

    def start(*sections: str, more: str = "", port: int = 0, ca: Path | None = None) -> Process:
        at = port or free_port()
        path = tmp_path / "proxy.toml"
        text = f"[proxy]\nport = {at}\n{more}\n" + "\n".join([*sections, client_section("ai")])
        path.write_text(text, encoding="utf-8")
        started.append(Process(path, at, ca))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
        each.process.wait(60)


def test_it_serves_and_ends_with_0(pacs: StartPacs, run: Run) -> None:
    behind = pacs()
    behind.hold(*studies())
    facade = run(pacs_section(behind.peer))
    assert facade.get(f"/studies/{uid(1)}", **WHOLE).content.count(b"DICM") == 3
    assert len(facade.get("/studies").json()) == 4
    facade.terminate()
    assert facade.ended() == 0
    assert [line["event"] for line in facade.lines] == [
        "listening", "request", "request", "stopping", "stopped",
    ]  # fmt: skip
    until(lambda: behind.node.open_associations == 0)
    ends = [line for line in behind.log.lines() if "association" in line]
    assert "released" in ends[-1] and "abort" not in " ".join(ends), "given back, not cut off"


def test_it_listens_for_c_move_where_its_file_says(pacs: StartPacs, run: Run) -> None:
    behind, port = pacs(services=MOVES_ONLY), free_port()
    behind.hold(*studies())
    behind.destinations.add("PROXY", "127.0.0.1", port)
    facade = run(pacs_section(behind.peer), f"[receive]\nport = {port}\n")
    assert facade.get(f"/studies/{uid(1)}", **WHOLE).content.count(b"DICM") == 3
    assert facade.events("listening")[0]["receive"] == {"bind": "127.0.0.1", "port": port}


def test_it_speaks_tls_on_both_sides(pacs: StartPacs, run: Run, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "tls")
    its, ours = authority.credential("LEGACY"), authority.credential("PROXY")
    behind = pacs(tls=server_context(its, clients=authority.certificate))
    behind.hold(*studies())
    section = pacs_section(
        behind.peer, ca=str(authority.certificate), certificate=str(ours.certificate),
        key=str(ours.key),
    )  # fmt: skip
    shown = f'certificate = "{ours.certificate}"\nkey = "{ours.key}"'
    facade = run(section, more=shown, ca=authority.certificate)
    assert len(facade.get("/studies").json()) == 4
    assert facade.get(f"/studies/{uid(1)}", **WHOLE).content.count(b"DICM") == 3
    with pytest.raises(httpx.TransportError):
        httpx.get(facade.url.replace("https", "http") + "/studies", trust_env=False)
    assert facade.events("listening")[0]["base_url"] == facade.url
    facade.terminate()
    assert facade.ended() == 0


def held_up(stub: StartStub, after: int) -> tuple[Any, threading.Event, threading.Event]:
    """A PACS that stops before an object until it is let go."""
    behind = stub()
    behind.objects = [small(1, 1, number) for number in range(1, 5)]
    reached, go_on = threading.Event(), threading.Event()

    def before(service: str, number: int) -> None:
        if number == after:
            reached.set()
            go_on.wait(60)

    behind.before = before
    return behind, reached, go_on


def test_a_sigterm_in_the_middle_of_a_retrieve_lets_it_finish(stub: StartStub, run: Run) -> None:
    behind, reached, go_on = held_up(stub, 2)
    facade = run(pacs_section(behind.peer))
    answers: list[httpx.Response] = []
    asking = threading.Thread(
        target=lambda: answers.append(facade.get(f"/studies/{uid(1)}", **WHOLE))
    )
    asking.start()
    assert reached.wait(30)
    facade.terminate()
    with pytest.raises(httpx.TransportError):
        facade.get("/studies")  # nobody new is let in
    assert facade.process.poll() is None and facade.events("stopping")[0]["under_way"] == 1
    go_on.set()
    asking.join(60)
    assert answers[0].status_code == 200 and answers[0].content.count(b"DICM") == 4
    assert facade.ended() == 0
    assert facade.events("request")[0]["status"] == 200
    until(lambda: behind.associations == 0)


def test_it_does_not_wait_for_ever(stub: StartStub, run: Run) -> None:
    behind, reached, go_on = held_up(stub, 1)
    facade = run(pacs_section(behind.peer), more="finish = 1")

    def ask() -> None:
        with suppress(httpx.TransportError):  # cut off, or a 5xx: not a whole answer
            facade.get(f"/studies/{uid(1)}", **WHOLE)

    asking = threading.Thread(target=ask)
    asking.start()
    assert reached.wait(30)
    facade.terminate()
    assert facade.ended() == 0
    go_on.set()
    asking.join(60)
    assert facade.events("stopped")
    until(lambda: behind.associations == 0)


def test_the_cache_survives_a_restart(pacs: StartPacs, run: Run) -> None:
    behind = pacs()
    behind.hold(*studies())
    facade = run(pacs_section(behind.peer))
    facade.get(f"/studies/{uid(1)}", **WHOLE)
    facade.terminate()
    facade.ended()
    again = run(pacs_section(behind.peer))
    assert again.get(f"/studies/{uid(1)}", **WHOLE).content.count(b"DICM") == 3
    until(lambda: bool(again.events("request")))
    assert again.events("request")[0]["cache"] == "hit"


def test_a_port_that_is_taken_is_two_lines_and_exit_code_1(pacs: StartPacs, tmp_path: Path) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        path = tmp_path / "proxy.toml"
        path.write_text(
            f"[proxy]\nport = {sock.getsockname()[1]}\n" + pacs_section(pacs().peer), "utf-8"
        )
        done = subprocess.run(
            [sys.executable, "-m", "labkit", "proxy", "--config", str(path)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    first, second = done.stderr.splitlines()
    assert "cannot be listened on" in first and "[proxy]" in second


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00", b"[proxy\n", b"[proxy]\nport = 1\n[x]\n"])
def test_a_file_that_is_garbage_is_two_lines(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "proxy.toml"
    path.write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-m", "labkit", "proxy", "--config", str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 2 and "proxy.toml" in done.stderr
