"""A notebook as a file that does not change unless what it says changes.

Cell ids come from the cells' content, metadata is reduced to what readers need, and outputs lose
what differs from run to run and is compared by nobody.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from labkit.common.errors import UsageError
from labkit.exercises.cells import slug_of
from labkit.exercises.find import TRACKS
from labkit.exercises.notebook_reading import ALT

#: Bytes; a notebook has to open quickly, and to show on GitHub.
LARGEST = 400 * 1024
#: In the metadata of a cell that varies with the back end: which product does what.
WHY = "why_it_varies"
#: A tag: the cell is folded in JupyterLab, since it gives away the answer to the exercise above.
FOLDED = "folded"
WIDGET = "application/vnd.jupyter.widget-view+json"
_NAME = re.compile(r"(\d\d)_[a-z0-9_]+")


@dataclass(frozen=True)
class Place:
    """Where a notebook stands in the workbook.

    Attributes
    ----------
    root
        The folder that holds ``notebooks/``.
    track
        One of `TRACKS`.
    folder
        The name of its exercises' folder: ``"nb07_send"``.
    """

    root: Path
    track: str
    folder: str


def place_of(path: Path) -> Place:
    """Read the place of a notebook from its path.

    Raises
    ------
    UsageError
        It is not ``notebooks/<track>/NN_name.ipynb``, or ``notebooks/NN_name.ipynb``, which is
        the track ``start``.
    """
    path = path.resolve()
    above = path.parent
    track = TRACKS[0] if above.name == "notebooks" else above.name
    home = above if above.name == "notebooks" else above.parent
    if path.suffix != ".ipynb" or not _NAME.fullmatch(path.stem) or home.name != "notebooks":
        raise UsageError(
            f"{path.name} is not where a notebook belongs",
            remedy="call it notebooks/<track>/NN_name.ipynb, in small letters with _ between words",
        )
    if track not in TRACKS:
        raise UsageError(f"there is no track {track!r}", remedy=f"use one of {', '.join(TRACKS)}")
    return Place(home.parent, track, f"nb{path.stem}")


def read(path: Path) -> Any:
    """Read a notebook (nbformat 4).

    Raises
    ------
    UsageError
        There is none, or it is not a notebook.
    """
    try:
        return nbformat.read(path, as_version=4)
    except FileNotFoundError:
        raise UsageError(f"there is no {path}", remedy="check the path") from None
    except (OSError, ValueError, KeyError, AttributeError, nbformat.ValidationError) as error:
        raise UsageError(
            f"{path} is not a notebook: {error}", remedy="build it with `labkit notebooks build`"
        ) from error


def write(notebook: Any, path: Path) -> None:
    """Write a notebook in its one form: settled, UTF-8, LF.

    Raises
    ------
    UsageError
        It is larger than `LARGEST`.
    """
    text = text_of(notebook)
    size = len(text.encode("utf-8"))
    if size > LARGEST:
        raise UsageError(
            f"{path.name} would have {size // 1024} KB; {LARGEST // 1024} KB is the most",
            remedy="show fewer or smaller pictures, or a part of that long output",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def text_of(notebook: Any) -> str:
    """Return the one form of a notebook, which is settled on the way."""
    return str(nbformat.writes(settle(notebook))).rstrip("\n") + "\n"


def settle(notebook: Any) -> Any:
    """Return `notebook` with what may differ between two runs of the same thing taken out."""
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    spec = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": spec, "language_info": {"name": "python"}}
    )
    used: set[str] = set()
    for cell in notebook.cells:
        cell.id = _cell_id(cell.source, used)
        tags = list(cell.metadata.get("tags", []))
        kept: dict[str, Any] = {"tags": tags} if tags else {}
        if FOLDED in tags:
            kept["jupyter"] = {"source_hidden": True}
        if why := cell.metadata.get(WHY):
            kept[WHY] = str(why)
        if words := cell.metadata.get(ALT):
            kept[ALT] = str(words)
        cell.metadata = nbformat.from_dict(kept)
        cell.pop("attachments", None)
        if cell.cell_type == "code":
            cell.outputs = [_settle_output(output) for output in _joined(cell.outputs)]
    return notebook


def _cell_id(source: str, used: set[str]) -> str:
    """Name a cell after its exercise, or its content."""
    name = slug_of(source) or hashlib.sha256(source.encode("utf-8")).hexdigest()[:8]
    base, number = name[:60], 1
    while name in used:
        number += 1
        name = f"{base}-{number}"
    used.add(name)
    return name


def _joined(outputs: list[Any]) -> list[Any]:
    """Join neighbouring pieces of one stream; how a stream is cut depends on timing."""
    joined: list[Any] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if (
            last is not None
            and output.output_type == last.output_type == "stream"
            and output.name == last.name
        ):
            last.text += output.text
        else:
            joined.append(output)
    return joined


def _settle_output(output: Any) -> Any:
    if "data" in output:
        output.metadata = nbformat.from_dict({})
        # Its model lives in a kernel that is gone; the fallback beside it can be seen everywhere.
        if len(output.data) > 1:
            output.data.pop(WIDGET, None)
    return output
