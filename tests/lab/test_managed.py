"""Storage rules of a node whose administrator changes them while it works."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from labkit.lab.managed import RuledArchive, StorageRules
from labkit.pacs import Archive
from labkit.pacs.part10 import read_object
from tests.pacs.conftest import real


def test_what_is_being_worked_on_is_done_before_other_rules_come(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")
    slow = RuledArchive(archive, StorageRules(seconds=60))
    meta, data = read_object(real("CT_small.dcm")[0])
    work = threading.Thread(
        target=lambda: slow.add(data, transfer_syntax=meta.transfer_syntax, source="CT1")
    )
    work.start()
    deadline = time.monotonic() + 10
    while not slow.working and time.monotonic() < deadline:
        time.sleep(0.001)
    slow.finish()
    assert len(list(archive.stored())) == 1  # and not a minute later
    work.join(10)
    assert not slow.working
    archive.close()
