"""``labkit import`` as the tests say it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from labkit.cli import app
from labkit.lab import Lab
from labkit.lab.owndata import delivery
from labkit.lab.owndata.index import Index


def run(*words: str | Path) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["import", *map(str, words)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


def told(*words: str | Path) -> tuple[int, dict[str, Any]]:
    code, out, _ = run(*words, "--yes", "--json")
    return code, json.loads(out)


def held_by_archive(lab: Lab, index: Index, name: str) -> set[str]:
    return delivery.present(lab.archive, index.named(name).StudyInstanceUID)
