"""Tools run as a learner runs them, against our own SCP."""

import os
import stat
import sys
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from labkit.common.errors import ResponseTimeout, UsageError
from labkit.dimse import Peer, Transcript, find_dcmtk, identifier, run_tool, tools

dcmtk = pytest.mark.skipif(find_dcmtk("echoscu") is None, reason="DCMTK is not installed")


@dcmtk
@pytest.mark.peers
def test_dcmtk_is_found_outside_the_environment() -> None:
    path, version = find_dcmtk("storescu")
    assert not path.is_relative_to(sys.prefix)
    assert version[0].isdigit()


@pytest.mark.skipif(os.name == "nt", reason="shell scripts as impostors")
def test_impostors_are_not_dcmtk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, says in (("a", "dcm4che-tool-storescu: 5.33"), ("b", "exit 1")):
        script = tmp_path / name / "storescu"
        script.parent.mkdir()
        script.write_text(f"#!/bin/sh\necho '{says}'\n")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
    real = tmp_path / "c" / "storescu"
    real.parent.mkdir()
    real.write_text("#!/bin/sh\necho '$dcmtk: storescu v9.9.9 2030-01-01 $'\n")
    real.chmod(0o755)
    folders = [str(Path(sys.executable).parent), *(str(tmp_path / n) for n in "abc")]
    monkeypatch.setenv("PATH", os.pathsep.join(folders))
    monkeypatch.setattr(tools, "_USUAL", ())
    assert find_dcmtk("storescu") == (real, "9.9.9")
    monkeypatch.setenv("PATH", os.pathsep.join(folders[:-1]))
    assert find_dcmtk("storescu") is None


def run_all(scp, ct, tool: str, tmp_path: Path) -> None:
    study = identifier("STUDY", StudyInstanceUID=ct.StudyInstanceUID)
    file = get_testdata_file("CT_small.dcm")
    acts = ("echo", "store", "find", "move", "get") if tool == "DCMTK" else ("find", "get")
    pending, unknown = {
        "DCMTK": ("Find Response: 1 (Pending)", "MoveDestinationUnknown"),
        "pynetdicom": ("0xFF00", "0xA801"),
    }[tool]
    for act, what, expected in (
        ("echo", {}, "Success"),
        ("store", {"files": [file]}, "Sending file: CT_small.dcm"),
        ("find", {"identifier": study}, pending),
        ("move", {"identifier": study, "destination": "NODEST"}, unknown),
        ("get", {"identifier": study, "folder": tmp_path / "in"}, "Success"),
    ):
        if act not in acts:
            continue  # python takes seconds to start on a busy machine
        done = run_tool(act, scp.peer, tool=tool, **what)
        assert expected in done.text, done
        assert done.tool.startswith(tool)
        assert str(scp.peer.port) not in str(done)
        assert "127.0.0.1" not in str(done)
        assert str(tmp_path) not in str(done)
        assert "HOST PORT" in done.command
    assert tool != "DCMTK" or scp.stored[0][0] == ct.SOPInstanceUID
    assert len(list((tmp_path / "in").iterdir())) == 1


@dcmtk
@pytest.mark.peers
def test_every_act_with_dcmtk(scp, ct, tmp_path: Path) -> None:
    run_all(scp, ct, "DCMTK", tmp_path)


def test_the_same_with_pynetdicom(scp, ct, tmp_path: Path) -> None:
    run_all(scp, ct, "pynetdicom", tmp_path)


def test_a_failure_shows(scp) -> None:
    # Where a rejection comes at once, pynetdicom may find its socket closed before it has read
    # what came over it, and say that it aborts: about one in forty on a busy machine.
    for _ in range(5):
        done = run_tool("echo", Peer("WRONG", scp.peer.host, scp.peer.port), tool="pynetdicom")
        assert done.exit_code == 1
        if "Aborting Association" not in done.text:
            break
    assert str(done).splitlines()[0].startswith("$ python -m pynetdicom echoscu -v -aet LEARNER")
    assert str(done).splitlines()[-1].startswith("[pynetdicom 3.")
    assert "Called AE title not recognised" in done.text
    assert done._repr_html_().startswith("<pre style=")


def test_tools_that_are_not_there(scp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "find_dcmtk", lambda program: None)
    with pytest.raises(UsageError, match="DCMTK cannot be run"):
        run_tool("echo", scp.peer, tool="DCMTK")
    with pytest.raises(UsageError, match="dcm4che cannot be run"):
        run_tool("echo", scp.peer, tool="dcm4che")


def test_a_tool_that_hangs(scp) -> None:
    with pytest.raises(ResponseTimeout, match=r"did not end within 0\.01 s"):
        run_tool("echo", scp.peer, tool="pynetdicom", timeout=0.01)


def test_cleaning() -> None:
    peer = Peer("A", "10.1.2.3", 4242)
    raw = "connected 10.1.2.3:4242 pid=991 port 4242 4242.1 /x/y/z.dcm  \n\n"
    assert tools._clean(raw, peer, ["/x/y/z.dcm"]) == (
        "connected HOST:PORT pid=N port PORT 4242.1 z.dcm"
    )
    assert repr(Transcript("T 1", "c", "a\nb", 2)) == "$ c\na\nb\n[T 1, exit 2]"
