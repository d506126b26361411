"""The cache: never stale, survives a restart, keeps to its limits."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from labkit.common.errors import LabError
from labkit.dicomweb import Place
from labkit.dicomweb.proxy import CacheLimits
from labkit.dicomweb.proxy.cache import Cache
from tests.contract.pacs.cases import small, uid
from tests.dicomweb.proxy.conftest import JSON, WHOLE, StartFacade, StartStub

STUDY = f"/studies/{uid(1)}"
SERIES = [small(1, 1, number) for number in range(1, 6)]


def test_what_was_deleted_behind_is_not_served(stub: StartStub, facade: StartFacade) -> None:
    behind = stub()
    behind.objects = [*SERIES]
    front = facade(behind)
    before = front.web.get(STUDY, headers=WHOLE)
    behind.objects = SERIES[1:]
    after = front.web.get(STUDY, headers=WHOLE)
    assert after.content.count(b"DICM") == 4 and front.traces[-1]["cache"] == "hit"
    assert after.headers["etag"] != before.headers["etag"]
    assert front.source.stats()["cache"]["objects"] == 4
    gone = f"{STUDY}/series/{uid(1, 1)}/instances/{uid(1, 1, 1)}"
    assert front.web.get(gone, headers=WHOLE).status_code == 404


def test_what_has_come_behind_is_fetched(stub: StartStub, facade: StartFacade) -> None:
    behind = stub()
    behind.objects = SERIES[:3]
    front = facade(behind)
    assert front.web.get(STUDY, headers=WHOLE).content.count(b"DICM") == 3
    behind.objects = [*SERIES]
    assert front.web.get(STUDY, headers=WHOLE).content.count(b"DICM") == 5
    assert front.traces[-1]["cache"] == "partly"
    assert behind.asked["C-GET IMAGE"] == 2, "two that are new are no reason to fetch all again"


def test_a_corrected_patient_is_seen_at_once(stub: StartStub, facade: StartFacade) -> None:
    behind = stub()
    behind.objects = [*SERIES]
    front = facade(behind)
    before = front.web.get(STUDY, headers=WHOLE)
    behind.objects = [small(1, 1, n, PatientName="Corrected^Name") for n in range(1, 6)]
    headers = front.web.get(f"{STUDY}/metadata", headers=JSON).json()
    names = {h["00100010"]["Value"][0]["Alphabetic"] for h in headers}
    assert names == {"Corrected^Name"}
    assert front.source.stats()["cache"]["stale"] == 5
    asked = {**WHOLE, "If-None-Match": before.headers["etag"]}
    assert front.web.get(STUDY, headers=asked).status_code == 200


def test_an_unchanged_study_is_304(stub: StartStub, facade: StartFacade) -> None:
    behind = stub()
    behind.objects = [*SERIES]
    front = facade(behind)
    etag = front.web.get(STUDY, headers=WHOLE).headers["etag"]
    assert front.web.get(STUDY, headers={**WHOLE, "If-None-Match": etag}).status_code == 304


def test_an_answer_is_trusted_for_as_long_as_the_settings_say(
    stub: StartStub, facade: StartFacade
) -> None:
    seconds = [0.0]
    behind = stub()
    behind.objects = [*SERIES]
    front = facade(behind, trust=60.0, clock=lambda: seconds[0])
    front.web.get(STUDY, headers=WHOLE)
    behind.objects = SERIES[1:]
    assert front.web.get(STUDY, headers=WHOLE).content.count(b"DICM") == 5
    assert front.services() == []
    seconds[0] = 60.0
    assert front.web.get(STUDY, headers=WHOLE).content.count(b"DICM") == 4


def test_nothing_is_served_of_a_pacs_that_cannot_be_asked(
    stub: StartStub, facade: StartFacade
) -> None:
    behind = stub()
    behind.objects = [*SERIES]
    front = facade(behind)
    front.web.get(STUDY, headers=WHOLE)
    behind.kill()
    assert front.web.get(STUDY, headers=WHOLE).status_code == 502


def test_it_survives_a_restart(stub: StartStub, facade: StartFacade, tmp_path: Path) -> None:
    behind = stub()
    behind.objects = [*SERIES]
    first = facade(behind, cache=tmp_path / "kept")
    first.web.get(STUDY, headers=WHOLE)
    first.source.close()
    again = facade(behind, cache=tmp_path / "kept")
    assert again.web.get(STUDY, headers=WHOLE).content.count(b"DICM") == 5
    assert again.traces[-1]["cache"] == "hit" and behind.asked["C-GET SERIES"] == 1


@pytest.mark.parametrize("damage", ["short", "other", "gone", "stray", "part", "index"])
def test_what_a_crash_left_is_not_served(
    stub: StartStub, facade: StartFacade, tmp_path: Path, damage: str
) -> None:
    behind = stub()
    behind.objects = [*SERIES]
    folder = tmp_path / "kept"
    first = facade(behind, cache=folder)
    first.web.get(STUDY, headers=WHOLE)
    first.source.close()
    path = next((folder / "objects").glob("*/*.dcm"))
    data = path.read_bytes()
    if damage == "short":
        path.write_bytes(data[:-10])
    elif damage == "other":
        path.write_bytes(data[:-1] + b"\x99")
    elif damage == "gone":
        path.unlink()
    elif damage == "stray":
        (path.parent / "1.2.3.dcm").write_bytes(data)
    elif damage == "part":
        (path.parent / "7.part").write_bytes(data)
    else:
        (folder / "index.sqlite").write_bytes(b"this is no database" * 100)
    again = facade(behind, cache=folder)
    assert again.web.get(STUDY, headers=WHOLE).content.count(b"DICM") == 5
    left = {p.name for p in (folder / "objects").rglob("*") if p.is_file()}
    assert left == {f"{uid(1, 1, n)}.dcm" for n in range(1, 6)}
    fetched = {"short": 1, "other": 1, "gone": 1, "stray": 0, "part": 0, "index": 5}[damage]
    assert again.source.stats()["cache"]["misses"] == fetched


def test_a_kill_in_the_middle_leaves_only_whole_objects(tmp_path: Path) -> None:
    """`kill -9` while it writes, again and again; each time what is indexed is whole."""
    code = f"""
