"""The façade beside the same PACS asked by DIMSE, and beside our own archive."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from pynetdicom.dimse_primitives import C_FIND
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind

from benchmarks import data
from benchmarks.dicomweb import OBJECTS, Web, crowd, lab
from benchmarks.measure import Row, alternate, compare, grown
from labkit.dimse import Peer, associate, find, get, identifier, store
from labkit.dimse.association import query_context
from tests.contract.pacs.servers import dcmqrscp, find_program, free_port

FACADE = "façade"
_FIND = str(StudyRootQueryRetrieveInformationModelFind)
_START = 30.0


@contextmanager
def facade(
    folder: Path, behind: Peer, move_port: int, move_title: str, trust: float = 0.0
) -> Iterator[str]:
    """Run ``labkit proxy`` in front of a PACS, in a process of its own; its base URL."""
    port = free_port()
    folder.mkdir()
    file = folder / "facade.toml"
    file.write_text(
        f"""
[proxy]
port = {port}
ae_title = "{move_title}"
trust = {trust}
[receive]
port = {move_port}
[cache]
folder = "cache"
[clients]
open = true
[[pacs]]
ae_title = "{behind.ae_title}"
host = "{behind.host}"
port = {behind.port}
""",
        encoding="utf-8",
    )
    url = f"http://127.0.0.1:{port}"
    with (folder / "facade.log").open("wb") as log:
        command = [sys.executable, "-m", "labkit", "proxy", "--config", str(file)]
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + _START
            while True:
                try:
                    httpx.get(f"{url}/health", trust_env=False)
                    break
                except httpx.HTTPError:
                    if time.monotonic() > deadline or process.poll() is not None:
                        said = (folder / "facade.log").read_text(encoding="utf-8")
                        raise RuntimeError(f"the façade did not start: {said}") from None
                    time.sleep(0.05)
            yield f"{url}/dicom-web"
        finally:
            process.terminate()
            process.wait(_START)


def facades(folder: Path, rounds: int, count: int) -> list[Row]:
    """Everything; no line where dcmqrscp is not here."""
    if find_program("dcmqrscp") is None:
        return []
    home = folder / "facade"
    (home / "pacs").mkdir(parents=True)
    with (
        dcmqrscp(home / "pacs") as pacs,
        facade(home / "front", pacs.peer, pacs.destination_port, pacs.destination) as url,
        facade(home / "trusting", pacs.peer, free_port(), "TRUSTING", trust=3600) as trusting,
        lab(home / "ours") as ours,
    ):
        where = f"dcmqrscp {pacs.version}"
        marks = iter(range(80_000, 90_000))

        def held() -> str:
            study, files = data.series(home / "sent", count, next(marks))
            store(pacs.peer, files).raise_for_status()
            return study

        rows = cold(url, pacs.peer, where, rounds, count, held)
        for base, how in ((url, "asking the PACS each time"), (trusting, "trusting its answer")):
            rows += warm(base, how, ours, home, rounds, count, held)
        rows += asking(url, pacs.peer, where, rounds, held())
        return rows + growth(url, pacs.peer, home, rounds, count, held())


def cold(
    url: str, peer: Peer, where: str, rounds: int, count: int, held: Callable[[], str]
) -> list[Row]:
    """A series that the façade has never seen: all of it, and its first object."""
    cold_ones = [held() for _ in range(2 * (rounds + 1))]
    client = httpx.Client(base_url=url, timeout=300, trust_env=False)

    def whole(turn: int) -> None:
        study = cold_ones[turn]
        answer = client.get(f"/studies/{study}/series/{study}.1", headers={"Accept": OBJECTS})
        if answer.content.count(b"DICM") < count:
            raise RuntimeError(f"the façade gave {len(answer.content)} bytes: {answer.text[:200]}")

    def first(turn: int) -> None:
        study = cold_ones[rounds + 1 + turn]
        path = f"/studies/{study}/series/{study}.1"
        with client.stream("GET", path, headers={"Accept": OBJECTS}) as answer:
            size = 0
            for piece in answer.iter_raw():
                size += len(piece)
                if size > 2 * data.ROWS * data.COLUMNS:
                    return
        raise RuntimeError("the façade gave no object")

    def direct(turn: int) -> None:
        study = cold_ones[turn]
        got = get(peer, identifier("STUDY", StudyInstanceUID=study))
        if got.completed != count:
            raise RuntimeError(f"C-GET gave {got.completed} of {count}")

    peer_name = f"C-GET of {where}"
    times = alternate({FACADE: whole, peer_name: direct}, rounds)
    rows = compare(
        f"façade, cold series of {count}", times, FACADE, count=count, unit="instances/s",
        target=round(1 / 1.5, 2),
    )  # fmt: skip
    started = alternate({FACADE: first}, rounds)
    seconds = {FACADE: started[FACADE], f"{peer_name}, the whole": times[peer_name]}
    return rows + compare(
        "façade, first object of a cold series", seconds, FACADE, count=1, unit="ms", target=2.0
    )


def warm(
    url: str, how: str, ours: Web, folder: Path, rounds: int, count: int, held: Callable[[], str]
) -> list[Row]:
    """A series that is in the cache, beside the same from our own archive."""
    study = held()
    store(ours.peer, sorted((folder / "sent").glob("*.dcm"))).raise_for_status()
    path = f"/studies/{study}/series/{study}.1"

    def gets(base: str) -> Callable[[int], object]:
        client = httpx.Client(base_url=base, timeout=300, trust_env=False)

        def act(turn: int) -> None:
            answer = client.get(path, headers={"Accept": OBJECTS})
            if answer.content.count(b"DICM") < count:
                raise RuntimeError(f"{base}: {len(answer.content)} bytes")

        return act

    times = alternate({FACADE: gets(url), "our archive": gets(ours.url)}, rounds)
    work = f"façade, warm series of {count}, {how}"
    return compare(work, times, FACADE, count=count, unit="instances/s", target=1.0)


def asking(url: str, peer: Peer, where: str, rounds: int, study: str) -> list[Row]:
    """QIDO-RS by UID beside a C-FIND by UID, association included as a client has it."""
    client = httpx.Client(base_url=url, timeout=300, trust_env=False)
    keys = identifier("STUDY", StudyInstanceUID=study, PatientName="", StudyDate="")

    def qido(turn: int) -> None:
        if len(client.get(f"/studies?StudyInstanceUID={study}").json()) != 1:
            raise RuntimeError("the façade did not find the study")

    def by_dimse(turn: int) -> None:
        if len(find(peer, keys)) != 1:
            raise RuntimeError("the PACS did not find the study")

    series = identifier("SERIES", StudyInstanceUID=study, SeriesInstanceUID="", Modality="")
    images = identifier(
        "IMAGE", StudyInstanceUID=study, SeriesInstanceUID=f"{study}.1",
        SOPInstanceUID="", SOPClassUID="",
    )  # fmt: skip

    def the_same_by_dimse(turn: int) -> None:
        with associate(peer, [query_context(_FIND)]) as link:
            for asked in (keys, series, images):
                request = C_FIND()
                request.AffectedSOPClassUID = _FIND
                if not list(link.query(request, link.require(_FIND), asked)):
                    raise RuntimeError("the PACS did not find it")

    one, three = f"C-FIND of {where}", f"the three C-FINDs that it takes, of {where}"
    times = alternate({FACADE: qido, one: by_dimse, three: the_same_by_dimse}, 5 * rounds)
    return compare("façade, QIDO-RS by UID", times, FACADE, count=1, unit="ms", target=0.67)


def growth(url: str, peer: Peer, folder: Path, rounds: int, count: int, study: str) -> list[Row]:
    """Ten clients in place of one, and ten times the images in a series."""
    path = f"/studies/{study}/series/{study}.1"
    larger, files = data.series(folder / "larger", 10 * count, 90_000)
    store(peer, files).raise_for_status()

    def whole(client: httpx.Client, where: str = path, least: int = count) -> None:
        answer = client.get(where, headers={"Accept": OBJECTS})
        if answer.content.count(b"DICM") < least:
            raise RuntimeError(f"the façade gave {len(answer.content)} bytes: {answer.text[:200]}")

    def found(client: httpx.Client) -> None:
        if len(client.get(f"/studies?StudyInstanceUID={study}").json()) != 1:
            raise RuntimeError("the façade did not find the study")

    rows = []
    for work, act, each, unit in (
        (f"façade, warm series of {count}", whole, count, "instances/s"),
        ("façade, QIDO-RS by UID", found, 1, "answers/s"),
    ):
        acts = {"1 client": crowd(act, url, 1), "10 clients": crowd(act, url, 10)}
        times = alternate(acts, rounds)
        more, fewer = 10 * each / times["10 clients"], each / times["1 client"]
        rows.append(grown(work, ("10 clients", more), ("1 client", fewer), unit=unit, target=0.8))
    where = f"/studies/{larger}/series/{larger}.1"
    acts = {
        "fewer": crowd(whole, url, 1),
        "more": crowd(lambda client: whole(client, where, 10 * count), url, 1),
    }
    times = alternate(acts, max(rounds // 2, 1))
    rows.append(
        grown(
            "façade, warm series", (f"{10 * count} images", 10 * count / times["more"]),
            (f"{count} images", count / times["fewer"]), unit="instances/s", target=0.8,
        )
    )  # fmt: skip
    return rows
