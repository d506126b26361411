"""The rules of ROUTER as a learner sets them: dry run, in force, refused, over a restart."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from labkit.cli import app
from labkit.common.errors import UsageError
from labkit.dicom import sample
from labkit.dimse import find, identifier, store
from labkit.lab import Lab
from labkit.lab.routing import explained

RULES = """[[rule]]
name = "wrists to the workstation"
when.modality = "CR"
send = "WORKSTN"

[[rule]]
name = "no ultrasound"
when.modality = "US"
drop = "ultrasound stays at Lakeside"

[[rule]]
name = "the rest"
send = "ARCHIVE"
"""


def held(lab: Lab, node: str, uid: str, patience: float = 20.0) -> bool:
    """Whether a node comes to hold a study."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if find(lab.nodes[node], identifier("STUDY", StudyInstanceUID=uid)):
            return True
        time.sleep(0.1)
    return False


def new(slug: str, uid: str) -> list[object]:
    """Return the first object of a sample study as one that nobody has."""
    ds = sample(slug).datasets()[0]
    ds.StudyInstanceUID, ds.SeriesInstanceUID = uid, f"{uid}.1"
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"{uid}.1.1"
    return [ds]


def test_a_dry_run_says_why() -> None:
    said = explained(RULES, sample("cr-wrist").datasets()[0])
    assert list(said.routes) == ["WORKSTN"]
    assert "came first" in str(said)
    with pytest.raises(UsageError, match="no time of day"):
        explained(RULES, sample("cr-wrist").datasets()[0], at="noon")


def test_in_force_from_the_next_object_on_and_over_a_restart(lab: Lab) -> None:
    lab.configure("ROUTER", rules=RULES)
    lab.stop_node("ROUTER")
    lab.start_node("ROUTER")
    assert store(lab.router, new("cr-wrist", "1.2.60.1"), ae_title="US1").stored
    assert held(lab, "WORKSTN", "1.2.60.1")
    assert not held(lab, "ARCHIVE", "1.2.60.1", patience=0.2)
    with pytest.raises(UsageError, match=r"line 3.*moon"):
        lab.configure(
            "ROUTER", rules=f"{RULES[:9]}name = 'x'\nwhen.moon = 'full'\nsend = 'ARCHIVE'"
        )
    assert lab.settings("ROUTER")["rules"] == RULES
    lab.reset()
    assert lab.settings("ROUTER")["rules"] == ""
    assert store(lab.router, new("cr-wrist", "1.2.60.2"), ae_title="US1").stored
    assert held(lab, "ARCHIVE", "1.2.60.2")


def test_the_commands(lab_workspace: Path, tmp_path: Path) -> None:
    rules, run = tmp_path / "rules.toml", CliRunner()
    rules.write_text(RULES, encoding="utf-8")
    file = str(sample("us-heart").files[0])
    said = run.invoke(app, ["route", "explain", str(rules), file])
    assert "dropped: ultrasound stays at Lakeside" in said.stdout
    answer = run.invoke(app, ["route", "explain", str(rules), file, "--json"])
    assert json.loads(answer.stdout)[0]["routes"] == []
    loaded = run.invoke(app, ["route", "load", str(rules), "--json"])
    assert json.loads(loaded.stdout) == {"loaded": str(rules)}
    assert "forwards everything" in run.invoke(app, ["route", "clear"]).stdout
    missing = run.invoke(app, ["route", "explain", str(tmp_path / "none.toml"), file])
    assert "cannot be read" in str(missing.exception)
