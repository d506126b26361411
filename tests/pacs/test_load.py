"""Many associations at once, slow peers, large objects: limits hold, and nothing is lost."""

import socket
import subprocess
import sys
import threading
import time
import tracemalloc
from contextlib import ExitStack
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pynetdicom import build_context

from labkit.common.errors import AssociationRejected, LabkitError
from labkit.dimse import associate, echo, find, identifier, store
from tests.pacs.conftest import Running, Start, made, real

VERIFICATION = "1.2.840.10008.1.1"


def copy(number: int, **values: object) -> Dataset:
    ds = dcmread(real("MR_small.dcm")[0])
    ds.SOPInstanceUID = f"1.2.3.{number}"
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def test_a_hundred_associations_at_once(start: Start) -> None:
    node = start(max_associations=100)
    errors: list[LabkitError] = []
    together = threading.Barrier(100)

    def work(number: int) -> None:
        together.wait()
        try:
            store(node.peer, copy(number), timeout=60).raise_for_status()
        except LabkitError as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len(list(node.archive.stored())) == 100


def test_one_too_many_is_rejected_for_now(start: Start) -> None:
    node = start(max_associations=3)
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(associate(node.peer, [build_context(VERIFICATION)]))
        with pytest.raises(AssociationRejected) as caught:
            echo(node.peer)
    assert (caught.value.result, caught.value.source, caught.value.reason) == (2, 3, 2)
    said = "the local limit of open associations, 3, is reached"
    assert node.logged("association rejected (2/3/2)", said)
    deadline = time.monotonic() + 5
    while node.node.open_associations and time.monotonic() < deadline:
        time.sleep(0.01)
    assert echo(node.peer).status.code == 0


def test_garbage_and_silence_do_not_stop_it(archive_node: Running) -> None:
    address = ("127.0.0.1", archive_node.peer.port)
    silent = [socket.create_connection(address) for _ in range(5)]
    for junk in (b"GET / HTTP/1.1\r\n\r\n", b"\x01\x00\xff\xff\xff\xff", b"\x16\x03\x01\x02\x00"):
        with socket.create_connection(address) as sock:
            sock.sendall(junk)
    assert echo(archive_node.peer).status.code == 0
    for sock in silent:
        sock.close()
    assert store(archive_node.peer, copy(1)).stored


SENDER = """
import sys
from labkit.dimse import Peer, store
assert store(Peer("ARCHIVE", "127.0.0.1", int(sys.argv[1])), sys.argv[2]).stored
"""


def test_a_large_object_is_not_held_many_times(archive_node: Running, tmp_path: Path) -> None:
    size = 64 << 20
    copy(1, Rows=8192, Columns=4096, PixelData=bytes(size)).save_as(tmp_path / "large.dcm")
    arguments = [str(archive_node.peer.port), str(tmp_path / "large.dcm")]
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    subprocess.run([sys.executable, "-c", SENDER, *arguments], check=True)
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    (held,) = archive_node.archive.stored()
    assert held.entry.size > size
    # Once, and what its growing takes.
    assert peak < 1.5 * size, f"{peak / size:.1f} times the object"


def test_reading_while_others_write(archive_node: Running, tmp_path: Path) -> None:
    stop = threading.Event()
    seen: list[int] = []

    def ask() -> None:
        while not stop.is_set():
            found = find(archive_node.peer, identifier("STUDY", StudyInstanceUID=None))
            assert found.status.code == 0
            seen.append(len(found))

    thread = threading.Thread(target=ask)
    thread.start()
    for number in range(20):
        archive_node.archive.add_file(made(tmp_path, number))
    stop.set()
    thread.join()
    assert seen == sorted(seen)  # what was once seen does not go away
    assert len(find(archive_node.peer, identifier("STUDY", StudyInstanceUID=None))) == 20
