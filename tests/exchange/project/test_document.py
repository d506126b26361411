"""The design document, and the command."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from typer.testing import CliRunner

from labkit.cli import app
from labkit.exchange.network import write_design
from labkit.exchange.project import document, mark

from .conftest import small

SECTIONS = [
    "Architecture", "Where images are kept, and why", "Workflows", "When something is gone",
    "Security", "Identity of patients", "Consent", "Retention", "XDS-I.b", "Capacity",
    "Open points", "Marks",
]  # fmt: skip


def test_it_is_made_of_the_design_and_of_the_run() -> None:
    text = document(mark(small(), "workshop"))
    assert [row[3:] for row in text.splitlines() if row.startswith("## ")] == SECTIONS
    assert '---|"100 Mbit/s, 12 ms, TLS"|' in text
    assert "- second: nothing but ciphertext" in text
    assert "| opt-out | declared, not shown |" in text
    assert "| north | 180,000 | 120 | 21,600 | north |" in text
    assert "#### Document Registry" in text
    assert "- line second cut: emergency works" in text
    assert "127.0.0.1" not in text


def test_another_design_gets_another_document() -> None:
    design = small()
    changed = design.changed(
        name="Draft <script>", links=(replace(design.links[0], tls=False),),
        security=replace(design.security, xua=False, consent=""),
    )  # fmt: skip
    text = document(mark(changed, "workshop"), requirements=False)
    assert "# Draft \\<script\\>" in text
    assert "<script>" not in text
    assert "in the clear" in text
    assert "every line but north-lakeside" in text
    assert "The design asks nobody." in text
    assert "IDS-1" not in text
    assert "lines-listened-at: read from the cable" in text.partition("## Open points")[2]


def test_the_command_checks_marks_and_writes(tmp_path: Path) -> None:
    file = tmp_path / "design.toml"
    file.write_text(write_design(small()), encoding="utf-8")
    out = tmp_path / "design.md"
    run = CliRunner()
    done = run.invoke(app, ["exchange", "design", str(file), "--brief", "workshop",
                            "--document", str(out), "--json"])  # fmt: skip
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert told["passed"] and told["points"] == told["of"]
    assert {row["criterion"] for row in told["criteria"]} >= {"emergency", "copies-gone"}
    assert out.read_text(encoding="utf-8").startswith("# A ring of four")
    checked = run.invoke(app, ["exchange", "design", str(file), "--check"])
    assert (checked.exit_code, checked.stdout.strip()) == (0, "nothing found")
    clear = small().changed(links=tuple(replace(link, tls=False) for link in small().links))
    file.write_text(write_design(clear), encoding="utf-8")
    checked = run.invoke(app, ["exchange", "design", str(file), "--check", "--json"])
    assert checked.exit_code == 1
    assert {row["name"] for row in json.loads(checked.stdout)} >= {"link-without-tls"}
    done = run.invoke(app, ["exchange", "design", str(file), "--brief", "workshop"])
    assert done.exit_code == 1
    assert "cannot do without lines-listened-at" in done.stdout
