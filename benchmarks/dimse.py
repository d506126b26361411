"""C-STORE, C-GET, C-MOVE and C-FIND: one client, DCMTK's or ours, against each server in turn."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks import data
from benchmarks.measure import Row, alternate, compare, grown
from benchmarks.servers import OURS, dcmtk
from labkit.dimse import find, identifier, store
from tests.contract.pacs.servers import Target


def called(target: Target) -> tuple[str, ...]:
    """Arguments of a DCMTK tool that calls this server."""
    return ("-aec", target.peer.ae_title, target.peer.host, str(target.peer.port))


def storing(servers: list[Target], folder: Path, rounds: int, count: int) -> list[Row]:
    """storescu sends a series that the server has not seen."""

    def act(target: Target, place: int) -> Callable[[int], object]:
        sent = []
        for turn in range(rounds + 1):
            home = folder / "store" / f"{place}-{turn}"
            sent.append(home)
            data.series(home, count, 1000 + 100 * place + turn)
        return lambda turn: dcmtk("storescu", *called(target), "+sd", str(sent[turn]))

    acts = {target.product: act(target, place) for place, target in enumerate(servers)}
    times = alternate(acts, rounds)
    shutil.rmtree(folder / "store")
    work = f"storescu of {count} CT images of 0.13 MB"
    return compare(work, times, OURS, count=count, unit="instances/s", target=1.2)


def retrieving(servers: list[Target], folder: Path, rounds: int, count: int) -> list[Row]:
    """getscu and movescu fetch a series that the server has just been sent."""
    study, files = data.series(folder / "fetched", count, 1)
    home = folder / "got"
    for target in servers:
        store(target.peer, files).raise_for_status()

    def fetch(target: Target, tool: str, *extra: str) -> None:
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        keys = ("-S", "-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={study}")
        title, host, port = called(target)[1:]
        dcmtk(tool, "-aec", title, "-od", str(home), *extra, *keys, host, port)
        got = len(list(home.iterdir()))
        if got != count:
            raise RuntimeError(f"{tool} from {target.product}: {got} of {count} arrived")

    def gets(target: Target) -> Callable[[int], object]:
        return lambda turn: fetch(target, "getscu", "+B")

    def moves(target: Target) -> Callable[[int], object]:
        port = str(target.destination_port)
        return lambda turn: fetch(target, "movescu", "-aem", target.destination, "+P", port)

    rows = []
    for tool, act in (("getscu", gets), ("movescu", moves)):
        times = alternate({target.product: act(target) for target in servers}, rounds)
        work = f"{tool} of {count} CT images of 0.13 MB"
        rows += compare(work, times, OURS, count=count, unit="instances/s", target=1.0)
    return rows


def finding(servers: list[Target], folder: Path, rounds: int, sizes: list[int]) -> list[Row]:
    """Our C-FIND SCU asks a server that holds so many studies, and those of the smaller sizes."""
    rows, by_uid = [], []
    for size in sizes:
        uids, files = data.studies(folder / f"find{size}", size, size)
        room = [t for t in servers if t.product != "dcmqrscp" or size <= 400]  # its cap is 500
        for target in room:
            store(target.peer, files).raise_for_status()
        middle = size // 2
        for what, keys, expected in (
            ("by UID", {"StudyInstanceUID": uids[middle]}, 1),
            ("by name, wildcard", {"PatientName": f"Family{size}X{middle:06d}*"}, 1),
            ("by date range", _days(size), 3),
            ("all of them", {"PatientID": f"B{size}X*"}, size),
        ):
            repeats = rounds if expected > 100 else 5 * rounds
            times = alternate({t.product: asks(t, keys, expected) for t in room}, repeats)
            work = f"C-FIND {what}, {size:,} studies"
            rows += compare(work, times, OURS, count=1, unit="ms", target=1.0)
            if what == "by UID":
                by_uid.append((f"{size:,} studies", 1000 * times[OURS]))
    for more in by_uid[1:]:
        rows.append(grown("C-FIND by UID", more, by_uid[0], unit="ms", target=0.5))
    return rows


def _days(size: int) -> dict[str, str]:
    """Make a range of study dates that three of the studies have."""
    return {"PatientID": f"B{size}X*", "StudyDate": f"{data.study_date(2)}-{data.study_date(4)}"}


def crowding(servers: list[Target], folder: Path, rounds: int, count: int) -> list[Row]:
    """Ten storescu at once, each with its own series; then ours beside one that sends alone."""
    clients = 10

    def act(target: Target, place: int, together: int) -> Callable[[int], object]:
        sent = []
        for turn in range(rounds + 1):
            homes = [folder / "crowd" / f"{place}-{turn}-{each}" for each in range(together)]
            for each, home in enumerate(homes):
                mark = 100_000 + 10_000 * place + 1000 * (together == 1) + clients * turn + each
                data.series(home, count * clients // together, mark)
            sent.append(homes)

        def store_all(turn: int) -> None:
            with ThreadPoolExecutor(together) as pool:
                for done in [
                    pool.submit(dcmtk, "storescu", *called(target), "+sd", str(home))
                    for home in sent[turn]
                ]:
                    done.result()

        return store_all

    acts = {target.product: act(target, place, clients) for place, target in enumerate(servers)}
    ours = next(target for target in servers if target.product == OURS)
    acts["alone"] = act(ours, len(servers), 1)
    times = alternate(acts, rounds)
    shutil.rmtree(folder / "crowd")
    total = count * clients
    alone = total / times.pop("alone")
    work = f"storescu of {total} CT images of 0.13 MB"
    rows = compare(f"{work} by {clients} clients at once", times, OURS, count=total,
                   unit="instances/s", target=1.2)  # fmt: skip
    more = (f"{clients} clients", total / times[OURS])
    return [*rows, grown(work, more, ("1 client", alone), unit="instances/s", target=0.8)]


def asks(target: Target, keys: dict[str, str], expected: int) -> Callable[[int], object]:
    """Return what asks a server, and makes sure that it finds what it should."""
    query = identifier("STUDY", **{"StudyInstanceUID": "", "PatientName": "", **keys})

    def ask(turn: int) -> None:
        found = len(find(target.peer, query, timeout=120))
        if found != expected:
            raise RuntimeError(f"{target.product}: {found} in place of {expected} matches")

    return ask
