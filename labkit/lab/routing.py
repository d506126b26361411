"""What a rule file would do with an object, without a router."""

from __future__ import annotations

from datetime import time
from pathlib import Path

from pydicom.dataset import Dataset

from labkit.common.errors import UsageError
from labkit.dicom import read
from labkit.pacs.rule_file import read_rules
from labkit.pacs.rules import Arrived, Decision, header_of


def explained(
    rules: str | Path, source: Dataset | Path, *, calling: str = "LEARNER", at: str = "12:00"
) -> Decision:
    """Say which rule an object would obey, and why no other; printed, it is a sentence a rule.

    Parameters
    ----------
    rules
        A rule file, or its text.
    source
        A data set or a DICOM file.
    calling
        AE title that sends it.
    at
        Time of day by the router's clock, ``"HH:MM"``.

    Raises
    ------
    UsageError
        The rules cannot be used (it says in which line), or `at` is no time.
    DataError
        The file is not DICOM.
    """
    book = read_rules(rules_text(rules) if isinstance(rules, Path) else rules)
    try:
        moment = time.fromisoformat(at)
    except ValueError as error:
        raise UsageError(f"{at!r} is no time of day", remedy="Write it as 23:30.") from error
    ds = source if isinstance(source, Dataset) else read(source)
    return book.decide(Arrived(calling, header_of(ds), moment))


def rules_text(path: Path) -> str:
    """Return what stands in a rule file."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} cannot be read as text", remedy="Give the path of a rule file (TOML, UTF-8)."
        ) from error
