"""Options that commands of ``labkit workshop`` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DEFAULT = Path("workshop")

InWorkshop = Annotated[
    Path, typer.Option("--workshop", metavar="DIR", help="The workshop's folder.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
