"""Pictures one after another: what a viewer scrolls through.

A *stack* is what belongs in one scroll: one series, one orientation, one size, one echo. Its frames
are in the order of their place in the patient where they have one, else of Instance Number; a
multi-frame image keeps its own order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydicom.dataset import Dataset

from labkit.common.errors import DataError, UsageError
from labkit.dicom.frames import PIXELS, Frame, numbers
from labkit.dicom.geometry import slice_position
from labkit.dicom.reading import read


class HasDatasets(Protocol):
    """Such as `labkit.dicom.SampleStudy`."""

    def datasets(self) -> Iterable[Dataset]:
        """Return the data sets."""
        ...


Source = Dataset | Path | str | HasDatasets | Iterable["Dataset | Path | str"]


@dataclass(frozen=True)
class Stack:
    """Frames that are scrolled as one.

    Attributes
    ----------
    label
        Series number, modality and description, for a menu.
    frames
        In order.
    """

    label: str
    frames: list[Frame]


def stacks(source: Source) -> list[Stack]:
    """Sort what is given into stacks, by series number.

    Parameters
    ----------
    source
        A data set; a file; a folder of files; a sample study; or several of these. What holds no
        picture (a report, a presentation state) is left out.

    Raises
    ------
    DataError
        There is no picture in it.
    """
    groups: dict[tuple[object, ...], list[Frame]] = {}
    names: list[str] = []
    for ds in _datasets(source):
        names.append(str(ds.get("Modality") or "no modality"))
        if not any(keyword in ds for keyword in PIXELS) or "Rows" not in ds:
            continue
        count = max(1, _whole(ds, "NumberOfFrames"))
        groups.setdefault(_stack_key(ds), []).extend(Frame(ds, n) for n in range(count))
    if not groups:
        what = ", ".join(sorted(set(names))) or "nothing"
        raise DataError(
            f"There is no picture in this: {what}.",
            remedy="Give an image: reports, presentation states and plans have no pixels.",
        )
    found = [Stack(_label(frames), _ordered(frames)) for frames in groups.values()]
    return sorted(
        found, key=lambda stack: (_whole(stack.frames[0].ds, "SeriesNumber"), stack.label)
    )


def _datasets(source: Source) -> Iterator[Dataset]:
    if isinstance(source, Dataset):
        yield source
    elif isinstance(source, (str, Path)):
        place = Path(source)
        if place.is_dir():
            for file in sorted(path for path in place.rglob("*") if path.is_file()):
                try:
                    yield read(file)
                except DataError:  # a README beside the images is no reason to show none of them
                    continue
        else:
            yield read(place)
    elif hasattr(source, "datasets"):
        yield from source.datasets()
    elif isinstance(source, Iterable):
        for part in source:
            yield from _datasets(part)
    else:
        raise UsageError(
            f"{type(source).__name__} is not something to show.",
            remedy="Give a data set, a path, a sample study, or a list of these.",
        )


def _stack_key(ds: Dataset) -> tuple[object, ...]:
    orientation = tuple(round(v, 3) for v in numbers(ds.get("ImageOrientationPatient")))
    return (
        ds.get("SeriesInstanceUID"), ds.get("Rows"), ds.get("Columns"), orientation,
        str(ds.get("EchoNumbers") or ""), ds.get("PhotometricInterpretation"),
    )  # fmt: skip


def _ordered(frames: list[Frame]) -> list[Frame]:
    try:
        place = {
            id(f): (slice_position(f.ds, f.number), _whole(f.ds, "InstanceNumber")) for f in frames
        }
    except DataError:
        place = {}
    positions = {round(where, 3) for where, _ in place.values()}
    one_object = len({id(f.ds) for f in frames}) == 1
    if not one_object and len(positions) > 1:
        return sorted(frames, key=lambda f: (*place[id(f)], f.number))
    return sorted(frames, key=lambda f: (_whole(f.ds, "InstanceNumber"), f.number))


def _whole(ds: Dataset, keyword: str) -> int:
    return int((numbers(ds.get(keyword)) or [0])[0])


def _label(frames: list[Frame]) -> str:
    ds = frames[0].ds
    echo = f", echo {ds.EchoNumbers}" if ds.get("EchoNumbers") else ""
    name = ds.get("SeriesDescription") or ds.get("ProtocolName") or ""
    words = [ds.get("SeriesNumber"), ds.get("Modality"), name]
    text = " ".join(str(word) for word in words if word not in (None, ""))
    return f"{text or 'images'}{echo} ({len(frames)})"
