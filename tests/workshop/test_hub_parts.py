"""The parts of the hub, one by one: what it is told, who is let in, accounts, limits, its image."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if sys.platform == "win32":
    pytest.skip("JupyterHub does not run on Windows", allow_module_level=True)

from tornado.web import HTTPError
from traitlets.config import Config
from typer.testing import CliRunner

from labkit import cli
from labkit.common.errors import LabError, UsageError
from labkit.lab.lock import FileLock
from labkit.workshop.guesses import EACH
from labkit.workshop.hub import accounts, seat
from labkit.workshop.hub.configure import configure, proxy_command
from labkit.workshop.hub.door import CodeAuthenticator
from labkit.workshop.hub.settings import HubSettings
from labkit.workshop.release import Workshop
from labkit.workshop.rooms.record import Record, Room
from labkit.workshop.rooms.serve import LOCK

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "containers/hub"
SHARED = {"LABKIT_HUB_ACCOUNTS": "shared"}
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give accounts")


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    made = Workshop(tmp_path / "w")
    words = ["workshop", "release", str(made.folder), "--notebooks", "00_start_here"]
    assert CliRunner().invoke(cli.app, words).exit_code == 0
    return made


def codes(workshop: Workshop, *words: str) -> Any:
    where = ["--workshop", str(workshop.folder)]
    return CliRunner().invoke(cli.app, ["workshop", "codes", *words, *where])


def test_without_a_word_it_is_on_loopback() -> None:
    settings = HubSettings.of(SHARED)
    assert (settings.bind, settings.memory, settings.minutes) == ("127.0.0.1", 2 << 30, 45)
    assert HubSettings.of({**SHARED, "LABKIT_HUB_MEMORY": "1500M"}).memory == 1500 << 20


@pytest.mark.parametrize(
    ("name", "word"),
    [("PORT", "0"), ("PORT", "http"), ("PORT", "65536"), ("MEMORY", "2"), ("MEMORY", "64M"),
     ("MEMORY", "-1G"), ("IDLE", "x"), ("ACCOUNTS", "no")],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_name(name: str, word: str) -> None:
    with pytest.raises(UsageError, match=f"LABKIT_HUB_{name} cannot be '{word}'"):
        HubSettings.of({**SHARED, f"LABKIT_HUB_{name}": word})


def test_who_cannot_give_accounts_does_not_go_on_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(UsageError, match="need a hub that is root"):
        HubSettings.of({})


def test_only_the_proxy_meets_the_network(workshop: Workshop) -> None:
    c = Config()
    configure(c, HubSettings(workshop=workshop, bind="192.0.2.7", accounts=False))
    assert c.JupyterHub.bind_url == "http://192.0.2.7:8000/"
    assert c.JupyterHub.hub_bind_url == "http://127.0.0.1:8081"
    assert c.ConfigurableHTTPProxy.api_url == "http://127.0.0.1:8001"
    assert c.LearnerSpawner.ip == "127.0.0.1"
    assert stat.S_IMODE((workshop.folder / "hub").stat().st_mode) == 0o700
    assert proxy_command(HubSettings(workshop=workshop))[1:3] == ["--reuid=19999", "--regid=19999"]


def test_rooms_and_hub_do_not_serve_one_workshop_at_once(workshop: Workshop) -> None:
    lock = FileLock(workshop.folder / LOCK)
    assert lock.acquire()
    try:
        with pytest.raises(UsageError, match="open"):
            configure(Config(), HubSettings(workshop=workshop, accounts=False))
    finally:
        lock.release()
    with pytest.raises(UsageError, match="release"):
        configure(Config(), HubSettings(workshop=Workshop(workshop.folder / "none")))


def test_a_folder_that_learners_cannot_enter_is_named(workshop: Workshop) -> None:
    workshop.folder.chmod(0o700)
    with pytest.raises(UsageError, match="may not enter"):
        configure(Config(), HubSettings(workshop=workshop))


async def let_in(door: CodeAuthenticator, code: str, address: str = "192.0.2.1") -> Any:
    handler = SimpleNamespace(request=SimpleNamespace(remote_ip=address))
    return await door.get_authenticated_user(handler, {"username": "admin", "password": code})


def test_a_code_opens_its_own_lab_and_makes_nobody_an_administrator(workshop: Workshop) -> None:
    import asyncio

    door = CodeAuthenticator(workshop=str(workshop.folder))
    with pytest.raises(HTTPError, match="403"):
        asyncio.run(let_in(door, ""))  # nobody has a code yet
    assert codes(workshop, "--learners", "2").exit_code == 0
    given = {room.name: room.code for room in Record.read(workshop.rooms).rooms.values()}
    for name, code in given.items():
        for typed in (code, code.upper().replace("-", " ")):
            found = asyncio.run(let_in(door, typed))
            assert (found["name"], found["admin"]) == (name, False)
    for wrong in ("", "aaaa-bbbb", given["learner-01"][:-1], "learner-01", "\x00" * 4000):
        with pytest.raises(HTTPError, match="403"):
            asyncio.run(let_in(door, wrong))


def test_who_guesses_is_not_let_in_with_the_right_code_either(workshop: Workshop) -> None:
    import asyncio

    Record().with_room(room := Room.new("Ada")).write(workshop.rooms)
    door = CodeAuthenticator(workshop=str(workshop.folder))
    for _ in range(EACH):
        with pytest.raises(HTTPError, match="403"):
            asyncio.run(let_in(door, "aaaa-bbbb"))
    with pytest.raises(HTTPError, match="429"):
        asyncio.run(let_in(door, room.code))
    assert asyncio.run(let_in(door, room.code, "192.0.2.2"))["name"] == "Ada"
    workshop.rooms.write_text("{")
    with pytest.raises(HTTPError, match="503"):
        asyncio.run(let_in(door, room.code, "192.0.2.2"))


def test_codes_are_given_once_and_kept(workshop: Workshop) -> None:
    assert "Nobody has a code yet" in str(codes(workshop).exception)
    first = codes(workshop, "--learners", "2", "--json").stdout
    assert codes(workshop, "--learners", "2", "--json").stdout == first
    assert codes(workshop, "--json").stdout == first
    assert stat.S_IMODE(workshop.rooms.stat().st_mode) == 0o600
    assert not workshop.learners.exists()


@root_only
def test_the_owner_of_the_folder_is_the_account(workshop: Workshop) -> None:
    found = [accounts.account_of(workshop, name) for name in ("ada", "bo", "ada")]
    assert found == [accounts.FIRST, accounts.FIRST + 1, accounts.FIRST]
    assert stat.S_IMODE(workshop.learner("ada").stat().st_mode) == 0o700
    workshop.learner("eve").mkdir()  # as `labkit workshop start` would have made it
    with pytest.raises(LabError, match="belongs to account 0"):
        accounts.account_of(workshop, "eve")
    workshop.learner("link").symlink_to(workshop.learner("ada"))
    with pytest.raises(LabError):
        accounts.account_of(workshop, "link")
    with pytest.raises(UsageError):
        accounts.account_of(workshop, "../x")


def process(proc: Path, pid: int, uid: int, pages: int) -> None:
    (proc / str(pid)).mkdir(parents=True)
    (proc / str(pid) / "status").write_text(f"Name:\tUid: 7\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n")
    (proc / str(pid) / "statm").write_text(f"{pages * 9} {pages + 5} 5 1 0 0 0")


def test_who_holds_too_much_loses_the_largest_process(tmp_path: Path) -> None:
    page = os.sysconf("SC_PAGE_SIZE")
    for pid, uid, pages in ((5, 20000, 10), (6, 20000, 30), (7, 20001, 900)):
        process(tmp_path, pid, uid, pages)
    assert accounts.held(20000, tmp_path) == {5: 10 * page, 6: 30 * page}
    assert accounts.too_much(20000, 40 * page, tmp_path) is None
    assert accounts.too_much(20000, 39 * page, tmp_path) == 6
    assert accounts.too_much(20002, 1, tmp_path) is None


@root_only
def test_nothing_of_an_account_is_left() -> None:
    uid = accounts.LAST
    started = [
        subprocess.Popen(["sleep", "300"], user=uid, group=uid, extra_groups=[], cwd="/")
        for _ in range(3)
    ]
    accounts.end(uid)
    assert [one.wait(30) for one in started] == [-9, -9, -9]
    assert accounts.pids_of(uid) == []


def test_the_seat_says_what_is_missing(
    workshop: Workshop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(seat.USER, raising=False)
    monkeypatch.setattr(os, "umask", lambda mask: mask)
    assert seat.main([str(workshop.folder), "45"]) == 1
    assert "JUPYTERHUB_USER is not set" in capsys.readouterr().err
    monkeypatch.setenv(seat.USER, "../eve")
    assert seat.main([str(workshop.folder), "45"]) == 1


def locked(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    return dict(re.findall(r"(?m)^([a-z0-9-]+)==([^ ]+)", text))


def test_the_image_has_what_jupyterhub_needs_and_in_one_version() -> None:
    names = (FOLDER / "packages.txt").read_text(encoding="utf-8").split()
    learn, tested = locked("learn.lock"), locked("test.lock")
    assert sorted(names) == names and set(names) <= set(tested) and not set(names) & set(learn)
    debian = {"python_version": "3.13", "python_full_version": "3.13.5", "extra": "",
              "sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}  # fmt: skip
    for name in names:
        for needed in map(Requirement, requires(name) or []):
            if needed.marker is None or needed.marker.evaluate(debian):
                least = canonicalize_name(needed.name)
                assert least in names or least in learn, f"{name} needs {least}"
                if least in learn:  # it is the learner's version that the image has
                    assert needed.specifier.contains(learn[least], prereleases=True)


def test_the_proxy_is_locked_with_hashes_and_names_no_host() -> None:
    import json

    lock = json.loads((FOLDER / "package-lock.json").read_text(encoding="utf-8"))
    wanted = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))
    assert lock["packages"][""]["dependencies"] == wanted["dependencies"]
    for path, package in lock["packages"].items():
        assert not path or package["integrity"].startswith("sha512-"), path
        assert "resolved" not in package and not package.get("hasInstallScript")


def leaves(values: dict[str, Any], before: str = "") -> list[str]:
    found = []
    for key, value in values.items():
        inside = isinstance(value, dict) and value
        found += leaves(value, f"{before}{key}.") if inside else [f"{before}{key}"]
    return found


def test_the_values_for_kubernetes_are_keys_of_the_chart() -> None:
    """Of its values.yaml at one commit; keys below a leaf of it are of whom it hands them on to."""
    import json

    import yaml

    chart = json.loads((Path(__file__).parent / "z2jh_keys.json").read_text(encoding="utf-8"))
    text = (FOLDER / "z2jh-values.yaml").read_text(encoding="utf-8")
    values = yaml.safe_load(text)
    assert chart["commit"][:8] in text
    free = "hub.config."  # the configuration of JupyterHub itself
    for key in leaves(values):
        parts = key.split(".")
        above = [".".join(parts[:at]) for at in range(1, len(parts) + 1)]
        assert key.startswith(free) or set(above) & set(chart["keys"]), key
    config = values["hub"]["config"]
    assert config["JupyterHub"]["admin_access"] is False
    assert "secret" not in " ".join(config["GenericOAuthenticator"])
    command = values["singleuser"]["cmd"]
    assert command[3] == seat.__name__ and command[4] == values["singleuser"]["storage"][
        "homeMountPath"
    ].removesuffix("/learners")
