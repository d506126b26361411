"""The queue of ROUTER as an operator sees it: what waits, why, and have it tried again."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from labkit.cli import app
from labkit.dicom import sample
from labkit.dimse import store
from labkit.lab import Lab


def ask(*words: str) -> Any:
    done = CliRunner().invoke(app, ["route", *words, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_what_waits_says_why_and_goes_when_tried_again(lab: Lab, lab_workspace: Path) -> None:
    assert repr(lab.routing.queue()) == "Nothing waits."
    assert ask("retry") == {"tried": 0}
    ds = sample("cr-wrist").datasets()[0]
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = "1.2.62.1"
    lab.stop_node("ARCHIVE")
    assert store(lab.router, ds).stored
    end = time.monotonic() + 10
    while not (queue := lab.routing.queue())[0].tries and time.monotonic() < end:
        time.sleep(0.02)
    (entry,) = queue
    assert (entry.destination, entry.sop_instance_uid) == ("ARCHIVE", "1.2.62.1")
    assert entry.tries == 1 and "ARCHIVE" in entry.problem and 0 <= entry.next_try <= 1
    assert queue[0:1] == (entry,)
    assert "1.2.62.1 -> ARCHIVE: 1 try, next in " in str(queue)
    assert "for ARCHIVE: " in repr(queue) and "127.0.0.1" not in repr(queue)
    (shown,) = ask("queue")
    assert shown["destination"] == "ARCHIVE" and shown["problem"]
    lab.start_node("ARCHIVE")
    assert ask("retry")["tried"] in (0, 1)
    while lab.routing.queue() and time.monotonic() < end:
        time.sleep(0.02)
    assert not lab.routing.queue()
    assert len(lab.received("ARCHIVE")) and "1.2.62.1" in {
        str(each.SOPInstanceUID) for each in lab.received("ARCHIVE")
    }
