"""What SQLite says of a disk that is full or read-only, as the operating system says it."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def written(what: str) -> Iterator[None]:
    """Raise ``OSError`` where SQLite could not write, so that callers know one kind of full disk.

    Parameters
    ----------
    what
        Named in the error: ``"the index"``.

    Raises
    ------
    OSError
        ``ENOSPC``, ``EROFS`` or ``EIO``, with SQLite's own words.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        said = str(error)
        if "full" in said:
            code = errno.ENOSPC
        elif "readonly" in said:
            code = errno.EROFS
        elif "I/O" in said or "unable to open" in said:
            code = errno.EIO
        else:
            raise
        raise OSError(code, f"{what} cannot be written: {said}") from error


@contextmanager
def transaction(connection: sqlite3.Connection, what: str) -> Iterator[None]:
    """All of it or nothing; after a disk that was full, the next one can begin.

    Raises
    ------
    OSError
        As of `written`.
    """
    with written(what):
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            roll_back(connection)
            raise


def roll_back(connection: sqlite3.Connection) -> None:
    """Undo what is open, whatever has failed: a later transaction could not begin otherwise.

    After some errors SQLite has done so by itself (sqlite.org/lang_transaction.html, 3).
    """
    if connection.in_transaction:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
