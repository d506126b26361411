"""The report: tables that a spreadsheet reads, and pages that tell a learner what to read."""

from __future__ import annotations

import csv
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from labkit.common.errors import DataError
from labkit.exercises.find import folder
from labkit.workshop.marks.lessons import lessons
from labkit.workshop.marks.reporting import report
from labkit.workshop.marks.results import Mark, Sheet

WORKBOOK = folder().parents[1] / "notebooks"
START = "00_start_here.ipynb"
RULE = (("PS3.4 A.4", "https://dicom.nema.org/medical/dicom/current/output/chtml/part04.html"),)


def sheets() -> list[Sheet]:
    passed = Mark("echo-archive", "Ask the archive whether it is there", "passed", 1, 1,
                  why="ARCHIVE has recorded it.", rules=RULE, variant="act", hints=2)  # fmt: skip
    wrong = Mark("which-order", "Find the order that an image belongs to", "failed", 0, 1,
                 expected="the value of Accession Number (0008,0050) in this image",
                 got="=HYPERLINK(\"http://x\")<script>alert(1)</script>", says="You took Study ID.",
                 mistake="study-id", rules=RULE, variant="data", solution=1, checks=3)  # fmt: skip
    review = Mark("which-order", wrong.title, "review", 0, 1, why="Right here; elsewhere not.",
                  variant="data: unclear")  # fmt: skip
    beside = Mark("echo-archive", passed.title, "passed", 1, 1, where="beside")
    return [
        Sheet("ada", START, "k", "2026-01-15T08:00:00+00:00", (passed, wrong)),
        Sheet("ben", START, "k", "2026-01-15T08:00:00+00:00", (beside, review), ("A note",)),
    ]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    for sheet in sheets():
        sheet.write(tmp_path / "sheets" / sheet.learner / "00_start_here.json")
    report(tmp_path, "Day one", {START: WORKBOOK / START})
    return tmp_path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_sheet_is_read_as_it_was_written(written: Path) -> None:
    assert Sheet.read(written / "sheets" / "ada" / "00_start_here.json") == sheets()[0]


def test_one_row_a_learner_and_exercise(written: Path) -> None:
    found = rows(written / "marks.csv")
    assert [(r["learner"], r["exercise"], r["outcome"], r["points"]) for r in found] == [
        ("ada", "echo-archive", "passed", "1"), ("ada", "which-order", "failed", "0"),
        ("ben", "echo-archive", "passed", "1"), ("ben", "which-order", "review", "0"),
    ]  # fmt: skip
    assert found[1]["mistake"] == "study-id"
    assert found[1]["got"].startswith("'="), "no formula"


def test_one_row_a_learner(written: Path) -> None:
    ada, ben = rows(written / "summary.csv")
    assert (ada["points"], ada["most"], ada["percent"], ada["failed"]) == ("1", "2", "50.0", "1")
    assert (ben["passed"], ben["review"]) == ("1", "1")


class Page(HTMLParser):
    """What is on a page, and whether its tags close."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "link", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += f"{data} "


@pytest.mark.parametrize("name", ["index.html", "pages/ada.html", "pages/ben.html"])
def test_pages_are_whole_and_load_nothing(written: Path, name: str) -> None:
    text = (written / name).read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    tags = [tag for tag, _ in page.tags]
    assert not {"script", "img", "link", "iframe"} & set(tags)
    assert tags.count("h1") == 1
    assert ("html", {"lang": "en"}) in page.tags
    assert "default-src 'none'" in text
    assert not re.search(r"url\(|@import|<script", text)


def test_a_learner_reads_what_was_expected_got_and_where_to_read(written: Path) -> None:
    page = Page((written / "pages" / "ada.html").read_text(encoding="utf-8"))
    for words in ("1 of 2 points", "Not right", "You took Study ID.", "PS3.4 A.4", "Read again",
                  "the value of Accession", "1 look at the solution", "2 hints"):  # fmt: skip
        assert words in page.text
    assert "ben" not in page.text
    links = [attrs["href"] for tag, attrs in page.tags if tag == "a"]
    assert any(str(a).startswith("../../release/notebooks/00_start_here.ipynb#") for a in links)


def test_the_instructor_sees_what_was_hard_and_who_did_what(written: Path) -> None:
    page = Page((written / "index.html").read_text(encoding="utf-8"))
    for words in ("2 learners", "study-id", "0 of 2", "For you to look at", "A note",
                  "in the learner's own process"):  # fmt: skip
        assert words in page.text
    assert page.text.index("Find the order") < page.text.index("Ask the archive")


def test_nothing_marked_yet(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing has been marked"):
        report(tmp_path, "Day one", {START: WORKBOOK / START})


def test_where_an_exercise_is_in_its_lesson() -> None:
    found = lessons(WORKBOOK / "beginner" / "07_send.ipynb")
    assert found[""].title.startswith("07 ")
    lesson = found["refusal-codes"]
    assert lesson.section
    assert " " not in lesson.link("https://x.example/", "beginner/07_send.ipynb")
