"""A disk that is full or read-only under a lab that works: it says so, loses nothing, goes on.

The disk is a real one, a small tmpfs.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import httpx
import pytest

from labkit.common.errors import LabError
from labkit.dimse import Peer, echo, find, identifier
from labkit.lab import launch
from labkit.lab.description import Description
from labkit.lab.embedded import lab_of
from labkit.lab.workspace import Workspace
from labkit.pacs.part10 import read_object
from tests.effort import dice, effort, record
from tests.resilience import ledger as kept
from tests.resilience.disks import Disk, small_disk
from tests.resilience.ledger import Ledger, made
from tests.resilience.test_soak import footprint

ROUNDS = effort(2, 100)
PATIENCE = 120.0
OUT_OF_RESOURCES = 0xA700

pytestmark = pytest.mark.timeout(180 + ROUNDS * 20)


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    with small_disk(tmp_path_factory.mktemp("disks") / "disk", 64) as made_:
        yield made_


@pytest.fixture(scope="module")
def workspace(disk: Disk) -> Iterator[Workspace]:
    made_ = Workspace.at(disk.path / "lab")
    yield made_
    launch.stop(made_)


@pytest.fixture(scope="module")
def lab(workspace: Workspace) -> Description:
    return launch.start(workspace)


def peer(lab: Description, name: str) -> Peer:
    return Peer(name, lab.nodes[name].host, lab.nodes[name].port)


def write(lab: Description, name: str, by: dict[str, Ledger]) -> dict[str, list[object]]:
    """Two objects or resources through each door; what each door said of those it refused."""
    rng = dice(name)
    objects = [made(rng, f"1.2.9.7.{name}.{n}") for n in range(6)]
    refused: dict[str, list[object]] = {
        "C-STORE": list(kept.send(peer(lab, "ARCHIVE"), objects[:2], by["C-STORE"])),
        "routing": list(kept.send(peer(lab, "ROUTER"), objects[2:4], by["routing"])),
    }
    answer = kept.stow(lab.dicomweb_url, objects[4:], by["STOW"])
    assert answer is not None, "STOW is not answered"
    refused["STOW"] = stow_failures(answer)
    created = kept.post(lab.fhir_url, f"Disk{name}", by["FHIR"], most=2)
    assert created is not None, "FHIR does not answer"
    refused["FHIR"] = [] if created.status_code == 201 else [created.status_code]
    if refused["FHIR"]:
        (issue,) = created.json()["issue"]
        assert "make room" in issue["diagnostics"]
    return refused


def stow_failures(answer: httpx.Response) -> list[object]:
    """The failure reasons of a STOW, or its status where it is no list of objects."""
    if answer.status_code >= 500:
        told = answer.json()
        assert "oom" in told["remedy"] and told["detail"]
        return [answer.status_code]
    failed = answer.json().get("00081198", {}).get("Value", [])
    assert not failed or "cannot write" in answer.headers["warning"]
    return [item["00081197"]["Value"][0] for item in failed]


def reads(lab: Description) -> None:
    """What needs no room works: echo, queries, reading, and the health of all."""
    echo(peer(lab, "ARCHIVE"))
    asked = identifier("STUDY", StudyInstanceUID="")
    assert find(peer(lab, "ARCHIVE"), asked) and find(peer(lab, "LEGACY"), asked)
    for url in (f"{lab.dicomweb_url}/studies?limit=1", f"{lab.fhir_url}/Patient?_count=1"):
        assert httpx.get(url, timeout=30, trust_env=False).status_code == 200


def check_all(lab: Description, workspace: Workspace, by: dict[str, Ledger]) -> list[str]:
    """What was acknowledged and is not there, or is not whole."""
    wanted = {uid for ledger in by.values() for uid in ledger.objects}
    deadline = time.monotonic() + PATIENCE
    while wanted - kept.found(lab) and time.monotonic() < deadline:
        time.sleep(0.2)
    lost = sorted(wanted - kept.found(lab))
    root = workspace.node("ARCHIVE") / "objects"
    paths = {path.stem: path for path in root.glob("*/*.dcm")}
    for path in paths.values():
        read_object(path)
    for ledger in by.values():
        lost += kept.damaged(paths, ledger) + kept.altered(lab, ledger)
    return lost + [str(path) for path in workspace.root.glob("nodes/*/objects/*/*.part")]


@pytest.fixture
def by() -> dict[str, Ledger]:
    return {what: Ledger() for what in ("C-STORE", "STOW", "FHIR", "routing")}


def test_a_full_disk_is_named_at_every_door_and_nothing_is_lost(
    lab: Description, workspace: Workspace, disk: Disk, by: dict[str, Ledger]
) -> None:
    rng, refused = dice("full disk"), dict.fromkeys(by, 0)
    assert not any(write(lab, "1", by).values())
    httpx.get(f"{lab.proxy_url}/studies?limit=1", timeout=60, trust_env=False)
    before = footprint(lab.pid)
    for number in range(ROUNDS):
        # A little room is left, so that it ends now in an object, now in an index or a queue.
        disk.fill(left=rng.randrange(200_000) if number else 0)
        told = write(lab, f"2.{number}", by)
        for what, statuses in told.items():
            refused[what] += len(statuses)
            assert set(statuses) <= {OUT_OF_RESOURCES, 507}, (what, statuses)
        reads(lab)
        if not number:
            assert all(told.values()), told
            with pytest.raises(LabError, match="is full") as caught:
                lab_of(workspace, lab).reset()
            assert "Free some space" in caught.value.remedy
            answer = httpx.get(f"{lab.proxy_url}/studies?limit=1", timeout=60, trust_env=False)
            assert answer.status_code in (200, 507)
        disk.empty()
        assert not any(write(lab, f"3.{number}", by).values()), "there is room again"
    lost = check_all(lab, workspace, by)
    after = footprint(lab.pid)
    record(
        "disk-full", rounds=ROUNDS, refused=refused, lost=len(lost), before=before, after=after,
        acknowledged=sum(map(len, by.values())),
    )  # fmt: skip
    assert lost == []
    os.kill(lab.pid, 0)  # the same process
    assert after["threads"] <= before["threads"] + 4
    assert after["files"] <= before["files"] + 8


def test_a_folder_that_becomes_read_only_is_named_and_nothing_is_lost(
    lab: Description, workspace: Workspace, disk: Disk, by: dict[str, Ledger]
) -> None:
    """Files that are open stay open, as with a mount that is changed under a program."""
    if "ARCHIVE" not in lab.nodes:
        pytest.skip("no lab")
    before = write(lab, "4.0", by)
    assert not any(before.values())
    with disk.frozen(workspace.node("ARCHIVE") / "objects"):
        rng = dice("read-only")
        objects = [made(rng, f"1.2.9.7.5.{n}") for n in range(3)]
        statuses = kept.send(peer(lab, "ARCHIVE"), objects[:2], by["C-STORE"])
        assert set(statuses) == {OUT_OF_RESOURCES} and len(statuses) == 2
        answer = kept.stow(lab.dicomweb_url, objects[2:], by["STOW"])
        assert answer is not None and answer.status_code == 409
        assert "Read-only file system" in answer.headers["warning"]
        waits = kept.send(peer(lab, "ROUTER"), [made(rng, "1.2.9.7.6")], by["routing"])
        assert waits == [], "the router keeps what ARCHIVE cannot take"
        reads(lab)
    assert kept.send(peer(lab, "ARCHIVE"), objects, by["C-STORE"]) == []
    lost = check_all(lab, workspace, by)
    record("read-only", refused=len(statuses) + 1, lost=len(lost))
    assert lost == []


def test_a_lab_on_a_read_only_disk_is_not_started_and_says_why(
    lab: Description, workspace: Workspace, disk: Disk
) -> None:
    launch.stop(workspace)
    try:
        with disk.frozen(disk.path), pytest.raises(LabError, match="Read-only") as caught:
            launch.start(workspace)
        assert "--workspace" in caught.value.remedy
    finally:
        again = launch.start(workspace)
    assert again.nodes == lab.nodes
    reads(again)