import sys
from pathlib import Path
from labkit.common.errors import LabError
from labkit.dicomweb import Place
from labkit.dicomweb.proxy import CacheLimits
from labkit.dicomweb.proxy.cache import Cache
cache = Cache(Path({str(tmp_path / "kept")!r}), CacheLimits())
print("ready", flush=True)
number = 0
while True:
    number += 1
    cache.add(Place("1.2", "1.2.3", f"1.2.3.{{number}}"), "1.2.840.10008.5.1.4.1.1.7",
              "1.2.840.10008.1.2.1", "STUB", "mark", bytes(200_000))
    if number == 20:
        print("twenty", flush=True)
"""
    for _ in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        assert child.stdout is not None
        while child.stdout.readline().strip() != "twenty":
            assert child.poll() is None
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        cache = Cache(tmp_path / "kept", CacheLimits())
        held = cache.at(Place("1.2"))
        assert len(held) == cache.count >= 20
        assert all(cache.path(u).stat().st_size == e.size for u, e in held.items())
        cache.close()


def test_the_least_recently_used_goes_first(tmp_path: Path) -> None:
    now = [1000.0]
    cache = Cache(tmp_path, CacheLimits(max_bytes=3500, max_age=100.0), lambda: now[0])

    def add(number: int) -> None:
        now[0] += 1
        cache.add(Place("1", "1.1", f"1.1.{number}"), "1.2", "1.2.840.10008.1.2.1", "A", "m",
                  bytes(700))  # fmt: skip

    for number in (1, 2, 3):
        add(number)
    now[0] += 1
    with cache.pinned(["1.1.1"]) as release:
        release("1.1.1")  # used now
    add(4)
    assert "1.1.1" in cache.at(Place("1")) and "1.1.2" not in cache.at(Place("1"))
    assert cache.bytes <= 3500 and cache.evicted >= 1
    now[0] += 100
    assert not cache.at(Place("1")) and cache.count == 0 and cache.bytes == 0
    cache.close()


def test_a_study_larger_than_the_cache_comes_whole(stub: StartStub, facade: StartFacade) -> None:
    behind = stub()
    behind.objects = [*SERIES]
    front = facade(behind, limits=CacheLimits(max_bytes=1500))
    for _ in range(2):
        assert front.web.get(STUDY, headers=WHOLE).content.count(b"DICM") == 5
    assert front.source.stats()["cache"]["bytes"] <= 1500


def test_an_object_evicted_before_it_is_read_is_fetched_again(
    stub: StartStub, facade: StartFacade
) -> None:
    behind = stub()
    behind.objects = [*SERIES]
    front = facade(behind)
    (instance,) = front.source.instances(Place(uid(1), uid(1, 1), uid(1, 1, 2)))
    front.source._cache.drop([uid(1, 1, 2)])
    with instance.open() as file:
        assert file.read()[128:132] == b"DICM"
    assert behind.asked["C-GET IMAGE"] == 2


@pytest.mark.parametrize("how", ["c-get", "c-move"])
def test_an_object_evicted_while_its_retrieve_goes_on_is_fetched_again(
    stub: StartStub, facade: StartFacade, how: str
) -> None:
    behind, go_on = stub(), threading.Event()
    behind.objects = [*SERIES]
    behind.before = lambda service, number: number == 0 or not go_on.wait(30)
    front = facade(behind, retrieve=how)
    coming = iter(front.source.instances(Place(uid(1), uid(1, 1))))
    try:
        first = next(coming)
        front.source._cache.drop([first.place.instance])
        with first.open() as file:
            assert file.read()[128:132] == b"DICM"
    finally:
        go_on.set()
    assert len([first, *coming]) == len(SERIES)
    assert behind.asked[f"{how.upper()} IMAGE"] == 1


def test_a_cache_has_one_user_at_a_time(tmp_path: Path) -> None:
    first = Cache(tmp_path, CacheLimits())
    with pytest.raises(LabError, match="another façade"):
        Cache(tmp_path, CacheLimits())
    first.close()
    Cache(tmp_path, CacheLimits()).close()


def test_an_object_that_comes_again_takes_the_place_of_the_first(tmp_path: Path) -> None:
    cache = Cache(tmp_path, CacheLimits())
    place = Place("1.2", "1.2.3", "1.2.3.4")
    first = cache.add(place, "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1", "A", "", b"1" * 40)
    last = cache.add(place, "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1", "A", "", b"2" * 60)
    assert (cache.count, cache.bytes) == (1, last.size) and last.size == first.size + 20
    with cache.open(place.instance) as file:
        assert file.read().endswith(b"2" * 60)
    assert not list(tmp_path.rglob("*.part"))
    cache.close()
