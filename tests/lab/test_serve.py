"""The lab's own process, played in this one: its main function is the same."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labkit.lab.description import read
from labkit.lab.launch import find, stop
from labkit.lab.lock import FileLock
from labkit.lab.remote import Control
from labkit.lab.serve import main
from labkit.lab.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    made = Workspace.at(tmp_path / "lab")
    made.prepare()
    kept = {s: signal.getsignal(s) for s in (signal.SIGTERM, signal.SIGINT)}
    yield made
    for number, handler in kept.items():
        signal.signal(number, handler)


class Played:
    """Runs `main` and, when it says that it is ready, `meanwhile` in another thread."""

    def __init__(self, workspace: Workspace, meanwhile: Callable[[], object]) -> None:
        self.said: list[dict[str, str]] = []
        self._meanwhile = threading.Thread(target=meanwhile)
        self.code = main([str(workspace.root)], say=self._say)
        if self._meanwhile.ident is not None:
            self._meanwhile.join()

    def _say(self, **line: str) -> None:
        self.said.append(line)
        if line["state"] == "ready":
            self._meanwhile.start()


def test_it_serves_until_it_is_told_to_end(workspace: Workspace) -> None:
    seen: list[object] = []

    def ask() -> None:
        description = find(workspace)
        assert description is not None
        seen.append(Control(description).call("GET", "/nodes"))
        seen.append(stop(workspace))

    played = Played(workspace, ask)
    assert (played.code, played.said) == (0, [{"state": "ready"}])
    nodes, stopped = seen
    assert isinstance(nodes, dict) and all(nodes.values()) and "FHIR" in nodes
    assert stopped is True
    assert not FileLock(workspace.lock).held()


@pytest.mark.parametrize("port", ["many", -1, 70000, None])
def test_ports_that_cannot_be_are_no_obstacle(workspace: Workspace, port: object) -> None:
    def spoil() -> None:
        stop(workspace)

    Played(workspace, spoil)
    data = json.loads(workspace.description.read_text())
    data["nodes"]["ARCHIVE"]["port"] = port
    data["fhir_url"] = "http://127.0.0.1:99999/fhir" if port == -1 else data["fhir_url"]
    workspace.description.write_text(json.dumps(data))
    played = Played(workspace, spoil)
    assert played.said == [{"state": "ready"}]
    again = read(workspace.description)
    assert again is not None and again.nodes["ARCHIVE"].port > 0


def test_it_leaves_a_workspace_that_is_taken(workspace: Workspace) -> None:
    lock = FileLock(workspace.lock)
    assert lock.acquire()
    played = Played(workspace, lambda: None)
    assert (played.code, played.said) == (0, [{"state": "taken"}])
    lock.release()


def test_it_ends_when_its_workspace_goes(workspace: Workspace) -> None:
    played = Played(workspace, lambda: workspace.lock.unlink())
    assert played.code == 0


def test_it_says_why_it_cannot_start(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    (workspace.root / "traces").write_text("a file where a folder should be")
    played = Played(workspace, lambda: None)
    assert played.code == 1
    (said,) = played.said
    assert said["state"] == "failed"
    assert said["error"] and said["remedy"]
    assert "Traceback" in capsys.readouterr().err
