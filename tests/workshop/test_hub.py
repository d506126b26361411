"""JupyterHub for real: a learner with server and lab, and another who cannot get there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
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
    "sees": os.access(other, os.R_OK),
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

    def enter(self) -> dict[str, Any]:
        """Have the first log in and open the lab in a kernel; the second only logs in."""
        first, second = NAMES
        if self.hub.accounts:
            accounts.account_of(self.workshop, second)
        assert self.browsers[second].log_in(self.codes[second], follow=False).status_code == 302
        browser = self.browsers[first]
        assert browser.log_in(self.codes[first]).status_code == 200, self.hub.log.read_text()
        browser.enter(first)
        other, codes = str(self.workshop.learner(second)), str(self.workshop.rooms)
        said = browser.run(first, CODE.format(other=other, codes=codes))
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
def entered(room: Class) -> dict[str, Any]:
    return room.enter()


def test_a_wrong_code_is_refused_and_starts_nothing(room: Class) -> None:
    answer = Browser(room.hub.url).log_in("aaaa-bbbb")
    assert answer.status_code == 403 and "No lab has that code" in answer.text
    assert not room.workshop.learners.exists()


def test_a_learner_has_a_server_and_a_lab_of_their_own(
    room: Class, entered: dict[str, Any]
) -> None:
    name = NAMES[0]
    lab = room.workshop.workspace(name).root
    assert (entered["lab"], entered["limit"]) == (str(lab), [2 << 30, 2 << 30])
    assert not [variable for variable in entered["told"] if variable.startswith("LABKIT_HUB")]
    assert json.loads((lab / "release.json").read_text())["hints"] == 1
    joined = read_join(lab)
    assert joined is not None and (joined.who, joined.url) == (name, "http://127.0.0.1:9")
    assert (room.workshop.learner(name) / "notebooks/00_start_here.ipynb").is_file()


def test_one_cannot_reach_what_the_other_has(room: Class, entered: dict[str, Any]) -> None:
    for at, name in enumerate(NAMES):
        web, other = room.browsers[name].web, NAMES[1 - at]
        for path in ("lab", "api/contents", "api/kernels"):
            # Of a server that does not run it is not even said that it exists.
            assert web.get(f"/user/{other}/{path}").status_code in (403, 404)[: 2 - at]
        assert web.get(f"/hub/api/users/{other}").status_code in (403, 404)
        assert web.get("/hub/admin").status_code == 403
        assert web.get("/hub/home").status_code == 200, "they are logged in"
    stranger = Browser(room.hub.url).web.get(f"/user/{NAMES[0]}/api/contents")
    assert stranger.status_code == 403


def test_each_learner_is_an_account_of_their_own(room: Class, entered: dict[str, Any]) -> None:
    """With two servers beside each other: tests/containers/test_hub_image.py."""
    if not room.hub.accounts:
        pytest.skip("only root can give accounts, where these may read this Python")
    assert (entered["sees"], entered["codes"], entered["groups"]) == (False, False, [])
    owners = [room.workshop.learner(name).stat() for name in NAMES]
    assert sorted(one.st_uid for one in owners) == [accounts.FIRST, accounts.FIRST + 1]
    assert [one.st_mode & 0o777 for one in owners] == [0o700, 0o700]
    assert owners[0].st_uid == entered["uid"]
    assert accounts.pids_of(PROXY), "the proxy is not root"


def test_the_hub_ends_all_that_it_started(room: Class, entered: dict[str, Any]) -> None:
    workspace = room.workshop.workspace(NAMES[0])
    assert launch.find(workspace)
    room.hub.end()
    assert not launch.find(workspace)
    if room.hub.accounts:
        assert accounts.pids_of(entered["uid"]) == []
    said = room.hub.log.read_text()
    assert "Traceback" not in said, said[said.index("Traceback") :][:3000]
