import errno
import shutil
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest

from labkit.common.errors import LabError, LabkitError, PortTaken, UsageError
from labkit.lab.problems import explained


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), LabError, "is full"),
        (sqlite3.OperationalError("database or disk is full"), LabError, "is full"),
        (PermissionError(errno.EACCES, "Permission denied"), LabError, "cannot be written"),
        (OSError(errno.EROFS, "Read-only file system"), LabError, "cannot be written"),
        (sqlite3.OperationalError("attempt to write a readonly database"), LabError, "written"),
        (OSError(errno.EADDRINUSE, "Address already in use"), PortTaken, "port"),
        (sqlite3.DatabaseError("file is not a database"), LabError, "cannot be read"),
        (RuntimeError("boom"), LabError, "RuntimeError: boom"),
    ],
)
def test_each_cause_has_its_words_and_a_remedy(
    error: Exception, kind: type[LabkitError], says: str
) -> None:
    clear = explained(error, Path("somewhere"))
    assert type(clear) is kind
    assert says in clear.message
    assert clear.remedy


def test_our_own_error_stays_as_it_is() -> None:
    error = UsageError("as it is", remedy="none")
    assert explained(error, Path("somewhere")) is error


def test_an_io_error_of_sqlite_on_a_disk_without_room_is_a_full_disk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    assert "full" not in explained(error, tmp_path).message
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=4096))
    assert "is full" in explained(error, tmp_path).message
