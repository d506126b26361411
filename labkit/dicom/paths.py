"""Where something is in a data set: tags, keywords, and paths of them.

A *path* names one element or item, in the spelling of DCMTK's ``dcmodify``, items counted from 0::

    (0010,0010)
    (0040,0275)[0].(0032,1060)
    (0040,0275)[0]                 the item itself

Where a caller gives a path, keywords do as well: ``RequestAttributesSequence[0].StudyInstanceUID``.
"""

from __future__ import annotations

import re
from difflib import get_close_matches

from pydicom.datadict import dictionary_keyword, keyword_dict, tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag, Tag

from labkit.common.errors import UsageError

ITEM = BaseTag(0xFFFEE000)
"""Stands for an item itself, rather than an element of it (PS3.5 7.5)."""

_STEP = re.compile(r"^(?P<name>\([0-9a-fA-F]{4},\s*[0-9a-fA-F]{4}\)|\w+)(?:\[(?P<item>\d+)\])?$")
_SPELT = re.compile(r"\((\w{4}),(\w{4})\)(?:\[(\d+)\])?")


def spell_tag(tag: int) -> str:
    """Spell a tag as PS3.6 does: ``(0010,0010)``."""
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def parse_tag(text: str | int) -> BaseTag:
    """Understand a tag or keyword: ``"(0010,0010)"``, ``"00100010"``, ``"PatientName"``, an int.

    Raises
    ------
    UsageError
        Neither; with the keywords that are spelt alike.
    """
    if isinstance(text, int):
        return Tag(text)
    found = re.fullmatch(r"\(?([0-9a-fA-F]{4}),?\s*([0-9a-fA-F]{4})\)?", text.strip())
    if found:
        return Tag(int(found[1] + found[2], 16))
    tag = tag_for_keyword(text.strip())
    if tag is None:
        alike = get_close_matches(text, keyword_dict, 3)
        hint = f"Did you mean {' or '.join(alike)}?" if alike else "Give (gggg,eeee) or a keyword."
        raise UsageError(f"{text!r} is neither a tag nor a keyword of PS3.6.", remedy=hint)
    return Tag(tag)


def parse_path(path: str | int) -> list[tuple[BaseTag, int | None]]:
    """Take a path apart into steps of (tag, item number or ``None``).

    Raises
    ------
    UsageError
        It is not a path.
    """
    if isinstance(path, int):
        return [(Tag(path), None)]
    steps: list[tuple[BaseTag, int | None]] = []
    for part in path.strip().split("."):
        found = _STEP.match(part.strip())
        if not found:
            raise UsageError(
                f"{path!r} is not a path to a data element.",
                remedy="Write (gggg,eeee) or a keyword, and [0] for the first item of a sequence.",
            )
        item = found["item"]
        steps.append((parse_tag(found["name"]), None if item is None else int(item)))
    return steps


def canonical_path(path: str | int) -> str:
    """Spell a path by tags, as `HeaderRow.path` does."""
    return ".".join(
        spell_tag(tag) + ("" if item is None else f"[{item}]") for tag, item in parse_path(path)
    )


def container_of(ds: Dataset, path: str | int) -> tuple[Dataset, BaseTag]:
    """Find the data set (or item) that holds the element of `path`, and its tag.

    For the path of an item: the item, and the tag `ITEM`.

    Raises
    ------
    UsageError
        There is no such element or item; the message says which step failed.
    """
    steps = parse_path(path)
    here = ds
    meta = getattr(ds, "file_meta", None)
    if steps[0][0].group == 0x0002 and meta is not None:
        here = meta
    for depth, (tag, item) in enumerate(steps):
        if tag not in here:
            raise UsageError(
                f"This data set has no {named(tag)}.",
                remedy="Search the header for it; an element that is absent is not an empty one.",
            )
        if depth == len(steps) - 1 and item is None:
            return here, tag
        items = here[tag].value if here[tag].VR == "SQ" else []
        if item is None or item >= len(items):
            wanted = "an item number" if item is None else f"item [{item}]"
            raise UsageError(
                f"{named(tag)} has {len(items)} items; {wanted} was needed.",
                remedy="Items are counted from 0: the first is [0].",
            )
        here = items[item]
    return here, ITEM


def named(tag: int) -> str:
    """Name a tag for a sentence: ``PatientID (0010,0020)``."""
    try:
        return f"{dictionary_keyword(tag)} {spell_tag(tag)}".lstrip()
    except KeyError:
        return spell_tag(tag)


def sort_key(path: str) -> tuple[int, ...]:
    """Order spelt paths as a header is read: a sequence, its items, their elements, and so on."""
    key: list[int] = []
    for group, element, item in _SPELT.findall(path):
        key.append(int(group + element, 16))
        if item:
            key.append(int(item))
    return tuple(key)


def ancestors(path: str) -> list[str]:
    """List the sequences and items that a path lies in, outermost first."""
    cuts = [found.start() for found in re.finditer(r"\[|\.", path)]
    return [path[:cut] for cut in cuts]
