"""JupyterHub in its container: an instructor, two learners, a restart; docs/hub.md says it so.

It needs an engine and built images; without the variable ``LABKIT_CONTAINERS`` it is skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from labkit.workshop.hub.accounts import FIRST
from labkit.workshop.places import Workshop
from tests.workshop.hub_world import Browser, until

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("learner-01", "learner-02")
LOOK = """
import json, os
from pathlib import Path
from labkit import open_lab
from labkit.exercises import check
from labkit.dimse import echo

def refused(path):
    try:
        return not os.listdir(path) if os.path.isdir(path) else not open(path, "rb").read()
    except PermissionError:
        return True

mine = Path("work.txt")
before = mine.read_text() if mine.exists() else ""
others = [Path("/proc", p) for p in os.listdir("/proc") if p.isdigit()]
others = [p for p in others if os.stat(p).st_uid not in (os.getuid(), 0)]
lab = open_lab()
found = dict(
    uid=os.getuid(), groups=os.getgroups(), before=before,
    refused=[refused(p) for p in {others!r}], processes=len(others),
    environments=[refused(p / "environ") for p in others],
    capabilities=next(line.split()[1] for line in open("/proc/self/status") if "CapEff" in line),
    solved=Path(os.environ["LABKIT_WORKSPACE"], "progress.jsonl").exists(),
)
if not before:
    result = echo(lab.archive)
    found["outcome"] = check("echo-archive", result).outcome
    mine.write_text(found["outcome"])
print(json.dumps(found))
"""
pytestmark = [
    pytest.mark.skipif(not os.environ.get("LABKIT_CONTAINERS"), reason="lab.py test containers"),
    pytest.mark.timeout(900),
]


def compose(*words: str) -> str:
    """Call docker compose as the instructor does; return what it printed."""
    command = [sys.executable, "-m", "tooling.containers", "--profile", "hub", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Room:
    """The hub, as it runs now, and the codes that were given."""

    def __init__(self) -> None:
        release = "labkit workshop release /workshop --notebooks 00_start_here --hints 1 >&2"
        codes = "labkit workshop codes --workshop /workshop --learners 2 --json"
        said = compose("run", "--rm", "-T", "hub", "sh", "-c", f"{release} && {codes}")
        self.codes = {one["name"]: one["code"] for one in json.loads(said)}
        self.browsers: dict[str, Browser] = {}
        self.up()

    def up(self) -> None:
        """Start it, and wait until it is healthy."""
        compose("up", "-d", "--no-build")
        self.container = compose("ps", "-q", "hub").strip()
        until(lambda: self.about()["State"]["Health"]["Status"] == "healthy", pause=1.0)
        (published,) = self.about()["NetworkSettings"]["Ports"].values()
        (at,) = published
        assert at["HostIp"] == "127.0.0.1"
        self.url = f"http://127.0.0.1:{at['HostPort']}"

    def about(self) -> dict[str, Any]:
        said = subprocess.run(
            ["docker", "inspect", self.container], capture_output=True, text=True, check=True
        )
        return dict(json.loads(said.stdout)[0])

    def enter(self, name: str) -> dict[str, Any]:
        """Log in with the code, open the lab in a kernel, and answer the exercise once."""
        browser = self.browsers[name] = Browser(self.url)
        assert browser.log_in(self.codes[name]).status_code == 200
        browser.enter(name)
        closed = [
            f"/workshop/learners/{NAMES[name == NAMES[0]]}",
            "/workshop/rooms.json",
            "/workshop/hub",
        ]
        said = browser.run(name, LOOK.replace("{others!r}", repr(closed)))
        return dict(json.loads(said.splitlines()[-1]))

    def both(self) -> list[dict[str, Any]]:
        with ThreadPoolExecutor() as pool:
            return list(pool.map(self.enter, NAMES))


@pytest.fixture(scope="module")
def room() -> Iterator[Room]:
    try:
        yield Room()
    finally:
        compose("down", "--volumes")


@pytest.fixture(scope="module")
def entered(room: Room) -> list[dict[str, Any]]:
    return room.both()


def test_a_code_leads_to_an_account_and_a_lab_of_its_own(entered: list[dict[str, Any]]) -> None:
    assert sorted(one["uid"] for one in entered) == [FIRST, FIRST + 1]
    for one in entered:
        assert one["outcome"] == "passed"
        assert (one["groups"], int(one["capabilities"], 16)) == ([], 0)


def test_nothing_of_the_other_can_be_read(room: Room, entered: list[dict[str, Any]]) -> None:
    for name, other in (NAMES, NAMES[::-1]):
        for path in ("lab", "api/contents"):
            assert room.browsers[name].web.get(f"/user/{other}/{path}").status_code == 403
    for one in entered:
        assert one["refused"] == [True, True, True] and all(one["environments"])
    assert max(one["processes"] for one in entered) > 1, "the other's were there to be read"


def test_an_instructor_breaks_and_mends_a_lab_from_outside(
    room: Room, entered: list[dict[str, Any]]
) -> None:
    """As root, which has to write nothing that the learner cannot read."""
    for_one = f"--for {NAMES[0]} --workshop /workshop >&2"
    words = (
        f"labkit workshop break storage-full {for_one} && labkit workshop mend {for_one} && "
        f"find /workshop/learners/{NAMES[0]} -uid 0"
    )
    files = compose("exec", "-T", "hub", "sh", "-c", words)
    assert files == "", "all that is in a learner's folder is the learner's"


def test_work_and_codes_outlive_the_container(
    room: Room, entered: list[dict[str, Any]], tmp_path: Path
) -> None:
    compose("down")
    room.up()
    again = room.enter(NAMES[0])
    assert (again["uid"], again["before"], again["solved"]) == (entered[0]["uid"], "passed", True)
    copy = ["docker", "cp", f"{room.container}:/workshop", str(tmp_path)]
    subprocess.run(copy, check=True, capture_output=True)
    workshop = Workshop(tmp_path / "workshop")
    assert (workshop.learner(NAMES[0]) / "notebooks/00_start_here.ipynb").is_file()
    progress = workshop.workspace(NAMES[0]).root / "progress.jsonl"
    assert "echo-archive" in progress.read_text(encoding="utf-8")
