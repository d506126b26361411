"""What is sent in is taken, or refused with words; nothing of it leads anywhere else."""

from __future__ import annotations

import json
import zipfile
from datetime import datetime, timezone
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from labkit.common.errors import UsageError
from labkit.workshop.marks import notebook as books
from labkit.workshop.marks import sources
from labkit.workshop.marks.collecting import Taken, collect

RELEASED = ("00_start_here.ipynb", "beginner/07_send.ipynb")
NOW = datetime(2026, 1, 15, 8, tzinfo=timezone.utc)


def bytes_of(*slugs: str, more: str = "") -> bytes:
    cells = [new_code_cell(f"# exercise: {slug}\n\nx = 1\n{more}") for slug in slugs]
    for number, cell in enumerate(cells):
        cell.id = f"c{number}"
    return nbformat.writes(new_notebook(cells=cells)).encode()


START = bytes_of("echo-archive", "which-order")
SEND = bytes_of(*books.exercises_of("beginner/07_send.ipynb"))


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def collected(tmp_path: Path, *found: Path, name: str = "") -> list[Taken]:
    return collect(tmp_path / "collected", found, RELEASED, name=name, clock=lambda: NOW)


def test_a_learner_s_folder(tmp_path: Path) -> None:
    home = tmp_path / "learners" / "ada"
    (home / "notebooks" / "beginner").mkdir(parents=True)
    (home / "notebooks" / "00_start_here.ipynb").write_bytes(START)
    (home / "notebooks" / "beginner" / "07_send.ipynb").write_bytes(SEND)
    (home / "notebooks" / ".ipynb_checkpoints").mkdir()
    (home / "notebooks" / ".ipynb_checkpoints" / "x.ipynb").write_bytes(START)
    (home / ".lab").mkdir()
    (home / ".lab" / "progress.jsonl").write_bytes(b"{}\n")
    (home / "elsewhere.ipynb").symlink_to("/etc/passwd")
    done = collected(tmp_path, home)
    assert [(one.notebook, one.state) for one in done] == [
        ("", "refused"), ("00_start_here.ipynb", "taken"), ("beginner/07_send.ipynb", "taken"),
    ]  # fmt: skip
    assert done[0].words == "it is a link to another place"
    target = tmp_path / "collected" / "ada"
    assert (target / "beginner" / "07_send.ipynb").read_bytes() == SEND
    assert (target / "progress.jsonl").read_bytes() == b"{}\n"
    notes = json.loads((target / "collected.json").read_text())["notebooks"]
    assert notes["00_start_here.ipynb"]["at"] == NOW.isoformat()


def test_it_is_known_by_its_exercises_and_not_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "ada_07_send.ipynb"
    path.write_bytes(START)
    (done,) = collected(tmp_path, path)
    assert (done.learner, done.notebook, done.state) == ("ada", "00_start_here.ipynb", "taken")


@pytest.mark.parametrize(
    ("name", "learner"),
    [("ada_07_send.ipynb", "ada"), ("07_send-ben.ipynb", "ben"), ("00_start_here_cy.ipynb", "cy")],
)
def test_whose_it_is_by_the_name_of_the_file(tmp_path: Path, name: str, learner: str) -> None:
    assert sources.named_by(tmp_path / name, RELEASED) == learner


