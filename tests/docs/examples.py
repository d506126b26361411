"""Runs the examples of a page, so that what it shows is what they print.

``python -m tests.docs.examples docs/api/*.md`` writes what they print into the pages.

- A block of ``python`` is run in the page's own namespace, in the order of the page. A block of
  ``text`` that follows it at once is what it prints; without one it prints nothing.
- In a block of ``console``, a line ``$ labkit …`` is a command, and what follows it is what it
  prints on standard output, or the error that ends it.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import sys
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from labkit import cli
from labkit.common.errors import LabkitError

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(
    r"```python\n(?P<code>.*?)```\n(?P<shown>\n```text\n(?P<text>.*?)```\n)?"
    r"|```console\n(?P<console>.*?)```\n",
    re.DOTALL,
)


def renewed(page: str, name: str) -> str:
    """Return the text of a page with what its examples print now, in the working directory."""
    space: dict[str, Any] = {"__name__": name}

    def one(match: re.Match[str]) -> str:
        if match["console"] is not None:
            return "```console\n" + "".join(map(_ran, _commands(match["console"]))) + "```\n"
        line = page.count("\n", 0, match.start()) + 1
        printed = _printed(match["code"], f"{name}, after line {line}", space)
        block = f"```python\n{match['code']}```\n"
        return f"{block}\n```text\n{printed}```\n" if printed else block

    return _BLOCK.sub(one, page)


def same(page: str, other: str) -> bool:
    """Whether two texts of a page agree; a digest of 64 digits is any, for it changes with code."""
    return _masked(page) == _masked(other)


def _masked(text: str) -> str:
    return re.sub(r"\b[0-9a-f]{64}\b", "0" * 64, text)


def _printed(code: str, where: str, space: dict[str, Any]) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, where, "exec"), space)
    return out.getvalue()


def _commands(block: str) -> list[str]:
    return [line[2:] for line in block.splitlines() if line.startswith("$ ")]


def _ran(command: str) -> str:
    words = shlex.split(command)
    assert words[0] == "labkit", command
    done = CliRunner().invoke(cli.app, words[1:])
    said = done.stdout
    if isinstance(done.exception, LabkitError):
        said = f"labkit: {done.exception}\n"
    elif done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    said = "".join(f"{line.rstrip()}\n" for line in said.splitlines())
    return f"$ {command}\n{said}".replace(f"{Path.cwd()}{os.sep}", "")


def main(pages: list[str]) -> None:
    """Write what the examples print into the pages."""
    import tempfile

    for path in map(Path, pages):
        path = path.resolve()
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            Path("sample_data").symlink_to(ROOT / "sample_data")
            before = path.read_text("utf-8")
            text = renewed(before, path.name)
            os.chdir(ROOT)
        if not same(before, text):
            path.write_text(text, "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
