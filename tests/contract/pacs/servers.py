"""The PACS that the suite is aimed at: embedded, Debian's Orthanc and dcmqrscp, or yours."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from labkit.common import ALLOW_ALL
from labkit.common.errors import NetworkError
from labkit.dimse import Peer, echo
from labkit.lab.containers import products
from labkit.lab.containers.supply import Supply
from labkit.lab.workspace import PRODUCTS
from labkit.pacs import Archive, Destinations, EventLog, NodeConfig, PacsNode

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
DESTINATION = "CONTRACT"  # AE title that the PACS is to send to by C-MOVE, where we listen
UNREACHABLE = "CONTRACTGONE"  # one it knows, where nobody listens


@dataclass(frozen=True)
class Target:
    """One PACS.

    Attributes
    ----------
    product, version
        As in ``deviations.toml``.
    peer
        How to call it.
    destination_port
        Where it sends for the AE title `destination`.
    """

    product: str
    version: str
    peer: Peer
    destination_port: int
    destination: str = DESTINATION
    extras: dict[str, str] = field(default_factory=dict)


_PORTS = itertools.count(os.getpid() * 101)


def free_port() -> int:
    """A port that was free a moment ago: other programs cannot be told to take any.

    It is below those that a system gives out itself (Linux: from 32768), so that none of the many
    connections that tests make has it before the program does.
    """
    for number in _PORTS:
        port = 20000 + number % 12000
        with socket.socket() as sock, suppress(OSError):
            sock.bind(("127.0.0.1", port))
            return port
    raise AssertionError


def find_program(*names: str) -> str | None:
    """Find a program outside the virtual environment (pynetdicom's scripts have DCMTK's names)."""
    own = os.environ.get("VIRTUAL_ENV") or str(Path(os.sys.prefix))  # type: ignore[attr-defined]
    folders = [f for f in os.environ.get("PATH", "").split(os.pathsep) if not f.startswith(own)]
    path = os.pathsep.join([*folders, "/usr/sbin", "/usr/local/sbin"])
    return next((found for name in names if (found := shutil.which(name, path=path))), None)


@contextmanager
def embedded(folder: Path) -> Iterator[Target]:
    """Our own archive, in this process."""
    ports = free_port(), free_port()
    known = Destinations()
    known.add(DESTINATION, "127.0.0.1", ports[0])
    known.add(UNREACHABLE, "127.0.0.1", ports[1])
    archive = Archive(folder / "archive")
    node = PacsNode(
        NodeConfig("ARCHIVE"), archive,
        policy=ALLOW_ALL, destinations=known, log=EventLog(folder / "log"),
    )  # fmt: skip
    try:
        yield Target("embedded", "", Peer("ARCHIVE", "127.0.0.1", node.start()), ports[0])
    finally:
        node.stop()
        archive.close()


@contextmanager
def running_orthanc(folder: Path, settings: dict[str, object]) -> Iterator[str]:
    """Run Debian's Orthanc with these settings, its data in `folder`; gives its version."""
    program = find_program("Orthanc")
    assert program is not None
    data = str(folder / "db")
    config = folder / "orthanc.json"
    config.write_text(
        json.dumps({"StorageDirectory": data, "IndexDirectory": data, "Plugins": [], **settings})
    )
    with running([program, str(config)], folder):
        yield version_of(program, r"Orthanc (\S+)")


@contextmanager
def orthanc(folder: Path) -> Iterator[Target]:
    """Orthanc as Debian has it, with its defaults but for what the suite needs."""
    port, destination, nobody = free_port(), free_port(), free_port()
    settings: dict[str, object] = {
        "Name": "contract",
        "HttpServerEnabled": False,
        "DicomAet": "ORTHANC",
        "DicomPort": port,
        "DicomModalities": {
            "destination": [DESTINATION, "127.0.0.1", destination],
            "gone": [UNREACHABLE, "127.0.0.1", nobody],
        },
        **{f"DicomAlwaysAllow{act}": True for act in ("Echo", "Store", "Find", "Get", "Move")},
    }
    with running_orthanc(folder, settings) as version:
        peer = Peer("ORTHANC", "127.0.0.1", port)
        wait_for(peer)
        yield Target("Orthanc", version, peer, destination)


