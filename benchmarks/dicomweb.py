"""DICOMweb: one HTTP client against our service and Orthanc's plugin, holding the same objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks import data
from benchmarks.measure import Row, alternate, compare
from benchmarks.servers import OURS
from labkit.dicomweb import DicomwebClient
from labkit.dimse import Peer, store
from labkit.lab import launch
from labkit.lab.workspace import Workspace
from tests.contract.pacs.servers import PLUGIN, find_program, free_port, running_orthanc, wait_for

CLIENTS = 16
"""Askers at the same time, where there is more than one."""
FRAMES = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
OBJECTS = 'multipart/related; type="application/dicom"; transfer-syntax=*'
_JSON = "application/dicom+json"


@dataclass(frozen=True)
class Web:
    """One server: its DICOMweb base, and its DICOM side, by which it is filled."""

    product: str
    version: str
    url: str
    peer: Peer


@contextmanager
def lab(folder: Path) -> Iterator[Web]:
    """DICOMweb of ARCHIVE as a learner has it."""
    workspace = Workspace.at(folder / "lab")
    try:
        found = launch.start(workspace)
        node = found.nodes["ARCHIVE"]
        peer = Peer(node.ae_title, node.host, node.port)
        yield Web(OURS, found.version, found.dicomweb_url, peer)
    finally:
        launch.stop(workspace)


@contextmanager
def orthanc(folder: Path) -> Iterator[Web]:
    """Orthanc with its plugin, as Debian has them."""
    web, port = free_port(), free_port()
    settings: dict[str, object] = {
        "Plugins": [str(PLUGIN)],
        "HttpPort": web,
        "DicomPort": port,
        "DicomAet": "ORTHANC",
        "AuthenticationEnabled": False,
        "DicomAlwaysAllowStore": True,
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }
    folder.mkdir()
    with running_orthanc(folder, settings) as version:
        peer = Peer("ORTHANC", "127.0.0.1", port)
        wait_for(peer)
        yield Web("Orthanc DICOMweb", version, f"http://127.0.0.1:{web}/dicom-web", peer)


def dicomweb(folder: Path, rounds: int, count: int, sizes: list[int]) -> list[Row]:
    """Everything; no line where Orthanc's plugin is not here."""
    if find_program("Orthanc") is None or not PLUGIN.exists():
        return []
    home = folder / "web"
    home.mkdir()
    with lab(home / "ours") as ours, orthanc(home / "orthanc") as peer:
        servers = [ours, peer]
        rows = retrieving(servers, home, rounds, count)
        rows += storing(servers, home, rounds, count)
        rows += searching(servers, home, rounds, sizes)
    return rows


