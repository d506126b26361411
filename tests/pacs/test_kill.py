"""Killed with -9 in the middle of storing: what was acknowledged is there, whole."""

import random
import subprocess
import sys
import threading
import time
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset

from labkit.dimse import Peer, store
from labkit.pacs import Archive
from labkit.pacs.part10 import read_object
from tests.effort import effort
from tests.pacs.conftest import real

KILLS, OBJECTS = effort(3, 40), 30
SERVER = """
import sys, time
from pathlib import Path
from labkit.common import ALLOW_ALL
from labkit.pacs import Archive, NodeConfig, PacsNode
node = PacsNode(NodeConfig("ARCHIVE"), Archive(Path(sys.argv[1])), policy=ALLOW_ALL)
print(node.start(), flush=True)
time.sleep(600)
"""


def files(folder: Path) -> list[Path]:
    return list((folder / "a" / "objects").glob("*/*.dcm"))


def kill_at(server: subprocess.Popen[str], folder: Path, wanted: int, moment: float) -> None:
    """Kill the server a moment after it has written so many objects."""
    deadline = time.monotonic() + 60
    while len(files(folder)) < wanted and time.monotonic() < deadline:
        time.sleep(0.0005)
    time.sleep(moment)
    server.kill()


def objects(run: int) -> list[Dataset]:
    made = []
    for number in range(OBJECTS):
        ds = dcmread(real("CT_small.dcm")[0])
        ds.SOPInstanceUID = f"1.2.{run}.{number}"
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        made.append(ds)
    return made


def test_what_was_acknowledged_survives_being_killed(tmp_path: Path) -> None:
    dice = random.Random(20260115)
    acknowledged: set[str] = set()
    interrupted = 0
    for run in range(KILLS):
        server = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(tmp_path / "a")], stdout=subprocess.PIPE, text=True
        )
        assert server.stdout is not None
        peer = Peer("ARCHIVE", "127.0.0.1", int(server.stdout.readline()))
        wanted = len(files(tmp_path)) + dice.randrange(1, OBJECTS - 5)
        moment = dice.random() * 0.005  # somewhere within the storing of the next object
        killer = threading.Thread(target=kill_at, args=(server, tmp_path, wanted, moment))
        killer.start()
        sent = store(peer, objects(run), timeout=10)
        killer.join()
        server.wait()
        server.stdout.close()
        acknowledged |= {item.SOPInstanceUID for item in sent.stored}
        interrupted += bool(sent.failed)
    assert interrupted >= KILLS / 2, "too few kills came in the middle: this shows nothing"

    archive = Archive(tmp_path / "a")
    held = {stored.entry.sop_instance_uid: stored for stored in archive.stored()}
    assert acknowledged <= held.keys()
    assert list(archive.objects.root.glob("*/*.part")) == []
    _, sent_bytes = read_object(real("CT_small.dcm")[0])
    for stored in held.values():  # those that were stored and not acknowledged are whole as well
        _, data = read_object(stored.path)
        assert data[-32768:] == sent_bytes[-32768:]
        assert stored.dataset().SOPInstanceUID == stored.entry.sop_instance_uid