@contextmanager
def dcmqrscp(folder: Path) -> Iterator[Target]:
    """DCMTK's image archive."""
    program = find_program("dcmqrscp")
    assert program is not None
    port, destination, nobody = free_port(), free_port(), free_port()
    (folder / "db").mkdir()
    config = folder / "dcmqrscp.cfg"
    config.write_text(
        f"""
NetworkTCPPort  = {port}
MaxPDUSize      = 16384
MaxAssociations = 16
HostTable BEGIN
destination     = ({DESTINATION}, 127.0.0.1, {destination})
gone            = ({UNREACHABLE}, 127.0.0.1, {nobody})
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
DCMQRSCP        {folder / "db"} RW (500, 1024mb) ANY
AETable END
"""
    )
    version = version_of(program, r"v(\d\S*)")
    with running([program, "-c", str(config)], folder):
        peer = Peer("DCMQRSCP", "127.0.0.1", port)
        wait_for(peer)
        yield Target("dcmqrscp", version, peer, destination)


@contextmanager
def yours(folder: Path) -> Iterator[Target]:
    """The PACS that the environment names (see conftest.py)."""
    environment = os.environ
    peer = Peer(
        environment.get("LABKIT_PACS_AE", "ARCHIVE"),
        environment["LABKIT_PACS_HOST"],
        int(environment.get("LABKIT_PACS_PORT", "104")),
    )
    yield Target(
        environment.get("LABKIT_PACS_PRODUCT", "yours"),
        environment.get("LABKIT_PACS_VERSION", ""),
        peer,
        int(environment.get("LABKIT_PACS_MOVE_PORT", "11113")),
        environment.get("LABKIT_PACS_MOVE_DEST", DESTINATION),
    )


@contextmanager
def contained(name: str) -> Iterator[Target]:
    """Start nothing: a product in a container, emptied, that is told where we listen.

    Parameters
    ----------
    name
        The node that it is, in the file that ``LABKIT_PRODUCTS`` names.
    """
    found = products.read(Path(os.environ[PRODUCTS]))
    assert found is not None
    supply = Supply(found)
    destination = free_port()
    try:
        product, admin = supply.products.placed[name], supply.admin(name)
        admin.clear()
        nobody = Peer(UNREACHABLE, found.callback, free_port())  # not on loopback: told as it is
        supply.know({DESTINATION: Peer(DESTINATION, "127.0.0.1", destination), UNREACHABLE: nobody})
        peer = Peer(name, product.host, product.port)
        wait_for(peer)
        yield Target(_PRODUCTS[product.kind], admin.version(), peer, destination)
    finally:
        admin.clear()
        supply.close()


_PRODUCTS = {"orthanc": "Orthanc", "dcmqrscp": "dcmqrscp"}
SERVERS: dict[str, Callable[[Path], object]] = {
    "embedded": embedded,
    "Orthanc": orthanc,
    "dcmqrscp": dcmqrscp,
    "yours": yours,
    "ARCHIVE": lambda folder: contained("ARCHIVE"),
    "LEGACY": lambda folder: contained("LEGACY"),
}


def version_of(program: str, pattern: str) -> str:
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.search(pattern, done.stdout + done.stderr)
    return found[1] if found else "?"


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[None]:
    # Without TCP_NODELAY both wait 40 ms in every exchange.
    environment = {**os.environ, "TCP_NODELAY": "1"}
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env=environment, start_new_session=True
        )
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            # dcmqrscp forks a child for each association; one may be left, in the same group.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def wait_for(peer: Peer) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            echo(peer, timeout=2)
            return
        except NetworkError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