@pytest.mark.parametrize("name", ["07_send.ipynb", "07_send (1).ipynb", "07_send-Copy1.ipynb"])
def test_a_name_that_tells_nobody_is_asked_for(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(SEND)
    (done,) = collected(tmp_path, path)
    assert done.state == "refused"
    assert "--name" in done.words
    (done,) = collected(tmp_path, path, name="ada")
    assert (done.learner, done.state) == ("ada", "taken")


def test_another_version_takes_its_place_and_the_earlier_one_is_kept(tmp_path: Path) -> None:
    source = zipped(tmp_path / "ada.zip", {"07_send.ipynb": SEND})
    assert collected(tmp_path, source)[0].state == "taken"
    assert collected(tmp_path, source)[0].state == "same"
    later = SEND.replace(b"x = 1", b"x = 2")
    (done,) = collected(tmp_path, zipped(source, {"07_send.ipynb": later}))
    assert done.state == "replaced"
    home = tmp_path / "collected" / "ada"
    assert (home / "beginner" / "07_send.ipynb").read_bytes() == later
    assert (home / "earlier" / "beginner__07_send-1.ipynb").read_bytes() == SEND
    assert "earlier/beginner__07_send-1.ipynb" in done.words


def test_two_of_one_notebook_in_one_archive_are_not_guessed_between(tmp_path: Path) -> None:
    later = SEND.replace(b"x = 1", b"x = 2")
    source = zipped(tmp_path / "ada.zip", {"a.ipynb": SEND, "b.ipynb": later})
    first, second = collected(tmp_path, source)
    assert (first.state, second.state) == ("taken", "refused")
    assert "hand in one of the two" in second.words


def test_two_sources_of_one_name_are_not_mixed(tmp_path: Path) -> None:
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        zipped(tmp_path / place / "ada.zip", {"07_send.ipynb": SEND})
    with pytest.raises(UsageError, match="both called ada"):
        collected(tmp_path, tmp_path / "a" / "ada.zip", tmp_path / "b" / "ada.zip")
    assert not (tmp_path / "collected").exists()


@pytest.mark.parametrize(
    "name", ["../07_send.ipynb", "/etc/07_send.ipynb", "a/../../x.ipynb", "C:\\x.ipynb"]
)
def test_a_name_that_leads_out_of_the_archive(tmp_path: Path, name: str) -> None:
    (done,) = collected(tmp_path, zipped(tmp_path / "ada.zip", {name: SEND}))
    assert (done.state, done.words) == ("refused", "its name leads out of the archive")
    assert [path.name for path in tmp_path.rglob("*.ipynb")] == []


def test_what_is_no_archive(tmp_path: Path) -> None:
    whole = zipped(tmp_path / "ada.zip", {"07_send.ipynb": SEND}).read_bytes()
    for data in (b"", b"PK\x03\x04 not really", whole[: len(whole) // 2]):
        (tmp_path / "ada.zip").write_bytes(data)
        (done,) = collected(tmp_path, tmp_path / "ada.zip")
        assert (done.state, "not a whole zip archive" in done.words) == ("refused", True)
    broken = bytearray(whole)
    broken[60] ^= 0xFF
    (tmp_path / "ada.zip").write_bytes(broken)
    assert collected(tmp_path, tmp_path / "ada.zip")[0].state == "refused"


def test_huge_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    big = bytes_of("which-order", more="#" * 3000)
    source = zipped(tmp_path / "ada.zip", {"a.ipynb": big})
    (tmp_path / "ben").mkdir()
    (tmp_path / "ben" / "a.ipynb").write_bytes(big)
    monkeypatch.setattr(sources, "LARGEST", 2000)
    for place in (source, tmp_path / "ben"):
        (done,) = collected(tmp_path, place)
        assert (done.state, "is the most" in done.words) == ("refused", True)
    monkeypatch.setattr(sources, "LARGEST", 10**6)
    monkeypatch.setattr(books, "LARGEST", 2000)
    (done,) = collected(tmp_path, source)
    assert "labkit notebooks clean" in done.words
    monkeypatch.setattr(sources, "MOST_MEMBERS", 0)
    (done,) = collected(tmp_path, source)
    assert "1 files are in it; 0 is the most" in done.words


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"[]", b'{"cells": 3, "nbformat": 4}', b"\xff\xfe", b"[" * 100_000]
)
def test_what_is_no_notebook(tmp_path: Path, data: bytes) -> None:
    (done,) = collected(tmp_path, zipped(tmp_path / "ada.zip", {"07_send.ipynb": data}))
    assert done.state == "refused"
    assert "it is not a notebook" in done.words


def test_a_notebook_of_another_version(tmp_path: Path) -> None:
    source = zipped(
        tmp_path / "ada.zip",
        {"a.ipynb": bytes_of("which-order", "was-renamed"), "b.ipynb": bytes_of("find-posy")},
    )
    first, second = collected(tmp_path, source)
    assert first.state == "taken"
    assert first.words == (
        "it has no cell of echo-archive; its cells of was-renamed are of no exercise of this "
        "notebook: perhaps it is of another version"
    )
    assert second.words == "it is none of the released notebooks: its exercises are not theirs"


def test_nothing_at_all(tmp_path: Path) -> None:
    (done,) = collected(tmp_path, zipped(tmp_path / "ada.zip", {"readme.txt": b"hello"}))
    assert done.words == "there is no notebook in it"
    with pytest.raises(UsageError, match="there is no"):
        collected(tmp_path, tmp_path / "nobody.zip")
    with pytest.raises(UsageError):
        collected(tmp_path, tmp_path / "ada.zip", name="../ada")
