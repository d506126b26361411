"""``python -m labkit.exchange.conformance``: run the tests and write the statement."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from labkit.common.errors import LabkitError, UsageError
from labkit.exchange.conformance.requirements import Requirement, read_requirements
from labkit.exchange.conformance.results import Outcome, read_junit, run_tests
from labkit.exchange.conformance.statement import COMMAND, result_of, statement

PAGE = "docs/xds-i.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 if all that is claimed was shown, and the page is as it should be; else 1."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="the checkout")
    parser.add_argument("--junit", type=Path, help="a JUnit report of these tests: runs none")
    parser.add_argument("--check", action="store_true", help="write nothing; is the page so?")
    parser.add_argument("--json", action="store_true", help="print the results, one object a line")
    given = parser.parse_args(arguments)
    try:
        return _state(given.root, given.junit, check=given.check, as_json=given.json)
    except LabkitError as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _state(root: Path, junit: Path | None, *, check: bool, as_json: bool) -> int:
    requirements = read_requirements()
    outcomes = _outcomes(requirements, root, junit)
    results = {one.id: result_of(one, outcomes) for one in requirements}
    if as_json:
        for one in requirements:
            said = {"id": one.id, "actor": one.actor, "section": one.section,
                    "result": results[one.id], "tests": list(one.tests)}  # fmt: skip
            sys.stdout.write(json.dumps(said) + "\n")
    page, text = root / PAGE, statement(requirements, outcomes)
    same = page.is_file() and page.read_text("utf-8") == text
    if not check:
        page.write_text(text, encoding="utf-8", newline="\n")
    elif not same:
        sys.stderr.write(f"{PAGE} is not what this run came to; write it with: {COMMAND}\n")
    open_ = [f"{name}: {result}" for name, result in results.items() if result in _OPEN]
    for line in open_:
        sys.stderr.write(f"{line}\n")
    shown = sum(result in ("pass", "part") for result in results.values())
    if not as_json:
        sys.stdout.write(f"{shown} of {len(results)} requirements shown, {len(open_)} open.\n")
    return 1 if open_ or (check and not same) else 0


_OPEN = ("FAIL", "not run")


def _outcomes(
    requirements: Sequence[Requirement], root: Path, junit: Path | None
) -> Mapping[str, Outcome]:
    if junit is None:
        return run_tests({test for one in requirements for test in one.tests}, root)
    try:
        return read_junit(junit.read_bytes())
    except OSError as error:
        raise UsageError(
            f"{junit} cannot be read: {error.strerror}",
            remedy="Name a report of pytest --junitxml.",
        ) from error


if __name__ == "__main__":
    sys.exit(main())
