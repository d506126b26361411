"""JupyterHub for real: two learners, their servers and labs, apart from each other."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from typer.testing import CliRunner

from labkit import cli
from labkit.exercises.joining import read_join
from labkit.lab import launch
from labkit.workshop.board.room import Room as BoardRoom
from labkit.workshop.hub import accounts
from labkit.workshop.hub.configure import PROXY
from labkit.workshop.release import Workshop
from tests.workshop import hub_world
from tests.workshop.hub_world import Browser, Hub

NAMES = ("ada", "Bo.2")
CODE = """
import json, os
from labkit import open_lab
lab = open_lab()
other = {other!r}
print(json.dumps({{
    "uid": os.getuid(), "groups": os.getgroups(), "lab": os.environ["LABKIT_WORKSPACE"],
    "port": lab.nodes["ARCHIVE"].port, "sees": os.access(other, os.R_OK),
    "codes": os.access({codes!r}, os.R_OK), "limit": __import__("resource").getrlimit(2),
    "told": sorted(k for k in os.environ if k.startswith("LABKIT_")),
}}))
"""

pytestmark = pytest.mark.skipif(
    hub_world.proxy() is None,
    reason="configurable-http-proxy is not here: npm ci in a copy of containers/hub, see .ci/run",
)


def run(*words: str) -> Any:
    result = CliRunner().invoke(cli.app, ["workshop", *words])
    assert result.exit_code == 0, result.output
    return result


class Class:
    """A workshop on a hub, in which everybody has entered."""

    def __init__(self, workshop: Workshop) -> None:
        program = hub_world.proxy()
        assert program is not None
        self.workshop = workshop
        run("release", str(workshop.folder), "--notebooks", "00_start_here", "--hints", "1")
        names = workshop.folder / "names.txt"
        names.write_text("\n".join(NAMES))
        made = run("codes", "--names", str(names), "--workshop", str(workshop.folder), "--json")
        self.codes = {one["name"]: one["code"] for one in json.loads(made.stdout)}
        board = BoardRoom.at(workshop.board)
        BoardRoom(**{**vars(board), "url": "http://127.0.0.1:9"}).write(workshop.board)
        self.hub = Hub(workshop.folder, program)
        self.browsers = {name: Browser(self.hub.url) for name in NAMES}

    def enter(self, name: str) -> dict[str, Any]:
        """Log in with the code, and open the lab in a kernel."""
        browser, other = self.browsers[name], NAMES[name == NAMES[0]]
        assert browser.log_in(self.codes[name]).status_code == 200, self.hub.log.read_text()
        browser.enter(name)
        said = browser.run(
            name,
            CODE.format(other=str(self.workshop.learner(other)), codes=str(self.workshop.rooms)),
        )
        return dict(json.loads(said.splitlines()[-1]))


@pytest.fixture(scope="module")
def room() -> Iterator[Class]:
    home = hub_world.folder()
    made: list[Class] = []
    try:
        made.append(Class(Workshop(home / "w")))
        yield made[0]
    finally:
        for one in made:
            if one.hub.process.poll() is None:
                one.hub.end()
            for name in NAMES:
                launch.stop_all(one.workshop.workspace(name))
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def entered(room: Class) -> dict[str, dict[str, Any]]:
    with ThreadPoolExecutor() as pool:
        return dict(zip(NAMES, pool.map(room.enter, NAMES), strict=True))


def test_a_wrong_code_is_refused_and_starts_nothing(room: Class) -> None:
    answer = Browser(room.hub.url).log_in("aaaa-bbbb")
    assert answer.status_code == 403 and "No lab has that code" in answer.text
    assert not room.workshop.learners.exists()


def test_each_has_a_server_and_a_lab_of_their_own(
    room: Class, entered: dict[str, dict[str, Any]]
) -> None:
    ada, bo = (entered[name] for name in NAMES)
    assert [one["lab"] for one in (ada, bo)] == [
        str(room.workshop.workspace(name).root) for name in NAMES
    ]
    assert ada["port"] != bo["port"]
    assert ada["limit"] == bo["limit"] == [2 << 30, 2 << 30]
    assert not [name for name in ada["told"] if name.startswith("LABKIT_HUB")]
    for name in NAMES:
        lab = room.workshop.workspace(name).root
        assert json.loads((lab / "release.json").read_text())["hints"] == 1
        joined = read_join(lab)
        assert joined is not None and (joined.who, joined.url) == (name, "http://127.0.0.1:9")
        assert (room.workshop.learner(name) / "notebooks/00_start_here.ipynb").is_file()


def test_one_cannot_reach_what_the_other_has(
    room: Class, entered: dict[str, dict[str, Any]]
) -> None:
    for at, name in enumerate(NAMES):
        other = NAMES[1 - at]
        for path in ("lab", "api/contents", "api/kernels"):
            assert room.browsers[name].web.get(f"/user/{other}/{path}").status_code == 403
        assert room.browsers[name].web.get(f"/hub/api/users/{other}").status_code in (403, 404)
        assert room.browsers[name].web.get("/hub/admin").status_code == 403
    stranger = Browser(room.hub.url).web.get(f"/user/{NAMES[0]}/api/contents")
    assert stranger.status_code == 403


def test_each_learner_is_an_account_of_their_own(
    room: Class, entered: dict[str, dict[str, Any]]
) -> None:
    if not room.hub.accounts:
        pytest.skip("only root can give accounts, where these may read this Python")
    uids = sorted(one["uid"] for one in entered.values())
    assert uids == [accounts.FIRST, accounts.FIRST + 1]
    for one in entered.values():
        assert (one["sees"], one["codes"], one["groups"]) == (False, False, [])
    for name in NAMES:
        owner = room.workshop.learner(name).stat()
        assert (owner.st_uid, owner.st_mode & 0o777) == (entered[name]["uid"], 0o700)
    assert accounts.pids_of(PROXY), "the proxy is not root"


def test_the_hub_ends_all_that_it_started(room: Class, entered: dict[str, dict[str, Any]]) -> None:
    workspaces = [room.workshop.workspace(name) for name in NAMES]
    assert all(launch.find(workspace) for workspace in workspaces)
    room.hub.end()
    assert not any(launch.find(workspace) for workspace in workspaces)
    if room.hub.accounts:
        assert [accounts.pids_of(one["uid"]) for one in entered.values()] == [[], []]
    said = room.hub.log.read_text()
    assert "Traceback" not in said, said[said.index("Traceback") :][:3000]
