"""What a file that is kept durably may be asked for besides."""

from pathlib import Path

from labkit.common.durable import Durable, Wording

WORDING = Wording("the file", unopened="Look.", unwritten="Make room.")
SCHEMA = "CREATE TABLE word (text TEXT NOT NULL);"
SECRET = "Quillfeather" * 40


def test_it_waits_for_the_disk_unless_somebody_else_keeps_the_same(tmp_path: Path) -> None:
    for lazy, mode in ((False, 2), (True, 1)):  # FULL, NORMAL
        file = Durable(tmp_path / str(lazy), [SCHEMA], WORDING, lazy=lazy)
        assert file.query("PRAGMA synchronous") == [(mode,)]
        file.close()


def test_what_was_erased_is_in_none_of_its_files(tmp_path: Path) -> None:
    file = Durable(tmp_path / "words", [SCHEMA], WORDING, erased=True)
    try:
        with file.transaction():
            file.db.execute("INSERT INTO word VALUES (?)", [SECRET])
        assert any(SECRET.encode() in path.read_bytes() for path in tmp_path.iterdir())
        with file.transaction():
            file.db.execute("DELETE FROM word")
        file.erase()
        assert not any(b"Quillfeather" in path.read_bytes() for path in tmp_path.iterdir())
    finally:
        file.close()
