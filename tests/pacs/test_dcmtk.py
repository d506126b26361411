"""The beginner project by DCMTK's own tools: send, find, move, with pydicom's real files."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from labkit.pacs.part10 import read_object
from tests.contract.pacs.servers import free_port
from tests.pacs.conftest import Running, Start, real

NAMES = ("CT_small.dcm", "MR_small.dcm", "JPEG2000.dcm", "SC_rgb_rle.dcm", "reportsi.dcm")


def tool(name: str) -> str:
    """DCMTK's own, not pynetdicom's script of the same name."""
    folders = [
        folder
        for folder in os.environ.get("PATH", "").split(os.pathsep)
        if not folder.startswith(sys.prefix)
    ]
    found = shutil.which(name, path=os.pathsep.join(folders))
    if found is None:
        pytest.skip("DCMTK is not installed")
    return found


def run(name: str, node: Running, *arguments: str) -> str:
    command = [tool(name), "-v", "-aet", "LEARNER", "-aec", node.peer.ae_title, *arguments]
    at = [node.peer.host, str(node.peer.port)]
    files = [argument for argument in arguments if argument.endswith(".dcm")]
    command = [*(part for part in command if part not in files), *at, *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.peers
def test_send_find_move_get(archive_node: Running, start: Start, tmp_path: Path) -> None:
    files = [str(path) for path in real(*NAMES)]
    assert "Received Echo Response (Success)" in run("echoscu", archive_node)
    # Each file in its own transfer syntax: +C combines what storescu proposes.
    for option, some in (("-xe", files[:2] + files[4:]), ("-xw", files[2:3]), ("-xr", files[3:4])):
        assert "Success" in run("storescu", archive_node, option, *some)
    assert len(list(archive_node.archive.stored())) == len(NAMES)

    keys = [
        "QueryRetrieveLevel=STUDY",
        "PatientName=Comp*",
        "StudyInstanceUID",
        "ModalitiesInStudy",
    ]
    found = run("findscu", archive_node, "-S", *(part for key in keys for part in ("-k", key)))
    uids = set(re.findall(r"\(0020,000d\) UI \[([0-9.]+)", found))
    assert len(uids) == 3  # CT, MR and NM; the report and the secondary capture are of others

    workstation = start("WORKSTN")
    archive_node.destinations.add("WORKSTN", "127.0.0.1", workstation.peer.port)
    for uid in uids:
        run(
            "movescu", archive_node, "-S", "-aem", "WORKSTN",
            "-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={uid}",
        )  # fmt: skip
    moved = list(workstation.archive.stored())
    assert {held.entry.study_instance_uid for held in moved} == uids
    for held in moved:
        original = archive_node.archive.get(held.entry.sop_instance_uid)
        assert original is not None
        assert read_object(held.path)[1] == read_object(original.path)[1]

    # To itself: movescu opens the door, and takes the objects between the responses.
    uid = sorted(uids)[0]
    (tmp_path / "moved").mkdir()
    own = free_port()
    archive_node.destinations.add("MOVESCU", "127.0.0.1", own)
    run(
        "movescu", archive_node, "-S", "-aem", "MOVESCU", "+P", str(own),
        "-od", str(tmp_path / "moved"),
        "-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={uid}",
    )  # fmt: skip
    assert len(list((tmp_path / "moved").iterdir())) == 1

    (tmp_path / "got").mkdir()
    run(
        "getscu", archive_node, "-S", "-od", str(tmp_path / "got"),
        "-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={uid}",
    )  # fmt: skip
    assert len(list((tmp_path / "got").iterdir())) == 1


@pytest.mark.peers
def test_a_wrong_title_reads_as_in_the_books(archive_node: Running) -> None:
    command = [tool("echoscu"), "-aec", "WRONG", "127.0.0.1", str(archive_node.peer.port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert "Called AE Title Not Recognized" in done.stdout + done.stderr
