"""Build the study, have a target de-identify it, attack what came out."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from labkit.common.errors import UsageError
from labkit.deid.attack.model import Planted, Row
from labkit.deid.attack.naive import NAIVE
from labkit.deid.attack.peers import PEERS, environment, peer
from labkit.deid.attack.study import build
from labkit.deid.attack.suite import attack
from labkit.deid.attack.targets import STANDARD, ours

TARGETS = ("ours", *PEERS, *NAIVE)
"""What `attacked` knows by name; anything else is a folder."""


def attacked(
    target: str,
    *,
    options: Sequence[str] = STANDARD,
    names: Iterable[str] = (),
    peers: Path | None = None,
) -> list[Row]:
    """Attack a target by its name, or a folder that somebody made of the study.

    Parameters
    ----------
    target
        One of `TARGETS`, or a folder.
    options
        Of the profile, for ``ours``.
    names
        Of attacks; all by default.
    peers
        Where the peers' virtual environment is, or is to be made; a new one by default.

    Raises
    ------
    UsageError
        There is no such target.
    DataError
        A peer cannot be installed or run.
    """
    with tempfile.TemporaryDirectory() as place:
        planted = build(Path(place) / "study")
        if target not in TARGETS:
            if not Path(target).is_dir():
                raise UsageError(
                    f"{target!r} is no target and no folder",
                    remedy=f"targets are {', '.join(TARGETS)}, or the folder of what came out",
                )
            return attack(planted, Path(target), target, names)
        out = Path(place) / "out"
        deidentified(target, planted, out, options=options, peers=peers or Path(place) / "venv")
        return attack(planted, out, target, names)


def deidentified(
    target: str, planted: Planted, out: Path, *, options: Sequence[str], peers: Path
) -> None:
    """Have a target de-identify the study."""
    if target == "ours":
        ours(planted.folder, out, options=options)
    elif target in NAIVE:
        NAIVE[target](planted.folder, out)
    else:
        peer(target, environment(peers), planted.folder, out)
