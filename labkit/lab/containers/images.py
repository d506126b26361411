"""Are the images here, and made of what the repository holds now? Then nothing has to be built."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from labkit.lab.containers.engine import Run

LABEL = "labkit.source"
"""Label of an image: `source` of the folder that it was made from."""
ARGUMENT = "SOURCE"
"""Build argument that the Dockerfiles make the label of."""
_NAMED = re.compile(r"^\s+image: (\S+)$", re.MULTILINE)


def source(folder: Path) -> str:
    """Return a digest of all files that the labelled images are made of.

    Certificates are left out: they are of the place, and an image from another place is as good.
    So are the ends of lines, which git may have changed.
    """
    found = hashlib.sha256()
    labelled = [p.parent for p in folder.glob("*/Dockerfile") if LABEL in p.read_text("utf-8")]
    for path in sorted(path for one in labelled for path in one.rglob("*")):
        parts = path.relative_to(folder).parts
        if not path.is_file() or {"target", "__pycache__"} & set(parts):
            continue
        found.update("/".join(parts).encode() + b"\0")
        found.update(path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return found.hexdigest()[:16]


def named(config: str) -> list[str]:
    """Return the images that ``docker compose config`` names."""
    return sorted(set(_NAMED.findall(config)))


def here(images: Sequence[str], run: Run, *, made_of: str = "") -> bool:
    """Whether the engine has all these images; with `made_of`, made of just that."""
    if not images:
        return False
    shown = ["--format", f'{{{{index .Config.Labels "{LABEL}"}}}}']
    done = run(["docker", "image", "inspect", *shown, *images])
    return done.code == 0 and (not made_of or set(done.out.split()) == {made_of})
