"""The files beside: TOML in, plain data out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from labkit.common.toml_file import TomlFile

FOLDER = Path(__file__).with_name("data")


def text(name: str) -> str:
    """Return a file as it stands."""
    return (FOLDER / name).read_text(encoding="utf-8")


def data(name: str) -> dict[str, Any]:
    """Return what a file says."""
    return TomlFile.parse(text(name), FOLDER / name).data
