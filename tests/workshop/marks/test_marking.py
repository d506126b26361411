"""Marks: kept, gone on with, and not believed where they cannot be."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import nbformat
import pytest

from labkit.common.errors import DataError, LabError
from labkit.dicom import samples
from labkit.exercises.cells import call, mark, slug_of
from labkit.exercises.find import catalogue, find, folder
from labkit.workshop.marks import marking as module
from labkit.workshop.marks import variants
from labkit.workshop.marks.kinds import kind, table, what
from labkit.workshop.marks.marking import Marking, best
from labkit.workshop.marks.notebook import exercises_of
from labkit.workshop.marks.results import Sheet
from labkit.workshop.marks.seating import Limits, Seated, seat
from tests.effort import effort

pytestmark = pytest.mark.timeout(900)  # kernels and labs start here, perhaps on a busy machine

START = "00_start_here.ipynb"
NOW = datetime(2026, 1, 15, 8, tzinfo=timezone.utc)
WORKBOOK = folder().parents[1] / "notebooks"


def solved(book: str, **answers: str) -> nbformat.NotebookNode:
    """A notebook with each exercise solved by its reference, or as said."""
    notebook = nbformat.read(WORKBOOK / book, 4)
    for cell in notebook.cells:
        slug = slug_of(cell.source) if cell.cell_type == "code" else None
        if slug:
            loaded = find(slug).load()
            body = answers.get(slug, loaded.exercise.reference)
            cell.source = f"{mark(slug)}\n\n{body}\n\n{call(loaded)}"
    return notebook


def hand_in(tmp_path: Path, learner: str, book: str, notebook: nbformat.NotebookNode) -> None:
    path = tmp_path / "collected" / learner / book
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def workshop(tmp_path: Path, seats: Callable[..., Seated] = seat, **more: Any) -> Marking:
    return Marking(
        tmp_path / "collected", tmp_path / "marks", {START: WORKBOOK / START}, seat=seats,
        clock=lambda: NOW, **more,
    )  # fmt: skip


PASSED = {"outcome": "passed", "where": "apart", "why": "good", "form": "'NG2600101'"}


class Seats:
    """Finds what it was told to; counts how often it was asked."""

    def __init__(self, *found: dict[str, Any], there: str = "'X'", stopped: str = "") -> None:
        self.found, self.there, self.stopped, self.asked = found, there, stopped, 0

    def __call__(self, cells: Sequence[str], slugs: Sequence[str], **how: Any) -> Seated:
        self.asked += 1
        if how.get("reference"):
            form = "'Y'" if how.get("samples") else PASSED["form"]
            return Seated(({"slug": "which-order", **PASSED, "form": form},))
        if how.get("samples"):
            return Seated(({"slug": "which-order", **PASSED, "form": self.there},))
        return Seated(self.found, self.stopped)


def marked(tmp_path: Path, seats: Seats, **more: Any) -> Sheet:
    hand_in(tmp_path, "ada", START, solved(START))
    making = workshop(tmp_path, seats, **more)
    ((sheet, _),) = list(making.run(making.jobs()))
    return sheet


def test_points_and_what_was_asked_for(tmp_path: Path) -> None:
    journal = tmp_path / "collected" / "ada" / "progress.jsonl"
    journal.parent.mkdir(parents=True)
    acts = [("hint", {}), ("hint", {}), ("check", {"outcome": "failed"}), ("solution", {})]
    lines = [{"format": "labkit-progress/1", "event": e, "slug": "echo-archive", **m}
             for e, m in acts]  # fmt: skip
    journal.write_text("\n".join(map(json.dumps, [*lines, {"event": "hint"}, []])) + "\ntorn")
    seats = Seats({"slug": "echo-archive", **PASSED})
    sheet = marked(tmp_path, seats, points={"echo-archive": 2.5})
    echo, order = sheet.marks
    assert (echo.outcome, echo.points, echo.most) == ("passed", 2.5, 2.5)
    assert (echo.hints, echo.solution, echo.checks) == (2, 1, 1)
    assert (order.outcome, order.points) == ("missing", 0)
    assert (sheet.points, sheet.most) == (2.5, 3.5)


@pytest.mark.parametrize(
    ("there", "outcome", "points"),
    [("'Y'", "passed", 1), (PASSED["form"], "failed", 0), ("'Z'", "review", 0), ("", "review", 0)],
)
def test_what_the_second_run_shows(tmp_path: Path, there: str, outcome: str, points: float) -> None:
    sheet = marked(tmp_path, Seats({"slug": "which-order", **PASSED}, there=there))
    order = sheet.marks[1]
    assert (order.outcome, order.points) == (outcome, points)
    assert (order.mistake == "typed-in") == (outcome == "failed")


def test_what_was_not_reached_is_for_a_person_to_look_at(tmp_path: Path) -> None:
    sheet = marked(tmp_path, Seats({"slug": "echo-archive", **PASSED}, stopped="It hung."))
    assert [(m.outcome, m.why) for m in sheet.marks] == [
        ("passed", "good"), ("unchecked", "Not reached. It hung."),
    ]  # fmt: skip


def test_what_was_not_reached_is_not_missing_where_its_first_line_was_deleted(
    tmp_path: Path,
) -> None:
    notebook = solved(START)
    for cell in notebook.cells:
        cell.source = cell.source.replace(mark("which-order"), "# my cell")
    hand_in(tmp_path, "ada", START, notebook)
    seats = Seats({"slug": "echo-archive", **PASSED}, stopped="It hung.")
    making = workshop(tmp_path, seats)
    ((sheet, kept),) = list(making.run(making.jobs()))
    assert (sheet.marks[1].outcome, sheet.marks[1].why) == ("unchecked", "Not reached. It hung.")
    asked = seats.asked
    seats.stopped, seats.found = "", ({"slug": "which-order", **PASSED},)
    ((sheet, kept),) = list(making.run(making.jobs()))
    assert not kept and seats.asked > asked, "a busy machine may have been the reason"


@pytest.mark.parametrize("who", ["reference", "samples"])
def test_what_was_not_reached_on_other_data_says_so(tmp_path: Path, who: str) -> None:
    inner = Seats({"slug": "which-order", **PASSED}, there="'Y'")

    def seats(cells: Sequence[str], slugs: Sequence[str], **how: Any) -> Seated:
        late = bool(how.get(who)) and not (who == "samples" and how.get("reference"))
        return Seated((), "It hung.") if late else inner(cells, slugs, **how)

    hand_in(tmp_path, "ada", START, solved(START))
    making = workshop(tmp_path, seats)
    ((sheet, _),) = list(making.run(making.jobs()))
    order = sheet.marks[1]
    assert (order.outcome, order.points) == ("unchecked", 0)
    assert order.why.startswith("Right on the workbook's data; on other data not reached.")
    assert "It hung." in order.why and "It hung." in sheet.notes[-1]
    assert sheet.marks[0].outcome == "missing", "it was run to the end there"


def test_an_answer_in_another_form_that_moves_is_right() -> None:
    pair = variants.Pair("[1]", "[2]")
    assert variants.compare(pair, "{1}", {"form": "{2}"}) == "moved"
    assert variants.compare(pair, "{1}", {"form": "{1}"}) == "typed"
    assert variants.compare(pair, "[1]", {"form": "[3]"}) == "unclear"
    assert variants.compare(pair, "[1]", None) == "unclear"
    assert variants.compare(pair, "", {"form": ""}) == "untried"
    assert variants.compare(variants.Pair("[1]", "[1]"), "[1]", {"form": "[1]"}) == "untried"


def test_it_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    for name in ("ada", "ben", "cy"):
        hand_in(tmp_path, name, START, solved(START))
    seats = Seats({"slug": "echo-archive", **PASSED})
    making = workshop(tmp_path, seats)
    first = next(making.run(making.jobs(), at_a_time=1))
    assert first[0].learner == "ada"
    before = seats.asked
    done = list(making.run(making.jobs()))
    assert [sheet.learner for sheet, _ in done] == ["ada", "ben", "cy"]
    assert done[0][1], "ada's had been marked before"
    assert seats.asked <= before + 2
    again = seats.asked
    assert all(kept for _, kept in making.run(making.jobs()))
    assert seats.asked == again
    hand_in(tmp_path, "ada", START, solved(START, **{"which-order": "accession = ..."}))
    assert [kept for _, kept in making.run(making.jobs())] == [False, True, True]


def test_a_sheet_that_was_tampered_with_is_marked_anew(tmp_path: Path) -> None:
    seats = Seats({"slug": "echo-archive", **PASSED})
    marked(tmp_path, seats)
    (path,) = (tmp_path / "marks").rglob("*.json")
    path.write_text("{}")
    with pytest.raises(DataError, match="no sheet of marks"):
        Sheet.read(path)
    assert marked(tmp_path, seats).points == 1


def test_marking_ends_where_the_code_that_marks_was_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = iter(["before", "after"])
    monkeypatch.setattr(module, "code_digest", lambda: next(digests))
    with pytest.raises(LabError, match="files of labkit have changed"):
        marked(tmp_path, Seats({"slug": "echo-archive", **PASSED}))
    assert not list((tmp_path / "marks").rglob("*.json"))


def test_stored_outputs_say_nothing(tmp_path: Path) -> None:
    notebook = solved(START, **{"which-order": "accession = ...", "echo-archive": "result = ..."})
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [nbformat.v4.new_output("stream", text="[PASSED] all of it")]
    hand_in(tmp_path, "ada", START, notebook)
    seen: list[str] = []

    def seats(cells: Sequence[str], slugs: Sequence[str], **how: Any) -> Seated:
        seen.extend(cells)
        return Seated(({"slug": slugs[0], "outcome": "blank"},), stopped="A cell did not end.")

    making = workshop(tmp_path, seats)
    ((sheet, _),) = list(making.run(making.jobs()))
    assert not any("PASSED" in cell for cell in seen)
    assert (sheet.points, sheet.notes) == (0, ("A cell did not end.",))


def test_nobody_of_that_name(tmp_path: Path) -> None:
    hand_in(tmp_path, "ada", START, solved(START))
    with pytest.raises(DataError, match="nothing is collected of bob"):
        workshop(tmp_path).jobs(["bob"])


def test_right_and_typed_in_through_real_kernels(tmp_path: Path) -> None:
    """The reference passes on other data too; the same value typed in does not."""
    hand_in(tmp_path, "ada", START, solved(START))
    typed = {"which-order": 'accession = "NG2600101"'}
    hand_in(tmp_path, "ben", START, solved(START, **typed))
    making = workshop(tmp_path, limits=Limits(cell=240))
    (ada, _), (ben, _) = list(making.run(making.jobs()))
    assert [(m.slug, m.outcome, m.variant) for m in ada.marks] == [
        ("echo-archive", "passed", "act"), ("which-order", "passed", "data: moved"),
    ]  # fmt: skip
    assert [(m.slug, m.outcome, m.mistake) for m in ben.marks] == [
        ("echo-archive", "passed", ""), ("which-order", "failed", "typed-in"),
    ]  # fmt: skip


def test_a_variant_is_the_same_story_with_other_values(tmp_path: Path) -> None:
    home = samples.folder()
    made = variants.make(tmp_path / "data", "the order NG2600101 stays", 7)
    old, new = (json.loads((p / "manifest.json").read_text(encoding="utf-8")) for p in (home, made))
    assert [p["name"] for p in old["patients"]] == [p["name"] for p in new["patients"]]
    same = [s["slug"] for s, t in zip(old["studies"], new["studies"], strict=True)
            if s["accession"] == t["accession"]]  # fmt: skip
    assert "ct-head" in same
    assert len(same) < len(old["studies"]) / 2
    assert not {s["study_uid"] for s in old["studies"]} & {s["study_uid"] for s in new["studies"]}
    for name, entry in old["files"].items():
        assert (made / name).stat().st_size == entry["size"]


def test_every_exercise_has_a_kind() -> None:
    rows = what()
    assert [row.slug for row in rows] == [entry.slug for entry in catalogue()]
    known = {entry.slug for entry in catalogue()}
    assert table().apart | set(table().left_out) <= known
    assert table().data <= table().apart
    assert kind(find("which-order")) == "data"
    assert kind(find("echo-archive")) == "act"


@pytest.mark.skipif(effort(0, 1) < 1, reason="all notebooks: LABKIT_LONG")
@pytest.mark.parametrize("book", sorted(
    str(path.relative_to(WORKBOOK)) for path in WORKBOOK.rglob("*.ipynb")
    if ".ipynb_checkpoints" not in path.parts))  # fmt: skip
def test_every_reference_passes_with_its_variant(tmp_path: Path, book: str) -> None:
    hand_in(tmp_path, "ada", book, solved(book))
    making = Marking(tmp_path / "collected", tmp_path / "marks", {book: WORKBOOK / book},
                     limits=Limits(cell=120, notebook=1800))  # fmt: skip
    ((sheet, _),) = list(making.run(making.jobs()))
    left = set(table().left_out)
    assert {m.slug: m.outcome for m in sheet.marks if m.slug not in left} == dict.fromkeys(
        (slug for slug in exercises_of(book) if slug not in left), "passed"
    )


def test_the_best_of_two_answers_counts() -> None:
    found = [("a", "failed"), ("a", "passed"), ("a", "blank"), ("b", "made up"), (None, None)]
    kept = best(Seated(tuple({"slug": slug, "outcome": outcome} for slug, outcome in found)))
    assert {slug: each["outcome"] for slug, each in kept.items()} == {"a": "passed"}
