"""Hidden variants: the same notebook on data with other values.

A variant of the sample data has other UIDs, accession numbers, patient IDs, times of day and
exposures, of the same length and everywhere alike: in the files, in the archives and on the FHIR
server. What a notebook itself names stays as it is, or nobody could do what it asks. Code that
works an answer out then comes to another answer, and a value that was typed in stays.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from pydicom import dcmread

from labkit.dicom import samples
from labkit.exercises.find import find

#: Minutes that times of day, and moments with a date, are later in a variant. They differ, so
#: that an interval between the two does as well.
_TM, _DT = 3, 10
_TIME = re.compile(rb"TM\x06\x00(\d{6})")
_MOMENT = re.compile(rb"DT\x0e\x00(\d{14})")
#: Numbers of the exposure and of the rescale: the last digit is another one.
_NUMBER = re.compile(
    rb"((?:\x18\x00(?:\x60\x00|\x50\x11|\x51\x11|\x52\x11)|\x28\x00\x52\x10)"
    rb"(?:DS|IS)[\x02-\x10]\x00-?[\d.]*)(\d)(?=[^\d.])"
)
_VALUE = re.compile(rb"2\.25\.\d{20,}|[A-Z]{2}-?\d{5,9}")
_KEYWORDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID",
             "AccessionNumber", "PatientID", "StudyID")  # fmt: skip

Finding = Literal["moved", "typed", "unclear", "untried"]


def text_of(cells: Iterable[str], slugs: Iterable[str]) -> str:
    """Return all that a learner is told: what is named in it is part of the question.

    What only a check knows does not count: it does not judge the second run.
    """
    told = list(cells)
    for exercise in (find(slug).load().exercise for slug in slugs):
        told += [exercise.blank, exercise.given, exercise.reference, exercise.explanation]
        told += exercise.hints
    return "\n".join(told)


def make(target: Path, text: str, seed: int) -> Path:
    """Write a variant of the sample data.

    Parameters
    ----------
    target
        The folder to make.
    text
        What is named in it stays as it is, see `text_of`.
    seed
        Another seed gives other values.

    Returns
    -------
    Path
        `target`, for ``LABKIT_SAMPLES``.
    """
    home = samples.folder()
    files = {path: path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()}
    dice = random.Random(f"labkit {seed}")  # nosec B311: no secret, and the same every time
    swaps = {old.encode(): _other(old, dice).encode() for old in _values(files)
             if old not in text}  # fmt: skip
    for path, data in files.items():
        data = _VALUE.sub(lambda found: swaps.get(found.group(), found.group()), data)
        if path.suffix == ".dcm":
            data = _TIME.sub(lambda m: b"TM\x06\x00" + _later(m.group(1), "%H%M%S", _TM), data)
            data = _MOMENT.sub(
                lambda m: b"DT\x0e\x00" + _later(m.group(1), "%Y%m%d%H%M%S", _DT), data
            )
            data = _NUMBER.sub(lambda m: m.group(1) + b"%d" % ((int(m.group(2)) + 1) % 10), data)
        new = target / path.relative_to(home)
        new.parent.mkdir(parents=True, exist_ok=True)
        new.write_bytes(data)
    _sums(target)
    return target


def _values(files: Mapping[Path, bytes]) -> list[str]:
    """Return the values that can be others; each long enough to be nothing else by chance."""
    found: dict[str, None] = {}
    for path in files:
        if path.suffix != ".dcm":
            continue
        ds = dcmread(path, stop_before_pixels=True)
        for element in ds.iterall():
            if element.keyword in _KEYWORDS or element.VR == "UI":
                value = str(element.value)
                if _VALUE.fullmatch(value.encode()):
                    found[value] = None
    return sorted(found)


def _other(value: str, dice: random.Random) -> str:
    """Return another value of the same length and form."""
    if value.startswith("2.25."):
        tail = "".join(dice.choice("0123456789") for _ in value[6:])
        return f"2.25.{dice.choice('12')}{tail}"
    return re.sub(r"\d{4}$", lambda _: f"{dice.randrange(1000, 10000)}", value)


def _later(text: bytes, form: str, minutes: int) -> bytes:
    try:
        moment = datetime.strptime(text.decode(), form)
    except ValueError:
        return text
    later = moment + timedelta(minutes=minutes)
    return later.strftime(form).encode() if later.date() == moment.date() else text


def _sums(target: Path) -> None:
    """Give the manifest the sizes and digests of the files as they are now."""
    path = target / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    for name, entry in manifest["files"].items():
        data = (target / name).read_bytes()
        entry |= {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    path.write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Pair:
    """The forms of the reference's answer: on the workbook's data, and on the variant's."""

    here: str
    there: str

    @property
    def tells(self) -> bool:
        """Whether the right answer is another one there."""
        return bool(self.here and self.there and self.here != self.there)


def compare(reference: Pair, here: str, there: Mapping[str, Any] | None) -> Finding:
    """Say what a second run, on other data, shows of an answer that was right on the first.

    Parameters
    ----------
    reference
        Of the reference.
    here
        The form of the learner's answer on the workbook's data.
    there
        What was found on the variant; ``None`` where nothing was handed in.

    Returns
    -------
    str
        ``"moved"``: it was worked out. ``"typed"``: it is the very same, where the right one is
        another. ``"unclear"``: it is neither the old one nor the new one, or it raised: a person
        looks. ``"untried"``: the right answer is the same on other data, or no plain value.
    """
    if not reference.tells or not here:
        return "untried"
    form = str(there.get("form", "")) if there else ""
    if not form:
        return "unclear"
    if form == here:
        return "typed"
    if here == reference.here and form != reference.there:
        return "unclear"
    return "moved"
