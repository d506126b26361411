"""Text files that people write: table and site file, both TOML."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from labkit.common.errors import DataError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def read_text(path: str | Path, what: str) -> str:
    """Read a UTF-8 file, or say in words what is wrong with it."""
    try:
        return Path(path).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"the {what} {path} cannot be read ({error})", remedy="is the path right, is it UTF-8?"
        ) from error


def parse_toml(text: str, name: str) -> dict[str, Any]:
    """Parse TOML, or say in which line it breaks."""
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DataError(
            f"{name} is not TOML: {error}", remedy="strings need quotes, a row starts with [[row]]"
        ) from error
    return data
