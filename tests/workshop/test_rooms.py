"""Rooms for real: two labs, two JupyterLabs, one page; what one learner does stays theirs."""

from __future__ import annotations

import json
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from labkit import cli
from labkit.common.errors import UsageError
from labkit.lab import launch
from labkit.lab.lock import FileLock
from labkit.workshop.handing import furnish
from labkit.workshop.release import Workshop, read_release
from labkit.workshop.rooms import client
from labkit.workshop.rooms.house import House
from labkit.workshop.rooms.record import Record
from labkit.workshop.rooms.starter import Spawning

NAMES = ("ada", "bo")


def run(workshop: Workshop, *arguments: object) -> Result:
    words = ["workshop", *map(str, arguments), "--workshop", str(workshop.folder)]
    return CliRunner().invoke(cli.app, words)


def json_of(result: Result) -> Any:
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    workshop = Workshop(tmp_path_factory.mktemp("rooms") / "w")
    words = ["workshop", "release", str(workshop.folder), "--notebooks", "00_start_here"]
    assert CliRunner().invoke(cli.app, words).exit_code == 0
    return workshop


@pytest.fixture(scope="module")
def opened(folder: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    names = tmp_path_factory.mktemp("names") / "names.txt"
    names.write_text("\n".join(NAMES))
    try:
        result = run(folder, "start", "--names", names, "--json")
        assert result.exit_code == 0, result.output
        yield json_of(result)
    finally:
        run(folder, "stop")


def led(opened: dict[str, Any], code: str) -> httpx.Response:
    return httpx.post(opened["url"], data={"code": code}, trust_env=False, timeout=90)


def status_of(address: str, token: str = "") -> int:
    base = re.match(r"http://[^/]+/", address)
    assert base
    headers = {"Authorization": f"token {token}"} if token else {}
    return httpx.get(f"{base[0]}api/status", headers=headers, trust_env=False).status_code


def test_each_code_leads_to_a_jupyterlab_that_takes_its_own_token_alone(
    opened: dict[str, Any],
) -> None:
    ways = [led(opened, room["said"]).headers["location"] for room in opened["rooms"]]
    tokens = [way.split("token=")[1] for way in ways]
    assert len(set(ways)) == len(set(tokens)) == 2
    for at, way in enumerate(ways):
        assert status_of(way, tokens[at]) == 200
        assert status_of(way, tokens[1 - at]) == 403
        assert status_of(way) == 403
        page = httpx.get(way, trust_env=False, follow_redirects=True)
        assert page.status_code == 200 and "JupyterLab" in page.text


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has ports alone")
def test_kernels_listen_at_sockets_of_this_account_alone(
    opened: dict[str, Any], folder: Workshop
) -> None:
    """A port that a JupyterLab picked for a kernel, another may take before the kernel does."""
    way = led(opened, opened["rooms"][0]["said"]).headers["location"]
    base, token = re.match(r"http://[^/]+/", way), way.split("token=")[1]
    assert base
    headers = {"Authorization": f"token {token}"}
    with httpx.Client(headers=headers, trust_env=False, timeout=90) as server:
        kernel = server.post(f"{base[0]}api/kernels", json={"name": "python3"}).json()["id"]
        runtime = folder.workspace("ada").root / "jupyter" / "runtime"
        told = json.loads((runtime / f"kernel-{kernel}.json").read_text(encoding="utf-8"))
        assert told["transport"] == "ipc"
        assert len(f"{told['ip']}-5".encode()) <= 103, "macOS takes no longer one"
        assert stat.S_IMODE(runtime.resolve().stat().st_mode) & 0o077 == 0
        assert server.delete(f"{base[0]}api/kernels/{kernel}").status_code == 204


def test_labs_are_apart_and_the_instructor_sees_them_all(
    opened: dict[str, Any], folder: Workshop
) -> None:
    found = [launch.joined(folder.workspace(name)) for name in NAMES]
    ports = [{node.port for node in each.nodes.values()} for each in found]
    assert not ports[0] & ports[1]
    states = json_of(run(folder, "status", "--json"))
    assert [(s["name"], s["lab"], s["jupyter"]) for s in states["rooms"]] == [
        ("ada", "well", True), ("bo", "well", True),
    ]  # fmt: skip
    with httpx.Client(trust_env=False, follow_redirects=True, timeout=90) as browser:
        shown = browser.post(
            opened["instructor"]["url"], data={"code": opened["instructor"]["code"]}
        )
    assert "<strong>2 of 2</strong>" in shown.text
    for room in opened["rooms"]:
        assert room["said"] in shown.text


def test_break_mend_and_reset_reach_who_is_meant_and_are_not_held_up(
    opened: dict[str, Any], folder: Workshop
) -> None:
    labs = {name: folder.workspace(name) for name in NAMES}
    broken = run(folder, "break", "storage-full", "--for", "ada", "--json")
    assert (broken.exit_code, json_of(broken)[0]["said"]) == (0, "storage-full is active")
    active = run_faults(labs["ada"].root), run_faults(labs["bo"].root)
    assert active == (["storage-full"], [])

    launch.stop(labs["bo"])
    mended = run(folder, "mend", "--for", "all", "--json")
    assert mended.exit_code == 1
    rows = {row["name"]: row for row in json_of(mended)}
    assert rows["ada"]["ok"] and not rows["bo"]["ok"]
    assert "No lab runs" in rows["bo"]["said"]
    assert run_faults(labs["ada"].root) == []
    states = {s["name"]: s["lab"] for s in json_of(run(folder, "status", "--json"))["rooms"]}
    assert states == {"ada": "well", "bo": "down"}

    code = next(room["said"] for room in opened["rooms"] if room["name"] == "bo")
    assert led(opened, code).status_code == 303, "the code starts what has ended"
    assert run(folder, "reset", "--for", "all", "--json").exit_code == 0


def run_faults(workspace: Path) -> list[str]:
    from labkit.lab.embedded import EmbeddedLab
    from labkit.lab.workspace import Workspace

    return list(EmbeddedLab.joined(Workspace(workspace)).faults.active())


def test_what_is_asked_for_wrongly_touches_no_lab(opened: dict[str, Any], folder: Workshop) -> None:
    for words, says in (
        (("break", "storage-fll", "--for", "all"), "There is no fault"),
        (("break", "storage-full", "--for", "eve"), "no learner 'eve'"),
        (("start", "--bind", "127.0.0.2"), "served at"),
    ):
        error = run(folder, *words).exception
        assert isinstance(error, UsageError) and says in error.message
    assert run_faults(folder.workspace("ada").root) == []


def test_a_second_start_finds_the_rooms_open_and_adds_to_them(
    opened: dict[str, Any], folder: Workshop
) -> None:
    again = json_of(run(folder, "start", "--json"))
    assert again["url"] == opened["url"] and again["rooms"] == opened["rooms"]
    assert again["instructor"]["code"] == "", "it was shown once"
    new = json_of(run(folder, "start", "--new-code", "--json"))["instructor"]["code"]
    assert Record.read(folder.rooms).is_instructor(new)
    opened["instructor"]["code"] = new


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what memory is shared")
def test_memory_is_told_by_learner(opened: dict[str, Any], folder: Workshop) -> None:
    found = json_of(run(folder, "status", "--memory", "--json"))
    assert [one["name"] for one in found] == [*NAMES, ""]
    assert all(one["lab"] > 5 and one["jupyter"] > 5 for one in found[:2])
    assert "Together" in run(folder, "status", "--memory").output


def test_stop_leaves_nothing_behind_and_keeps_codes(
    opened: dict[str, Any], folder: Workshop
) -> None:
    """The last of this module: it ends what the others use."""
    ended = json_of(run(folder, "stop", "--json"))
    assert [(one["name"], one["ok"]) for one in ended] == [("ada", True), ("bo", True)]
    assert client.find(folder) is None
    for name in NAMES:
        assert not FileLock(folder.workspace(name).lock).held()
        assert not (folder.workspace(name).root / "jupyter" / "runtime").is_symlink()
    with pytest.raises(httpx.TransportError):
        httpx.get(opened["url"], trust_env=False)
    codes = [room.code for room in Record.read(folder.rooms).rooms.values()]
    assert codes == [room["said"] for room in opened["rooms"]]
    assert run(folder, "status").exit_code == 1
    assert run(folder, "stop").exit_code == 0, "again is no error"


def test_without_a_nursery_a_room_is_the_same(folder: Workshop) -> None:
    """As on Windows and macOS."""
    house = House(folder, Spawning())
    try:
        furnish(folder, "cy", read_release(folder.folder))
        room = house.open("cy")
        assert house.open("cy") == room
        state = house.state("cy")
        assert (state.lab, state.jupyter) == ("well", True)
    finally:
        house.close("cy")
    assert house.state("cy").lab == "down"
    house.leave()