def searching(servers: list[Web], folder: Path, rounds: int, sizes: list[int]) -> list[Row]:
    """QIDO-RS of a server that holds so many studies, and those of the smaller sizes."""
    rows = []
    for size in sizes:
        uids, files = data.studies(folder / f"qido{size}", size, 70_000 + size)
        for server in servers:
            store(server.peer, files).raise_for_status()
        every = {"PatientID": f"B{size}X*"}
        for what, keys, expected in (
            ("by UID", {"StudyInstanceUID": uids[size // 2]}, 1),
            ("limit=25", {**every, "limit": "25"}, min(25, size)),
            ("all of them", every, size),
        ):
            if what == "all of them" and size > 5000:
                continue  # Orthanc answers no more than it is set to
            asks = {s.product: _asks(s, "/studies", keys, expected) for s in servers}
            times = alternate(asks, rounds if expected > 100 else 5 * rounds)
            work = f"QIDO-RS {what}, {size:,} studies"
            rows += compare(work, times, OURS, count=1, unit="ms", target=1.0)
    return rows


def _asks(server: Web, path: str, keys: dict[str, str], expected: int) -> Callable[[int], object]:
    client = httpx.Client(base_url=server.url, timeout=300, trust_env=False)
    # As it stands: the plugin finds nothing by an asterisk that is percent-encoded.
    query = "&".join(f"{keyword}={value}" for keyword, value in keys.items())

    def ask(turn: int) -> None:
        found = len(client.get(f"{path}?{query}", headers={"Accept": _JSON}).json())
        if found != expected:
            raise RuntimeError(f"{server.product}: {found} in place of {expected} matches")

    return ask


def retrieving(servers: list[Web], folder: Path, rounds: int, count: int) -> list[Row]:
    """WADO-RS of a series of CT images, whole and in parts; frames by one client and by several."""
    study, files = data.series(folder / "fetched", count, 60_000)
    for server in servers:
        store(server.peer, files).raise_for_status()
    series = f"/studies/{study}/series/{study}.1"
    image = f"{series}/instances/{study}.1.{count // 2}"
    size = count * 2 * data.ROWS * data.COLUMNS
    rows = []
    for what, path, accept, least, scale, unit in (
        ("metadata of a series", f"{series}/metadata", _JSON, 1000 * count, count, "instances/s"),
        ("a series", series, OBJECTS, size, count, "instances/s"),
        ("a study", f"/studies/{study}", OBJECTS, size, count, "instances/s"),
        ("a frame", f"{image}/frames/1", FRAMES, size // count, 1, "ms"),
        ("rendered, JPEG", f"{image}/rendered", "image/jpeg", 1000, 1, "ms"),
    ):
        gets = {s.product: _gets(s, path, accept, least) for s in servers}
        times = alternate(gets, rounds if scale > 1 else 10 * rounds)
        work = f"WADO-RS {what}" + (f" of {count}" if scale > 1 else "")
        rows += compare(work, times, OURS, count=scale, unit=unit, target=1.0)
    paths = [f"{series}/instances/{study}.1.{n}/frames/1" for n in range(count)]
    crowds = {s.product: _crowd(s, paths, size // count) for s in servers}
    work = f"WADO-RS {count} frames by {CLIENTS} clients"
    return rows + compare(
        work, alternate(crowds, rounds), OURS, count=count, unit="frames/s", target=1.0
    )


def _gets(server: Web, path: str, accept: str, least: int) -> Callable[[int], object]:
    client = httpx.Client(base_url=server.url, timeout=300, trust_env=False)
    return lambda turn: _get(server, client, path, accept, least)


def _get(server: Web, client: httpx.Client, path: str, accept: str, least: int) -> None:
    answer = client.get(path, headers={"Accept": accept, "Accept-Encoding": "identity"})
    if answer.status_code != 200 or len(answer.content) < least:
        said = f"{answer.status_code}, {len(answer.content)} bytes"
        raise RuntimeError(f"{server.product}: {path}: {said}")


def crowd(act: Callable[[httpx.Client], object], url: str, clients: int) -> Callable[[int], object]:
    """Have so many clients do something at the same time, each over a connection of its own."""
    askers = [httpx.Client(base_url=url, timeout=300, trust_env=False) for _ in range(clients)]

    def together(turn: int) -> None:
        with ThreadPoolExecutor(clients) as pool:
            list(pool.map(act, askers))

    return together


def _crowd(server: Web, paths: list[str], least: int) -> Callable[[int], object]:
    clients = [httpx.Client(base_url=server.url, timeout=300, trust_env=False)
               for _ in range(CLIENTS)]  # fmt: skip

    def one(place: int) -> None:
        for path in paths[place::CLIENTS]:
            _get(server, clients[place], path, FRAMES, least)

    def act(turn: int) -> None:
        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(one, range(CLIENTS)))

    return act


def storing(servers: list[Web], folder: Path, rounds: int, count: int) -> list[Row]:
    """STOW-RS of CT images that the server has not seen, ten in a request."""

    def act(server: Web, place: int) -> Callable[[int], object]:
        sent = []
        for turn in range(rounds + 1):
            mark = 61_000 + 100 * place + turn
            sent.append(data.series(folder / f"stow{place}-{turn}", count, mark)[1])
        client = DicomwebClient(server.url)

        def send(turn: int) -> None:
            for first in range(0, count, 10):
                told = client.store(sent[turn][first : first + 10])
                if told.get("FailedSOPSequence"):
                    raise RuntimeError(f"{server.product}: {told}")

        return send

    acts = {server.product: act(server, place) for place, server in enumerate(servers)}
    work = f"STOW-RS of {count} CT images, ten in a request"
    times = alternate(acts, rounds)
    return compare(work, times, OURS, count=count, unit="instances/s", target=1.0)
