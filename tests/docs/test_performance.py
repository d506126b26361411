"""docs/performance.md: every row in one place, what is behind by name, the notes of each part."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks.measure import Row
from benchmarks.report import (
    BEHIND,
    GROUPS,
    GROWTH,
    NOTES,
    OTHER,
    grouped,
    machine_of,
    page,
    texts,
)

DOCS = Path(__file__).resolve().parents[2] / "docs"
WHERE, VERSIONS = "Linux x86_64, 2 cores, Python 3.11.7; load before the run 0.4", "labkit 0.1.0"
FAST = Row("C-FIND by UID, 5 studies", "ms", 1.0, 4.0, "Orthanc", 4.0, 1.0)
SLOW = Row("WADO-RS a frame", "ms", 4.0, 1.0, "Orthanc DICOMweb", 0.25, 1.0)
ALONE = Row("lab ready", "ms", 700.0, None, "", 2.8, 1.0)
GROWN = Row(f"{GROWTH}C-FIND by UID, 5,000 studies", "ms", 2.0, 1.0, "5 studies", 0.5, 0.6)


def section(text: str, heading: str) -> str:
    return text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    (tmp_path / "web.md").write_text("### DICOMweb\n\nA frame is slow.\n", "utf-8")
    (tmp_path / "dimse.md").write_text("\n### DIMSE\n\nNothing helped.\n\n", "utf-8")
    return tmp_path


def test_rows_are_grouped_and_each_is_there_once(notes: Path) -> None:
    odd = Row("something new", "ms", 1.0, 2.0, "peer", 2.0, 1.0)
    text = page([SLOW, FAST, odd, GROWN, ALONE], WHERE, VERSIONS, notes)
    assert "| C-FIND by UID, 5 studies | ms | 1 | 4 | Orthanc | 4 | 1 |" in section(
        text, "DIMSE, finding"
    )
    assert "| WADO-RS a frame | ms | 4 | 1 | Orthanc DICOMweb | **0.25** | 1 |" in section(
        text, "DICOMweb"
    )
    assert "| lab ready | ms | 700 |  | what we allow | 2.8 | 1 |" in section(
        text, "What a learner waits for"
    )
    assert "something new" in section(text, OTHER)
    assert "| C-FIND by UID, 5,000 studies | ms | 2 | 1 | 5 studies | **0.5** | 0.6 |" in section(
        text, "Growth"
    )
    assert [len(re.findall(rf"^\| {row.work.removeprefix(GROWTH)} ", text, re.MULTILINE))
            for row in (SLOW, FAST, odd, GROWN, ALONE)] == [1] * 5  # fmt: skip


def test_what_is_behind_is_named_and_the_notes_follow(notes: Path) -> None:
    text = page([SLOW, FAST, GROWN], WHERE, VERSIONS, notes)
    assert "2 of 3 lines are behind their target" in text
    assert section(text, BEHIND.removeprefix("## ")).split("\n\n") == [
        "\n- WADO-RS a frame: 0.25 of 1, beside Orthanc DICOMweb\n"
        "- growth: C-FIND by UID, 5,000 studies: 0.5 of 0.6, beside 5 studies",
        "### DIMSE", "Nothing helped.", "### DICOMweb", "A frame is slow.\n",
    ]  # fmt: skip
    assert text.index(BEHIND) < text.index("## Growth")
    assert "No line is behind its target." in page([FAST], WHERE, VERSIONS, notes)
    assert "## Growth" not in page([FAST], WHERE, VERSIONS, notes)


def test_a_note_that_would_put_the_page_out_of_order_is_refused(tmp_path: Path) -> None:
    (tmp_path / "odd.md").write_text("# Odd\n", "utf-8")
    with pytest.raises(ValueError, match=r"odd\.md does not begin with '### '"):
        texts(tmp_path)


def test_a_page_is_written_again_from_its_figures(notes: Path) -> None:
    text = page([SLOW, FAST], WHERE, VERSIONS, notes)
    assert machine_of(text) == (WHERE, VERSIONS)
    with pytest.raises(ValueError, match="not one of"):
        machine_of("# Performance\n\nNothing.\n")


def test_the_notes_and_the_figures_of_the_repository_fit() -> None:
    rows = [Row(**row) for row in json.loads((DOCS / "performance.json").read_text("utf-8"))]
    assert OTHER not in grouped(rows)
    assert set(grouped(rows)) <= set(GROUPS)
    assert machine_of((DOCS / "performance.md").read_text("utf-8"))[1].startswith("labkit ")
    for text in texts(NOTES):
        for target in re.findall(r"\]\(([^)#\s]+)", text):
            assert target.startswith("https://") or (DOCS / target).exists(), target


def test_a_part_that_fails_is_named_and_leaves_the_others_their_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measured(folder: Path, part: str, quick: bool, most: int) -> tuple[list[Row], str]:
        if part == "facade":
            raise RuntimeError("the PACS went away")
        return ([FAST], "labkit 9, Orthanc 9") if part == "dimse" else ([], "")

    monkeypatch.setattr(command, "measured", measured)
    monkeypatch.setattr("sys.argv", ["benchmarks", "--out", str(tmp_path)])
    with pytest.raises(SystemExit, match=r"Not measured, see above: facade$"):
        command.main()
    assert "the PACS went away" in capsys.readouterr().err
    assert json.loads((tmp_path / "performance.json").read_text("utf-8")) == [FAST.to_json()]
    assert "labkit 9, Orthanc 9" in (tmp_path / "performance.md").read_text("utf-8")
