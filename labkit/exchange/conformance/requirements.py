"""What is asked of the actors of XDS-I.b and XCA-I, in our words, and what is claimed of it."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal, get_args

from labkit.common.errors import UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Claim = Literal["yes", "part", "no"]
ACTORS = (
    "Imaging Document Source",
    "Imaging Document Consumer",
    "Document Repository",
    "Document Registry",
    "Responding Imaging Gateway",
    "Initiating Imaging Gateway",
    "every actor",
)
"""In the order of the statement."""
_TEST = re.compile(r"tests/(\w+/)*test_\w+\.py::test_\w+")
_KEYS = {"id", "actor", "transaction", "section", "text", "tests", "claim", "note"}


@dataclass(frozen=True)
class Requirement:
    """One thing that is asked of an actor.

    Attributes
    ----------
    id
        Ours, unique: transaction, actor, number.
    actor
        Of `ACTORS`.
    transaction
        ``RAD-69``, or the profile that is grouped with it: ``CT``, ``ATNA``, ``XUA``.
    section
        Where IHE asks it.
    text
        What is asked, in our own words.
    tests
        ``file::name`` of the tests that show it; each of them has to pass.
    claim
        ``yes``, ``part`` (the note says which part) or ``no`` (not claimed; the note says why).
    note
        What is limited, or left out.
    """

    id: str
    actor: str
    transaction: str
    section: str
    text: str
    tests: tuple[str, ...] = ()
    claim: Claim = "yes"
    note: str = ""


def read_requirements(text: str | None = None) -> tuple[Requirement, ...]:
    """Read the requirements, by default those of this package.

    Raises
    ------
    UsageError
        An entry cannot be used; it is named.
    """
    if text is None:
        text = (resources.files(__package__) / "requirements.toml").read_text("utf-8")
    found = [_requirement(each) for each in tomllib.loads(text)["requirement"]]
    for one in found:
        if sum(other.id == one.id for other in found) > 1:
            raise _wrong(one.id, "has an id that another has too")
    return tuple(sorted(found, key=lambda one: ACTORS.index(one.actor)))


def _requirement(said: dict[str, Any]) -> Requirement:
    name = str(said.get("id", "a requirement"))
    missing = {"id", "actor", "transaction", "section", "text"} - set(said)
    if missing or set(said) - _KEYS:
        raise _wrong(name, f"has keys that are missing or unknown: {sorted(missing | set(said))}")
    one = Requirement(**{**said, "tests": tuple(said.get("tests", ()))})
    if one.actor not in ACTORS:
        raise _wrong(name, f"is of no actor that is known: {one.actor!r}")
    if one.claim not in get_args(Claim):
        raise _wrong(name, f"has the claim {one.claim!r}; use yes, part or no")
    if one.claim != "no" and not one.tests:
        raise _wrong(name, "is claimed, and no test shows it")
    if one.claim != "yes" and not one.note:
        raise _wrong(name, "is not claimed as a whole, and no note says why")
    if bad := [test for test in one.tests if not _TEST.fullmatch(test)]:
        raise _wrong(name, f"names {bad[0]!r}; write tests/folder/test_file.py::test_name")
    return one


def _wrong(name: str, what: str) -> UsageError:
    return UsageError(f"{name} {what}.", remedy="Correct requirements.toml.")
