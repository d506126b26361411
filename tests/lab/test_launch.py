"""Real processes: start, join, kill, restart, end. Each start costs a second, so few are made."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import labkit
from labkit.common.errors import LabError, LabNotRunning
from labkit.dicom import real_file
from labkit.dimse import echo, store
from labkit.lab import launch, open_lab
from labkit.lab.description import Description, read
from labkit.lab.embedded import EmbeddedLab
from labkit.lab.launch import find, start, stop
from labkit.lab.lock import FileLock
from labkit.lab.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    made = Workspace.at(tmp_path / "lab")
    yield made
    stop(made)


def kill(description: Description) -> None:
    """End the lab as the machine's own emergency brake would."""
    os.kill(description.pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def gone(workspace: Workspace) -> None:
    deadline = time.monotonic() + 10
    while FileLock(workspace.lock).held():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_life_of_a_lab(workspace: Workspace) -> None:
    assert find(workspace) is None
    began = time.monotonic()
    first = start(workspace)
    assert time.monotonic() - began < 30
    assert start(workspace) == first == find(workspace)

    lab = open_lab(workspace.root)
    assert lab.health()
    ct = real_file("CT_small")
    assert store(lab.archive, [ct]).stored
    archive = lab.archive

    kill(first)
    gone(workspace)
    assert find(workspace) is None
    assert not lab.health()
    assert "open_lab" in lab.health()["ARCHIVE"].remedy
    with pytest.raises(LabNotRunning, match="not running") as caught:
        lab.mark()
    assert "open_lab" in caught.value.remedy

    again = open_lab(workspace.root)
    second = read(workspace.description)
    assert second is not None and second.pid != first.pid
    assert second.control_key != first.control_key
    assert second.nodes == first.nodes, "the ports were free, so they are the same"
    # What was acknowledged is there, and what was opened before goes on working.
    uids = [ds.SOPInstanceUID for ds in again.received("ARCHIVE")]
    assert labkit_read(ct) in uids
    assert echo(archive).status == 0x0000
    assert lab.mark().epoch != ""
    assert lab.health()

    assert stop(workspace)
    assert not stop(workspace)
    assert find(workspace) is None


def labkit_read(path: Path) -> str:
    from labkit.dicom import read as read_object

    return str(read_object(path).SOPInstanceUID)


def test_two_starts_at_once_give_one_lab(workspace: Workspace) -> None:
    got: list[Description] = []
    code = "import sys; from labkit.cli import main; main()"
    command = [sys.executable, "-c", code, "up", "--json", "--workspace", str(workspace.root)]
    others = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    threads = [threading.Thread(target=lambda: got.append(start(workspace))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    printed = {process.communicate()[0] for process in others}
    assert len(printed) == 1
    assert got[0] == got[1]
    assert str(got[0].nodes["ARCHIVE"].port).encode() in printed.pop()


def test_two_workspaces_do_not_meet_and_taken_ports_are_no_obstacle(
    workspace: Workspace, tmp_path: Path
) -> None:
    other = Workspace.at(tmp_path / "other")
    try:
        mine, theirs = start(workspace), start(other)
        assert mine.pid != theirs.pid
        ports = [node.port for lab in (mine, theirs) for node in lab.nodes.values()]
        assert len(set(ports)) == len(ports)
        stop(workspace)
        assert find(other) == theirs
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", mine.nodes["ARCHIVE"].port))
            taken.listen()
            again = start(workspace)
        assert again.nodes["ARCHIVE"].port != mine.nodes["ARCHIVE"].port
        assert again.nodes["LEGACY"].port == mine.nodes["LEGACY"].port
    finally:
        stop(other)


def test_a_lab_that_cannot_be_used_says_why_and_can_be_ended(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    description = start(workspace)
    with monkeypatch.context() as changed:
        changed.setattr(labkit, "__version__", "9.9.9")
        with pytest.raises(LabError, match=r"by labkit .* this is labkit 9\.9\.9") as caught:
            start(workspace)
        assert "labkit down" in caught.value.remedy

    if hasattr(signal, "SIGSTOP"):
        os.kill(description.pid, signal.SIGSTOP)
        time.sleep(0.5)  # the signal stops it a moment later
        with monkeypatch.context() as changed:
            changed.setattr(launch, "HURRY", 0.5)
            with pytest.raises(LabError, match="does not answer") as caught:
                find(workspace)
        assert "labkit down" in caught.value.remedy
        os.kill(description.pid, signal.SIGCONT)

    workspace.description.write_text("rubbish")
    with pytest.raises(LabError, match=r"lab\.json cannot be used") as caught:
        find(workspace)
    assert "labkit down" in caught.value.remedy
    assert stop(workspace), "the lock knows the process that lab.json does not name any more"

    workspace.description.write_text("rubbish")
    assert find(workspace) is None
    description = start(workspace)
    assert description.nodes, "rubbish that nobody serves is no obstacle"
    if hasattr(signal, "SIGSTOP"):
        os.kill(description.pid, signal.SIGSTOP)
    assert stop(workspace, grace=0.5), "one that hangs is ended all the same"
    assert find(workspace) is None


def test_a_workspace_that_is_deleted_takes_its_lab_with_it(
    workspace: Workspace, tmp_path: Path
) -> None:
    lab = open_lab(workspace.root)
    description = read(workspace.description)
    assert description is not None
    workspace.root.rename(tmp_path / "elsewhere")
    deadline = time.monotonic() + 20
    while FileLock(tmp_path / "elsewhere" / "lab.lock").held():
        assert time.monotonic() < deadline, "the lab goes on without its workspace"
        time.sleep(0.05)
    with pytest.raises(LabNotRunning):
        lab.reset()
    with pytest.raises(LabNotRunning, match="No lab runs"):
        EmbeddedLab.joined(workspace)


def test_a_start_that_fails_says_why(workspace: Workspace) -> None:
    workspace.prepare()
    workspace.seed.write_text("a file where a folder should be")
    (workspace.root / "nodes").write_text("another")
    with pytest.raises(LabError) as caught:
        start(workspace)
    assert caught.value.message and caught.value.remedy
    assert find(workspace) is None


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0 or not Path("/bin/mount").exists(),
    reason="making a small disk needs the superuser and mount",
)
@pytest.mark.parametrize("size", ["16k", "300k"])
def test_a_full_disk_is_named(tmp_path: Path, size: str) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    made = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)]
    if subprocess.run(made, capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let us mount a disk")
    try:
        with pytest.raises(LabError, match="is full") as caught:
            start(Workspace.at(disk / "lab"))
        assert "Free some space" in caught.value.remedy
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_somebody_elses_workspace_is_named(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.prepare()
    workspace.lock.touch()

    def refuse(*args: object, **kwargs: object) -> int:
        raise PermissionError(13, "Permission denied")

    # The superuser may open anything, so the refusal itself is played.
    with monkeypatch.context() as changed:
        changed.setattr(os, "open", refuse)
        for act in (find, stop):
            with pytest.raises(LabError, match="Permission denied") as caught:
                act(workspace)
            assert "--workspace" in caught.value.remedy


def test_a_process_that_dies_without_a_word_leaves_its_last_line(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    dies = [sys.executable, "-c", "raise ImportError('no module named lungs')"]
    monkeypatch.setattr(launch, "_command", lambda workspace: dies)
    with pytest.raises(LabError, match="ended while it started") as caught:
        start(workspace)
    assert "ImportError: no module named lungs" in caught.value.message
    assert "lab.log" in caught.value.remedy
